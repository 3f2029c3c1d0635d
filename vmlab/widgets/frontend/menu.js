// Short lists of actions above everything else on the page: at a button, or at a place.

import { button, icon, make } from "./dom.js";

const EDGE = 4; // pixels that a list keeps from the edge of the window
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** A list; `kind` says who closes it: 'auto' = the browser, 'manual' = whoever opened it. */
function list(label, kind) {
  const choices = make("div", { class: "vm-menu", popover: kind, role: "group", "aria-label": label });
  choices.addEventListener("keydown", (event) => {
    const all = [...choices.children];
    const at = all.indexOf(document.activeElement);
    const to = { Home: 0, End: all.length - 1 }[event.key] ?? at + STEPS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape") return;
    event.stopPropagation(); // what is below it has keys of its own
    if (Number.isNaN(to)) return;
    event.preventDefault();
    all[(to + all.length) % all.length].focus();
  });
  return choices;
}

function offer(choices, actions, close) {
  const made = actions.map(([words, act]) => {
    const choice = make("button", { type: "button", class: "vm-choice" }, words);
    choice.addEventListener("click", () => {
      close();
      act();
    });
    return choice;
  });
  choices.replaceChildren(...made);
}

function stand(choices, left, top) {
  choices.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - choices.offsetWidth - EDGE))}px`;
  choices.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - choices.offsetHeight - EDGE))}px`;
  choices.firstElementChild?.focus();
}

/** A button with a list; `actions` gives pairs of words and a function, asked whenever it opens. */
export function menu(label, actions, content = [icon("more")]) {
  const choices = list(label, "auto");
  const opener = button(label, "", () => {
    offer(choices, typeof actions === "function" ? actions() : actions, () => {
      choices.hidePopover();
      opener.focus();
    });
    choices.togglePopover();
  });
  opener.replaceChildren(...content);
  opener.setAttribute("aria-expanded", "false");
  choices.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    opener.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const at = opener.getBoundingClientRect();
    stand(choices, at.right - choices.offsetWidth, at.bottom + EDGE);
  });
  return make("span", { class: "vm-menu-place" }, opener, choices);
}

/**
 * A list that opens at a place of the window, for whatever is there.
 *
 * A finger or button that is still down when it opens must not close it when it goes up, as the
 * browser would have it.
 */
export class Popup {
  constructor(holder, signal) {
    this.choices = list("", "manual");
    this.back = null; // gives the focus back
    holder.append(this.choices);
    const on = (target, type, act) => target.addEventListener(type, act, { signal, capture: true });
    const outside = (event) => this.back && !this.choices.contains(event.target) && this.close(false);
    on(document, "pointerdown", outside);
    on(document, "scroll", outside);
    on(this.choices, "focusout", (event) => !this.choices.contains(event.relatedTarget) && this.close(false));
    on(this.choices, "keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      event.preventDefault();
      this.close();
    });
  }

  open(label, actions, { x, y }, back) {
    this.close(false);
    this.back = back;
    this.choices.setAttribute("aria-label", label);
    offer(this.choices, actions, () => this.close());
    this.choices.showPopover();
    stand(this.choices, x, y);
  }

  close(focus = true) {
    const { back } = this;
    if (!back) return;
    this.back = null;
    if (focus) back();
    this.choices.hidePopover();
  }
}
