// Undo, redo, and a menu: what concerns the recording as a whole, and filling the screen.

import { button, follow, icon, make, undoes, unique, widget } from "./dom.js";
import { watchSize } from "./host.js";
import { Lecture } from "./lecture.js";
import { oneStop } from "./one_stop.js";
import { download } from "./picture_files.js";
import { popup } from "./popup.js";
import { showLink, siteOf } from "./share_link.js";
import { say } from "./words.js";

const PIECE = 1 << 20; // characters of a file that go in one message
const LARGEST = 1 << 27; // bytes; Python reads no more either
const WIDE = 1300; // CSS pixels: room for two pictures side by side

const TYPES = { json: "application/json", html: "text/html", txt: "text/plain" };

const LECTURE = (on) => (on ? say("Leave the lecture (Esc)") : say("Lecture: fill the screen, with large text"));

class Toolbar {
  constructor(model, el, signal) {
    Object.assign(this, { model, el, signal, view: unique(), buttons: {} });
    this.build();
    const give = (message) => {
      if (message.view !== this.view) return;
      if (message.type === "link") showLink(message.link, this.menu.place);
      if (message.type !== "file") return;
      const type = TYPES[message.name.split(".").at(-1)];
      download(new Blob([message.text], { type }), message.name);
    };
    model.on("msg:custom", give);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", give);
      this.send({ type: "hidden" });
    });
    follow(model, ["does"], () => this.update(), signal);
    this.update();
    requestAnimationFrame(() => signal.aborted || this.arrive(signal));
  }

  /** Now it stands in its Explorer. */
  arrive(signal) {
    this.model.set("site", siteOf(document));
    this.model.save_changes();
    this.send({ type: "shown", languages: [...(globalThis.navigator?.languages ?? [])] });
    this.explorer = this.el.closest(".vm-explorer");
    if (!this.explorer) return;
    this.lecture = new Lecture(this.explorer, signal, () => this.measure());
    this.explorer.addEventListener("keydown", (event) => this.key(event), { signal });
    watchSize(this.explorer, () => this.measure(), signal);
  }

  /** Ctrl+Z undoes the last call, Shift+Ctrl+Z redoes it; in a text field they are the browser's. */
  key(event) {
    if (!undoes(event) || event.defaultPrevented || event.target.matches("input:not([type=range]), textarea")) return;
    event.preventDefault();
    event.stopPropagation();
    this.buttons[event.shiftKey ? "redo" : "undo"].click();
  }

  /** Side by side there is room for two pictures; a lecture has one, as large as can be. */
  measure() {
    const width = this.explorer.clientWidth;
    const wide = width >= WIDE && !this.lecture.on;
    this.lectureChoice.textContent = LECTURE(this.lecture.on);
    this.explorer.classList.toggle("vm-wide", wide);
    if (!width || wide === this.model.get("wide")) return;
    this.model.set("wide", wide);
    this.model.save_changes();
  }

  build() {
    const press = (name) => () => this.send({ type: "press", name });
    const direct = (name, words) => (this.buttons[name] = button(words, icon(name), press(name)));
    this.file = make("input", { type: "file", accept: ".json,application/json", hidden: true, "aria-label": say("File to load") });
    this.file.addEventListener("change", () => this.load());
    this.menu = popup(say("Recording and files"));
    this.lectureChoice = this.choice(LECTURE(false), () => this.lecture?.begin());
    this.menu.list.append(
      this.choice(say("Reset"), press("reset"), "reset"),
      this.choice(say("Continue from here"), press("go_on"), "go_on"),
      make("hr"),
      this.choice(say("Save the recording (JSON): it can be continued later"), press("save_recording")),
      this.choice(say("Save the state of the machine (JSON)"), press("save_state")),
      this.choice(say("Save as text, in the format of strace"), press("save_transcript")),
      this.choice(say("Export as a page (HTML): it plays without Python"), press("save_page")),
      this.choice(say("Share: a link that opens this machine"), press("share")),
      this.choice(say("Load a recording or a state from a file"), () => this.file.click()),
      make("hr"),
      this.choice(say("Beside it: the real kernel"), press("real_kernel"), "real_kernel"),
      this.lectureChoice,
      ...this.languages(),
    );
    this.status = make("div", { class: "vm-loading", role: "status" });
    this.el.setAttribute("aria-label", say("Recording"));
    this.el.append(direct("undo", say("Undo")), direct("redo", say("Redo")), this.menu.place, this.file, this.status);
    oneStop(this.el, ":scope > .vm-button, :scope > .vm-menu-place > .vm-button", this.signal);
  }

  /** The other languages, each by the name that it has for itself. */
  languages() {
    const others = this.model.get("languages").map(({ code, name }) => {
      const choice = this.choice(name, () => this.send({ type: "speak", code }));
      choice.lang = code;
      return choice;
    });
    return others.length ? [make("hr"), ...others] : [];
  }

  /** An entry of the menu; one with a name says what it would do, and does nothing where that is nothing. */
  choice(words, act, name) {
    const node = make("button", { type: "button", class: "vm-choice" }, words);
    if (name) {
      node.append(make("span", { class: "vm-does" }));
      this.buttons[name] = node;
    }
    node.addEventListener("click", () => {
      if (node.getAttribute("aria-disabled") === "true") return;
      this.menu.close();
      act();
    });
    return node;
  }

  send(message) {
    this.status.textContent = "";
    this.model.send({ ...message, view: this.view });
  }

  async load() {
    const [file] = this.file.files;
    this.file.value = ""; // the same file may be chosen again
    if (!file) return;
    if (file.size > LARGEST) {
      const values = { name: file.name, n: LARGEST >> 20 };
      this.status.textContent = say("{name} was not loaded: it is larger than {n} MiB.", values);
      return;
    }
    this.status.textContent = say("Loading {name} …", { name: file.name });
    const text = await file.text();
    let at = 0;
    do {
      const piece = text.slice(at, at + PIECE);
      const first = at === 0;
      at += PIECE;
      this.send({ type: "load", name: file.name, piece, first, last: at >= text.length });
    } while (at < text.length);
  }

  update() {
    const does = this.model.get("does");
    for (const [name, node] of Object.entries(this.buttons)) {
      // Not `disabled`: a button that loses the focus would end a walk by keyboard.
      node.setAttribute("aria-disabled", String(!does[name]));
      const told = node.querySelector(".vm-does");
      if (told) told.textContent = does[name] ?? "";
      else node.title = does[name] || node.getAttribute("aria-label");
    }
  }
}

export default widget("toolbar", (model, el, signal) => new Toolbar(model, el, signal));
