// Undo, redo, reset, save and load: what concerns the recording as a whole.

import { button, follow, icon, make, unique, widget } from "./dom.js";
import { menu } from "./menu.js";
import { download } from "./picture_files.js";

const PIECE = 1 << 20; // characters of a file that go in one message
const LARGEST = 1 << 27; // bytes; Python reads no more either

class Toolbar {
  constructor(model, el, signal) {
    Object.assign(this, { model, el, view: unique(), buttons: {} });
    this.build();
    const give = (message) => {
      if (message.type !== "file" || message.view !== this.view) return;
      const type = message.name.endsWith(".json") ? "application/json" : "text/plain";
      download(new Blob([message.text], { type }), message.name);
    };
    model.on("msg:custom", give);
    signal.addEventListener("abort", () => model.off("msg:custom", give));
    follow(model, ["does", "said", "problem"], () => this.update(), signal);
    this.update();
  }

  build() {
    const press = (name) => () => this.send({ type: "press", name });
    const add = (name, words) => {
      const node = button(words, icon(name), press(name));
      node.append(make("span", {}, words));
      node.classList.add("vm-labelled");
      this.buttons[name] = node;
      return node;
    };
    const save = menu("Save to a file", [
      ["Recording (JSON): goes on where it ended", press("save_recording")],
      ["State of the machine (JSON)", press("save_state")],
      ["Transcript (text), as strace writes it", press("save_transcript")],
    ], [icon("save"), make("span", {}, "Save")]);
    save.firstChild.classList.add("vm-labelled");
    this.file = make("input", { type: "file", accept: ".json,application/json", hidden: true, "aria-label": "File to load" });
    this.file.addEventListener("change", () => this.load());
    const load = button("Load a recording or a state from a file", icon("load"), () => this.file.click());
    load.append(make("span", {}, "Load"));
    load.classList.add("vm-labelled");
    this.status = make("div", { class: "vm-said", role: "status" });
    const history = make("div", { class: "vm-group" });
    history.append(add("undo", "Undo"), add("redo", "Redo"), add("reset", "Reset"), add("go_on", "Go on from here"));
    const files = make("div", { class: "vm-group" }, save, load, this.file);
    this.el.setAttribute("role", "group");
    this.el.setAttribute("aria-label", "Recording");
    this.el.append(history, this.status, files);
  }

  send(message) {
    this.model.send({ ...message, view: this.view });
  }

  async load() {
    const [file] = this.file.files;
    this.file.value = ""; // the same file may be chosen again
    if (!file) return;
    if (file.size > LARGEST) {
      this.say("", `${file.name} was not loaded: it has more than ${LARGEST >> 20} MiB`);
      return;
    }
    this.say(`Loading ${file.name} …`, "");
    const text = await file.text();
    let at = 0;
    do {
      const piece = text.slice(at, at + PIECE);
      const first = at === 0;
      at += PIECE;
      this.send({ type: "load", name: file.name, piece, first, last: at >= text.length });
    } while (at < text.length);
  }

  say(words, problem) {
    this.status.textContent = problem || words;
    this.status.classList.toggle("vm-wrong", Boolean(problem));
  }

  update() {
    const does = this.model.get("does");
    for (const [name, node] of Object.entries(this.buttons)) {
      // Not `disabled`: a button that loses the focus would end a walk by keyboard.
      node.setAttribute("aria-disabled", String(!does[name]));
      node.title = does[name] || node.getAttribute("aria-label");
    }
    this.say(this.model.get("said"), this.model.get("problem"));
  }
}

export default widget("toolbar", (model, el, signal) => new Toolbar(model, el, signal));
