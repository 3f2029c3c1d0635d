// What can be done with an object: Python knows, the reader asks and chooses.

import { button, icon } from "./dom.js";
import { PlaceMenu } from "./place_menu.js";
import { say } from "./words.js";

const CORNER = 9; // pixels from the corner of an object to that of its handle

export class ObjectMenu {
  /** `body` is what the picture lies in, `objects()` gives its elements by id. */
  constructor(model, body, objects, signal) {
    Object.assign(this, { model, body, objects, object: null, asked: null });
    this.menu = new PlaceMenu(body, signal);
    this.handle = button(say("What can be done here"), icon("more"), () => this.ask(this.object));
    this.handle.classList.add("vm-handle");
    this.handle.tabIndex = -1; // the keyboard opens the menu at the object itself
    this.handle.hidden = true;
    body.append(this.handle);
    const answer = (message) => this.answer(message);
    model.on("msg:custom", answer);
    signal.addEventListener("abort", () => model.off("msg:custom", answer));
  }

  has(object) {
    const { vmId: id = "" } = object?.dataset ?? {};
    return this.model.get("menus").includes(id.match(/^[a-z]*/)[0]) && !this.model.get("without_menu").includes(id);
  }

  /** Let the handle stand at a corner of an object, or nowhere. */
  point(object) {
    this.object = object;
    this.handle.hidden = !this.has(object);
    if (this.handle.hidden) return;
    const [box, around] = [object.getBoundingClientRect(), this.body.getBoundingClientRect()];
    const right = Math.min(box.right + CORNER, around.right) - around.left;
    this.handle.style.left = `${right - 2 * CORNER}px`;
    this.handle.style.top = `${Math.max(box.top - CORNER - around.top, 0)}px`;
  }

  /** Python may offer what can be done with an object: it is to stand at `at`. */
  expect(object, at) {
    if (this.has(object)) this.asked = { id: object.dataset.vmId, at: at ?? under(object) };
  }

  ask(object, at) {
    if (!this.has(object)) return;
    this.expect(object, at);
    this.model.send({ type: "menu", id: object.dataset.vmId });
  }

  answer({ type, id, items }) {
    if (type !== "menu" || id !== this.asked?.id) return;
    const { at } = this.asked;
    this.asked = null;
    const element = () => this.objects().get(id)?.[0];
    if (!element()) return;
    const actions = items.map(([choice, words]) => [words, () => this.model.send({ type: "choose", id, choice })]);
    const label = element().getAttribute("aria-label");
    this.menu.open(label, actions, at, () => element()?.focus({ preventScroll: true }));
  }
}

function under(object) {
  const { left, bottom } = object.getBoundingClientRect();
  return { x: left, y: bottom + 2 };
}
