// Undo, redo, reset, save and load: what concerns the recording as a whole.

import { button, follow, icon, make, unique, widget } from "./dom.js";
import { menu } from "./menu.js";
import { download } from "./picture_files.js";
import { say } from "./words.js";

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
    const save = menu(say("Save to a file"), [
      [say("Recording (JSON): can be continued later"), press("save_recording")],
      [say("State of the machine (JSON)"), press("save_state")],
      [say("Transcript (text), in the format of strace"), press("save_transcript")],
    ], [icon("save"), make("span", {}, say("Save"))]);
    save.firstChild.classList.add("vm-labelled");
    this.file = make("input", { type: "file", accept: ".json,application/json", hidden: true, "aria-label": say("File to load") });
    this.file.addEventListener("change", () => this.load());
    const load = button(say("Load a recording or a state from a file"), icon("load"), () => this.file.click());
    load.append(make("span", {}, say("Load")));
    load.classList.add("vm-labelled");
    this.status = make("div", { class: "vm-said", role: "status" });
    const history = make("div", { class: "vm-group" });
    history.append(
      add("undo", say("Undo")),
      add("redo", say("Redo")),
      add("reset", say("Reset")),
      add("go_on", say("Continue from here")),
    );
    const files = make("div", { class: "vm-group" }, save, load, this.file);
    this.el.setAttribute("role", "group");
    this.el.setAttribute("aria-label", say("Recording"));
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
      const values = { name: file.name, n: LARGEST >> 20 };
      this.show("", say("{name} was not loaded: it is larger than {n} MiB.", values));
      return;
    }
    this.show(say("Loading {name} …", { name: file.name }), "");
    const text = await file.text();
    let at = 0;
    do {
      const piece = text.slice(at, at + PIECE);
      const first = at === 0;
      at += PIECE;
      this.send({ type: "load", name: file.name, piece, first, last: at >= text.length });
    } while (at < text.length);
  }

  show(words, problem) {
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
    this.show(this.model.get("said"), this.model.get("problem"));
  }
}

export default widget("toolbar", (model, el, signal) => new Toolbar(model, el, signal));
