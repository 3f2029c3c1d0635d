// A list of actions that opens at a place of the window, for whatever is there.

import { make } from "./dom.js";
import { showAbove, hideAbove } from "./host.js";
import { choicesOf } from "./menu.js";
import { standAt, steer } from "./popup.js";

/**
 * A finger or button that is still down when it opens must not close it when it goes up, as the
 * browser would have it: so it closes itself.
 */
export class PlaceMenu {
  constructor(holder, signal) {
    this.list = make("div", { class: "vm-menu", popover: "manual", role: "group" });
    this.back = null; // gives the focus back; there is one as long as it is open
    holder.append(this.list);
    const on = (target, type, act) => target.addEventListener(type, act, { signal, capture: true });
    const outside = (event) => this.list.contains(event.target) || this.close(false);
    on(document, "pointerdown", outside);
    on(document, "wheel", outside); // the page also scrolls by itself: JupyterLab brings cells into view
    on(this.list, "focusout", (event) => this.list.contains(event.relatedTarget) || this.close(false));
    on(this.list, "keydown", (event) => this.key(event));
  }

  open(label, actions, { x, y }, back) {
    this.close(false);
    this.back = back;
    this.list.setAttribute("aria-label", label);
    this.list.replaceChildren(...choicesOf(actions, () => this.close()));
    showAbove(this.list);
    standAt(this.list, x, y);
    this.list.querySelector("button")?.focus();
  }

  close(focus = true) {
    const { back } = this;
    if (!back) return;
    this.back = null;
    if (focus) back();
    hideAbove(this.list);
  }

  key(event) {
    steer(this.list, event);
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation(); // nothing else closes
    this.close();
  }
}
