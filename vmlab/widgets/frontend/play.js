// Plays a recording in a page of its own: no Python, no Jupyter, no network.

import { make } from "./dom.js";
import { LocalModel } from "./local_model.js";
import { check, checkHead, textOf, unpacked } from "./played_data.js";
import { say, speak } from "./words.js";

const IN_LINK = "#vmlab-player=";
const LONGEST_LINK = 1 << 21; // characters
const LARGEST_IN_LINK = 1 << 24; // bytes, unpacked
const SPEEDS = [0.5, 1, 2, 4, 8];

const letWordsSpeak = ({ words }) => speak({ get: () => words });

/** Show a scene of a recording; `views` show its parts. */
class Played {
  constructor(data, root, views) {
    Object.assign(this, { data, root });
    const changed = () => this.show();
    const told = (message) => message.type === "history" && this.listCalls(message.count);
    this.tabs = new Map(Object.entries(data.tabs).map(([name, tab]) => [tab, name]));
    const names = [...this.tabs.keys()];
    this.story = new LocalModel({
      step: 0, count: data.scenes.length, playing: false, speed: 1, speeds: SPEEDS, marks: data.marks,
      by_steps: false, plays_all: true, history: {}, ...this.said(0),
    }, { changed, told });
    this.picture = new LocalModel({
      svg: "", label: "", description: "", headline: "", hint: "", announcement: "", hints: {}, highlight: [],
      lacking: false, elsewhere: [], tabs: names, tab: names[0] ?? "", duration: 280, menus: [], without_menu: [],
    }, { changed });
    this.progress = make("progress", { max: Math.max(data.scenes.length - 1, 1), "aria-label": say("How far it has come") });
    const [strip, place] = [make("div"), make("div")];
    this.strip = strip;
    root.classList.toggle("vm-by-chapters", !data.steps);
    root.replaceChildren(make("h1", {}, data.title), strip, this.progress, place);
    this.show();
    views.story_strip.render({ model: this.story, el: strip });
    views.diagram_view.render({ model: this.picture, el: place });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  /** What the story says at a position. */
  said(at) {
    const scene = this.data.scenes[at];
    const { headline, rest, chapters } = this.data.stories[scene.story];
    const { chapter, stops, path, event, sentence } = scene;
    const told = this.seen(at).rest ?? scene.rest ?? rest;
    return { headline, rest: told, chapters, chapter, stops, path, event, sentence };
  }

  /** A position as it is looked at: where a chapter ends it may be the whole of that. */
  seen(at) {
    const scene = this.data.scenes[at];
    return this.story && !this.story.get("by_steps") && scene.whole ? scene.whole : scene;
  }

  show() {
    const at = this.story.get("step");
    this.story.update(this.said(at));
    this.progress.value = at;
    const { pictures } = this.seen(at);
    const chosen = this.tabs.get(this.picture.get("tab"));
    const name = Object.hasOwn(pictures, chosen) ? chosen : Object.keys(pictures)[0];
    const { svg, words, label, highlight, elsewhere } = pictures[name];
    const named = [...this.tabs].filter(([, other]) => elsewhere?.includes(other)).map(([tab]) => tab);
    this.picture.update({
      svg: textOf(this.data, svg), description: textOf(this.data, words), label, highlight,
      headline: this.story.get("headline"), lacking: Boolean(elsewhere), elsewhere: named,
      tab: [...this.tabs].find(([, other]) => other === name)?.[0] ?? name,
    });
  }

  listCalls(count) {
    const calls = this.data.calls.slice(0, count);
    this.story.set("history", { calls, more: this.data.calls.length - calls.length, pids: [] });
  }

  /** A key that is pressed while nothing has the focus goes to the story. */
  key(event) {
    if (event.target !== document.body || event.defaultPrevented) return;
    const { key, code, ctrlKey, metaKey, altKey, shiftKey } = event;
    const passed = new KeyboardEvent("keydown", { key, code, ctrlKey, metaKey, altKey, shiftKey, cancelable: true });
    if (!this.strip.dispatchEvent(passed)) event.preventDefault();
  }
}

/** The packed recording of a link, or '' where there is none. */
function ofLink() {
  const { hash } = globalThis.location;
  if (!hash.startsWith(IN_LINK)) return "";
  if (hash.length > LONGEST_LINK) throw new Error(say("it is larger than {n} MiB", { n: LONGEST_LINK >> 20 }));
  return hash.slice(IN_LINK.length);
}

/** Play what the page holds, or else what its link holds; say what is wrong with it. */
export async function play(views) {
  const root = document.querySelector("main");
  try {
    const own = await unpacked(document.querySelector("#vmlab-data").textContent);
    letWordsSpeak(own);
    if (Object.hasOwn(own, "scenes")) {
      begin(own, root, views);
      return;
    }
    checkHead(own);
    globalThis.addEventListener("hashchange", () => globalThis.location.reload());
    const packed = ofLink();
    if (!packed) throw new Error(say("the link holds none"));
    const data = await unpacked(packed, LARGEST_IN_LINK);
    begin(data, root, views);
  } catch (error) {
    const words = say("There is no recording to play here: {why}.", { why: error.message.slice(0, 200) });
    root.replaceChildren(make("p", { class: "vm-empty", role: "alert" }, words));
  }
}

function begin(data, root, views) {
  check(data);
  letWordsSpeak(data);
  document.documentElement.lang = data.language.replace("_", "-");
  document.title = data.title;
  const played = new Played(data, root, views);
  if (globalThis.location.hash === "#play") played.strip.querySelector(".vm-play").click();
}
