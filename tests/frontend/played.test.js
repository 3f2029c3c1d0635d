// The page that plays a recording without Python: what it takes, what it refuses, what it shows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";

import { event, settled, stopTime } from "./page.js";
import { svgOf } from "./graphviz.js";
import { LocalModel } from "../../vmlab/widgets/frontend/local_model.js";
import { play } from "../../vmlab/widgets/frontend/play.js";
import { check, checkHead, textOf, unpacked } from "../../vmlab/widgets/frontend/played_data.js";
import diagram_view from "../../vmlab/widgets/frontend/diagram_view.js";
import story_strip from "../../vmlab/widgets/frontend/story_strip.js";

const VIEWS = { diagram_view, story_strip };
const OF_PAGE = { format: "vmlab-player", version: 1, language: "en", words: {} };

/** Texts, each with all of its lines new. */
function kept(...texts) {
  const [lines, rows] = [[], []];
  for (const text of texts) {
    const own = text.split("\n");
    rows.push(own.map((_, i) => (i ? 0 : lines.length)));
    lines.push(...own);
  }
  return { lines, texts: rows };
}

const drawn = (name) => svgOf(`digraph { node [shape=box]; a [id=vma_1_${name} label="region ${name}" tooltip="region ${name}"] }`);
const picture = (svg, more = {}) => ({ svg, words: svg + 3, label: `Picture ${svg}`, highlight: [], ...more });
const scene = (story, chapter, stops, shown, more = {}) =>
  ({ story, chapter, stops, path: ["do_brk"], event: "brk_change", sentence: `sentence ${shown}`, pictures: { sharing: picture(shown) }, ...more });

/** A beginning, and a call of three steps in two chapters. */
const recording = (more = {}) => ({
  ...OF_PAGE,
  title: "A fork",
  steps: true,
  tabs: {},
  marks: [1],
  calls: [{ at: 3, call: "1000 fork() = 1001", headline: "fork: done" }],
  stories: [
    { headline: "Here it begins.", rest: "", chapters: [] },
    { headline: "fork: done", rest: "And more.", chapters: [{ title: "One", first: 1, last: 2 }, { title: "Two", first: 3, last: 3 }] },
  ],
  scenes: [
    scene(0, 0, [0, 2], 0),
    scene(1, 0, [0, 2], 1),
    scene(1, 0, [0, 3], 1, { whole: { rest: "A chapter.", pictures: { sharing: picture(2) } } }),
    scene(1, 1, [2, 3], 0),
  ],
  ...kept(drawn("a"), drawn("b"), drawn("c"), "words of a", "words of b", "words of c"),
  ...more,
});

const pack = (value, form = "base64") => deflateRawSync(Buffer.from(JSON.stringify(value))).toString(form);

let opened; // what the page before listens to

/** Play a page, in the place of the one before; return its element. */
async function shown(value, hash = "") {
  if (opened) document.removeEventListener("keydown", opened);
  const listen = document.addEventListener;
  document.addEventListener = (type, act, options) => {
    if (type === "keydown" && !options) opened = act;
    listen.call(document, type, act, options);
  };
  document.body.innerHTML = "<main class='vm vm-played'></main><script type='text/plain' id='vmlab-data'></script>";
  document.querySelector("#vmlab-data").textContent = pack(value);
  globalThis.location = { hash, reload() {} };
  await play(VIEWS);
  document.addEventListener = listen;
  await settled();
  return document.querySelector("main");
}

const button = (el, label) => el.querySelector(`button[aria-label="${label}"]`);
const press = (key, target = document.body) => {
  const pressed = event("keydown", { key });
  target.dispatchEvent(pressed);
  return pressed.defaultPrevented;
};
const seen = (main) => [
  main.querySelector(".vm-story .vm-headline").textContent,
  main.querySelector(".vm-stage text").textContent,
  main.querySelector("progress").value,
];
const BEGINNING = ["Here it begins.", "region a", 0];
const CHAPTER = ["fork: done A chapter.", "region c", 2];
const END = ["fork: done And more.", "region a", 3];

// --- the model

test("a model tells who listens what changed, and only that", () => {
  const said = [];
  const model = new LocalModel({ a: 1 }, { changed: () => said.push("saved"), told: ({ type }) => said.push(type) });
  const hear = () => said.push(model.get("a"));
  model.on("change:a", hear);
  model.set("a", 1);
  model.set("a", 2);
  model.update({ a: 2, b: 3 });
  model.save_changes();
  model.send({ type: "history" });
  model.off("change:a", hear);
  model.set("a", 4);
  assert.deepEqual(said, [2, "saved", "history"]);
  assert.equal(model.get("b"), 3);
});

// --- what comes in

test("what was packed is unpacked, from a page and from a link", async () => {
  const value = { words: "é한\u{1f600}", numbers: [...Array(1000).keys()] };
  assert.deepEqual(await unpacked(pack(value)), value);
  assert.deepEqual(await unpacked(pack(value, "base64url")), value);
});

test("what is unpacked is no larger than it may be", async () => {
  const bomb = pack("a".repeat(3 << 20));
  assert.ok(bomb.length < 6000);
  assert.equal((await unpacked(bomb, 4 << 20)).length, 3 << 20);
  await assert.rejects(unpacked(bomb, 1 << 20), /^Error: it is larger than 1 MiB$/);
});

test("what was not packed so is refused", async () => {
  await assert.rejects(unpacked("%%%"));
  await assert.rejects(unpacked("AAAA"));
  await assert.rejects(unpacked(pack({}).slice(0, -3)));
  await assert.rejects(unpacked(deflateRawSync(Buffer.from([0x22, 0xff, 0x22])).toString("base64")), "not UTF-8");
  await assert.rejects(unpacked(deflateRawSync(Buffer.from("{")).toString("base64")), SyntaxError);
});

test("texts are put together from their lines", () => {
  const data = { lines: ["a", "b", "c"], texts: [[0, 0, 0], [2, -3], [1]] };
  assert.deepEqual([0, 1, 2].map((number) => textOf(data, number)), ["a\nb\nc", "c\na", "b"]);
});

test("a recording passes", () => {
  check(recording());
  check(recording({ steps: false, tabs: { sharing: "Sharing" } }));
});

/** A recording with one thing changed. */
const changed = (path, value) => {
  const data = structuredClone(recording());
  const names = path.split(/[.[\]]+/).filter(Boolean);
  const last = names.pop();
  const holder = names.reduce((inner, name) => inner[name], data);
  if (value === undefined) delete holder[last];
  else Object.defineProperty(holder, last, { value, enumerable: true, configurable: true, writable: true });
  return data;
};
const LONG = "x".repeat(2001);
const WRONG = [
  ["format", "vmlab-state"], ["version", 2], ["language", "</html>"], ["language", "en onload"], ["words", []], ["words.Play", 3],
  ["words.Play", LONG], ["title", undefined], ["title", {}], ["steps", "yes"], ["tabs.sharing", null], ["marks", [4]], ["marks", [-1]],
  ["marks", ["1"]], ["calls[0].at", 9], ["calls[0].call", 1], ["calls[0].headline", undefined], ["stories[1].chapters[0].last", 1.5],
  ["stories[1].chapters[0].title", ["a"]], ["stories[0].rest", LONG], ["scenes", []], ["scenes", {}], ["scenes[0]", null],
  ["scenes[0].story", 2], ["scenes[0].stops", [0]], ["scenes[0].stops[1]", 4], ["scenes[0].path", "a"], ["scenes[0].event", 0],
  ["scenes[0].pictures", {}], ["scenes[0].pictures.sharing.svg", 6], ["scenes[0].pictures.sharing.words", "0"],
  ["scenes[0].pictures.sharing.highlight", [1]], ["scenes[0].pictures.sharing.elsewhere", "a"], ["scenes[0].onload", "alert(1)"],
  ["scenes[2].whole.rest", undefined], ["scenes[2].whole.pictures.sharing.label", 1], ["lines[0]", 3], ["lines", undefined],
  ["texts[0]", "a"], ["texts[0][0]", -1], ["texts[0][0]", 1000], ["texts[0][0]", 1e300], ["texts[0][0]", null], ["more", 1],
];
for (const [path, value] of WRONG) {
  test(`a recording with ${path} = ${JSON.stringify(value)?.slice(0, 20)} is refused, and it is named`, () => {
    const named = path.match(/^[a-z]+/)[0];
    assert.throws(() => check(changed(path, value)), ({ message }) => message.includes(named) && message.includes("is not what it should be"));
  });
}

test("no value stands for a picture of unbounded length", () => {
  const data = recording();
  data.lines.push("x".repeat(1 << 20));
  data.texts.push(Array(9).fill(0).map((_, i) => (i ? -1 : data.lines.length - 1)));
  assert.throws(() => check(data), /texts\[6\]/);
});

test("no name of a table is one that objects have by themselves", () => {
  const data = JSON.parse(JSON.stringify(recording()).replace('"tabs":{}', '"tabs":{"__proto__":"x"}'));
  assert.throws(() => check(data), /tabs/);
});

test("what is no object is refused, and so is a page with more than words", () => {
  for (const value of [null, [], 3, "a"]) assert.throws(() => check(value));
  checkHead(OF_PAGE);
  assert.throws(() => checkHead({ ...OF_PAGE, title: "a" }), /title/);
});

// --- what is shown

test("keys go through the chapters, wherever the focus is", async () => {
  const main = await shown(recording());
  assert.deepEqual(seen(main), BEGINNING);
  assert.equal(document.title, "A fork");
  assert.equal(document.documentElement.lang, "en");
  assert.equal(main.querySelector("h1").textContent, "A fork");
  const after = async (key) => (press(key), await settled(), seen(main));
  assert.deepEqual(await after("ArrowRight"), CHAPTER);
  assert.deepEqual(await after("ArrowRight"), END);
  assert.deepEqual(await after("ArrowLeft"), CHAPTER);
  assert.deepEqual(await after("Home"), BEGINNING);
  assert.deepEqual(await after("End"), END);
  assert.equal(press("x"), false);
});

test("by steps each step has its picture", async () => {
  const main = await shown(recording());
  [...main.querySelectorAll(".vm-link")].find((node) => node.textContent.startsWith("Steps")).click();
  await settled();
  press("ArrowRight");
  press("ArrowRight");
  await settled();
  assert.deepEqual(seen(main), ["fork: done And more.", "region b", 2]);
  assert.equal(main.querySelector(".vm-sentence").textContent, "sentence 1");
  assert.equal(main.querySelector(".vm-words").textContent, "words of b");
});

test("a recording by chapters offers no steps", async () => {
  assert.ok((await shown(recording({ steps: false }))).classList.contains("vm-by-chapters"));
  assert.ok(!(await shown(recording())).classList.contains("vm-by-chapters"));
});

test("it plays all calls to the end", async (t) => {
  const main = await shown(recording());
  const pass = stopTime(t);
  const next = () => new Promise((done) => queueMicrotask(done));
  button(main, "Play").click();
  const at = [];
  for (let i = 0; i < 3; i++) {
    await next();
    pass(1000);
    at.push(main.querySelector("progress").value);
  }
  assert.deepEqual(at, [2, 3, 3]);
});

test("its address may say that it plays at once", async () => {
  assert.ok(button(await shown(recording(), "#play"), "Pause"));
});

test("pictures can be chosen where there are several", async () => {
  const data = recording({ tabs: { sharing: "Sharing", frames: "Frames" } });
  for (const each of data.scenes) each.pictures.frames = picture(2, { elsewhere: ["sharing", "constructor"] });
  const main = await shown(data);
  const tabs = () => [...main.querySelectorAll("[role=tab]")];
  assert.deepEqual(tabs().map((tab) => [tab.textContent, tab.getAttribute("aria-selected")]), [["Sharing", "true"], ["Frames", "false"]]);
  tabs()[1].click();
  await settled();
  assert.equal(main.querySelector(".vm-stage text").textContent, "region c");
  assert.deepEqual([...main.querySelectorAll(".vm-elsewhere button")].map((node) => node.textContent), ["Sharing"]);
  press("End");
  await settled();
  assert.equal(main.querySelector(".vm-stage text").textContent, "region c", "the choice stays");
});

test("the calls are listed", async () => {
  const main = await shown(recording());
  main.querySelector(".vm-levels .vm-menu-place button").click();
  await settled();
  const [row] = main.querySelectorAll(".vm-call-list button");
  assert.equal(row.textContent, "1000 fork() = 1001fork: done");
  row.click();
  await settled();
  assert.deepEqual(seen(main), END);
});

test("it says everything in the words it came with", async () => {
  const main = await shown(recording({ language: "zh_Hant", words: { Play: "Los", "Next chapter": "Weiter" } }));
  assert.ok(button(main, "Los"));
  assert.ok(button(main, "Weiter"));
  assert.equal(document.documentElement.lang, "zh-Hant");
  await shown(recording());
});

const HOSTILE = "</script><img src=x onerror=alert(1)>\u202e\"'";

test("names are text and nothing else", async () => {
  const data = recording({ title: HOSTILE, tabs: { sharing: HOSTILE, frames: "Frames" }, words: { Play: HOSTILE } });
  for (const each of [...data.stories, ...data.scenes, ...data.calls]) {
    for (const name of ["headline", "rest", "sentence", "event", "call"]) if (name in each) each[name] = HOSTILE;
  }
  for (const each of data.scenes) Object.assign(each, { path: [HOSTILE] });
  for (const each of data.scenes) each.pictures.sharing = { ...each.pictures.sharing, label: HOSTILE, highlight: [HOSTILE] };
  data.stories[1].chapters[0].title = HOSTILE;
  data.lines[data.texts[3][0]] = HOSTILE;
  const main = await shown(data);
  press("ArrowRight");
  main.querySelector(".vm-levels .vm-menu-place button").click();
  await settled();
  assert.equal(main.querySelectorAll("img, script, iframe, [onerror]").length, 0);
  assert.equal(main.querySelector("h1").textContent, HOSTILE);
  assert.equal(document.title, HOSTILE.replace(/\s+/g, " "));
});

test("pictures are sanitised", async () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><rect onload="alert(1)"/><text>kept</text></svg>`;
  const main = await shown(recording(kept(svg, svg, svg, "a", "b", "c")));
  const { outerHTML } = main.querySelector(".vm-stage");
  assert.match(outerHTML, /kept/);
  assert.doesNotMatch(outerHTML, /<script|onload|alert/);
});

// --- links

test("a page without a recording plays that of its link", async () => {
  const main = await shown(OF_PAGE, `#vmlab-player=${pack(recording({ title: "By link", words: { Play: "Los" } }), "base64url")}`);
  assert.equal(main.querySelector("h1").textContent, "By link");
  assert.ok(button(main, "Los"));
});

test("a page with a recording plays no other", async () => {
  const main = await shown(recording(), `#vmlab-player=${pack(recording({ title: "By link" }), "base64url")}`);
  assert.equal(main.querySelector("h1").textContent, "A fork");
});

const REFUSED = {
  "": "the link holds none",
  "#vmlab=abc": "the link holds none",
  "#vmlab-player=%3Cimg%3E": "",
  [`#vmlab-player=${pack(changed("scenes[0].story", 7), "base64url")}`]: "scenes[0].story is not what it should be",
  [`#vmlab-player=${pack("x".repeat(1 << 25), "base64url")}`]: "it is larger than 16 MiB",
  [`#vmlab-player=${"A".repeat(1 << 21)}`]: "it is larger than 2 MiB",
};
for (const [hash, why] of Object.entries(REFUSED)) {
  test(`a link like ${hash.slice(0, 24) || "none"} says what is wrong: ${why}`, async () => {
    const main = await shown(OF_PAGE, hash);
    assert.match(main.querySelector("[role=alert]").textContent, /^There is no recording to play here: .+\.$/);
    assert.ok(main.textContent.includes(why));
    assert.equal(main.children.length, 1);
  });
}
