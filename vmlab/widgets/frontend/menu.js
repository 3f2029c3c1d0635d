// A button that opens a short list of actions above everything else on the page.

import { button, icon, make } from "./dom.js";

/** The choices of a list: `actions` are pairs of words and a function, done after `close`. */
export function choicesOf(actions, close) {
  return actions.map(([words, act]) => {
    const choice = make("button", { type: "button", class: "vm-choice" }, words);
    choice.addEventListener("click", () => {
      close();
      act();
    });
    return choice;
  });
}

/** Let an open list stand at a place of the window, as far as it fits, and have the keyboard. */
export function standAt(list, left, top) {
  list.style.left = `${Math.max(4, Math.min(left, innerWidth - list.offsetWidth - 4))}px`;
  list.style.top = `${Math.max(4, Math.min(top, innerHeight - list.offsetHeight - 4))}px`;
  list.querySelector("button")?.focus();
}

/** Arrow keys go from choice to choice; from the last one down is the first one. */
export function steer(list, event) {
  const all = [...list.querySelectorAll("button")];
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || !all.length) return;
  event.preventDefault();
  event.stopPropagation();
  all[(to + all.length) % all.length].focus();
}

/** A button with a list, which closes after one was chosen; `actions` may be a function that gives them. */
export function menu(label, actions, content = [icon("more")]) {
  const list = make("div", { class: "vm-menu", popover: true, role: "group", "aria-label": label });
  const close = () => {
    list.hidePopover();
    opener.focus();
  };
  const opener = button(label, "", () => {
    list.replaceChildren(...choicesOf(typeof actions === "function" ? actions() : actions, close));
    list.togglePopover();
  });
  opener.replaceChildren(...content);
  opener.setAttribute("aria-expanded", "false");
  list.addEventListener("keydown", (event) => steer(list, event));
  list.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    opener.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const at = opener.getBoundingClientRect();
    standAt(list, at.right - list.offsetWidth, at.bottom + 4);
  });
  return make("span", { class: "vm-menu-place" }, opener, list);
}
