// What a page plays comes packed, and may come with a link from anybody: it is unpacked up to a size,
// and every value is looked at before it is used. Its words become text and nothing else; its
// pictures are made harmless where they are drawn.

import { say } from "./words.js";

const LARGEST = 1 << 27; // bytes, unpacked: Python reads no larger recordings either
const LONGEST = 1 << 23; // characters of one picture, or of the same in words
const MOST = 1 << 17; // things of one kind
const WORDS = 2000; // characters of one sentence
const LANGUAGE = /^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$/;

/** The value that was packed: JSON, by deflate without a head, and base64 or that of links. */
export async function unpacked(code, largest = LARGEST) {
  const letters = atob(code.replace(/-/g, "+").replace(/_/g, "/"));
  const stream = new DecompressionStream("deflate-raw");
  const writer = stream.writable.getWriter();
  const written = writer.write(Uint8Array.from(letters, (letter) => letter.charCodeAt(0))).then(() => writer.close());
  written.catch(() => {}); // the reader hears of it
  const [reader, decoder] = [stream.readable.getReader(), new TextDecoder("utf-8", { fatal: true })];
  let [text, size] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > largest) {
      await reader.cancel();
      throw new Error(say("it is larger than {n} MiB", { n: largest >> 20 }));
    }
    text += decoder.decode(value, { stream: true });
  }
  return JSON.parse(text + decoder.decode());
}

// --- what a value must be; each is called with the value and with where it stands

function must(right, field) {
  if (!right) throw new Error(say("{field} is not what it should be", { field: field || "/" }));
}

const string = (longest = WORDS) => (value, field) => must(typeof value === "string" && value.length <= longest, field);
const bool = (value, field) => must(typeof value === "boolean", field);
const only = (wanted) => (value, field) => must(value === wanted, field);
const within = (end) => (value, field) => must(Number.isInteger(value) && value >= 0 && value < end, field);
const integer = (value, field) => must(Number.isInteger(value) && Math.abs(value) < LARGEST, field);

const list = (each, most = MOST, least = 0) => (value, field) => {
  must(Array.isArray(value) && value.length <= most && value.length >= least, field);
  value.forEach((item, i) => each(item, `${field}[${i}]`));
};

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const table = (each, most = MOST, least = 0) => (value, field) => {
  const size = isObject(value) ? Object.keys(value).length : -1;
  must(size >= least && size <= most, field);
  for (const [name, item] of Object.entries(value)) {
    must(name !== "__proto__" && name.length <= WORDS, field);
    each(item, `${field}.${name.slice(0, 40)}`);
  }
};

const record = (wanted, optional = {}) => (value, field) => {
  must(isObject(value), field);
  for (const name of Object.keys(value)) must(Object.hasOwn(wanted, name) || Object.hasOwn(optional, name), `${field}.${name.slice(0, 40)}`);
  for (const [name, check] of Object.entries(wanted)) {
    must(Object.hasOwn(value, name), `${field}.${name}`);
    check(value[name], `${field}.${name}`);
  }
  for (const [name, check] of Object.entries(optional)) if (Object.hasOwn(value, name)) check(value[name], `${field}.${name}`);
};

const language = (value, field) => {
  string()(value, field);
  must(LANGUAGE.test(value), field);
};

const OF_PAGE = { format: only("vmlab-player"), version: only(1), language, words: table(string()) };

/** Throw what is wrong with a page that plays what comes with a link. */
export function checkHead(value) {
  record(OF_PAGE)(value, "");
}

/** Throw what is wrong with a recording to play. */
export function check(value) {
  must(isObject(value), "");
  must(Array.isArray(value.scenes) && value.scenes.length, "scenes");
  const count = (name) => (Array.isArray(value[name]) ? value[name].length : 0);
  const [place, text] = [within(count("scenes")), within(count("texts"))];
  const picture = record({ svg: text, words: text, label: string(), highlight: list(string()) }, { elsewhere: list(string()) });
  const pictures = table(picture, 40, 1);
  const chapter = record({ title: string(), first: place, last: place });
  const scene = record({
    story: within(count("stories")),
    chapter: within(MOST),
    stops: list(place, 2, 2),
    path: list(string()),
    event: string(),
    sentence: string(),
    pictures,
  }, { rest: string(), whole: record({ rest: string(), pictures }) });
  record({
    ...OF_PAGE,
    title: string(),
    steps: bool,
    tabs: table(string(), 40),
    marks: list(place),
    calls: list(record({ at: place, call: string(), headline: string() })),
    stories: list(record({ headline: string(), rest: string(), chapters: list(chapter) })),
    scenes: list(scene),
    lines: list(string(LONGEST), 8 * MOST),
    texts: list(list(integer)),
  })(value, "");
  checkTexts(value);
}

/** The lines of a text: each number is how far one is from the one that would follow. */
function* linesOf({ lines, texts }, number) {
  let following = 0;
  for (const distance of texts[number]) {
    yield lines[following + distance];
    following += distance + 1;
  }
}

/** One of the texts. */
export const textOf = (data, number) => [...linesOf(data, number)].join("\n");

function checkTexts(data) {
  data.texts.forEach((_, number) => {
    let length = 0;
    for (const line of linesOf(data, number)) length += (line?.length ?? Infinity) + 1;
    must(length <= LONGEST, `texts[${number}]`);
  });
}
