// A button that opens something above everything else on the page.

import { button, icon, make } from "./dom.js";

const MOVES = { ArrowDown: 1, ArrowUp: -1 };

/** Arrow keys go from button to button; from the first one up is the last one. */
function move(list, event) {
  const all = [...list.querySelectorAll("button")];
  const at = all.indexOf(document.activeElement);
  const ends = { Home: 0, End: all.length - 1 };
  const to = event.key in MOVES ? at + MOVES[event.key] : ends[event.key];
  if (to === undefined || event.target.matches(":is(select,input)") || !all.length) return;
  event.preventDefault();
  all[(to + all.length) % all.length].focus();
}

/**
 * `list` opens below `opener`, the two of them in `place`; `opened` is called before it is laid out.
 *
 * Esc and a click elsewhere close it, as the browser does with every popover.
 */
export function popup(label, content = [icon("more")], opened = () => {}) {
  const list = make("div", { class: "vm-menu", popover: true, role: "group", "aria-label": label });
  const opener = button(label, "", () => list.togglePopover());
  opener.replaceChildren(...content);
  opener.setAttribute("aria-expanded", "false");
  const put = () => {
    const at = opener.getBoundingClientRect();
    list.style.top = `${Math.max(4, Math.min(at.bottom + 4, innerHeight - list.offsetHeight - 4))}px`;
    list.style.left = `${Math.max(4, Math.min(at.left, innerWidth - list.offsetWidth - 4))}px`;
  };
  const close = () => {
    list.hidePopover();
    opener.focus();
  };
  list.addEventListener("keydown", (event) => move(list, event));
  list.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    opener.setAttribute("aria-expanded", String(open));
    if (!open) return;
    opened();
    put();
    list.querySelector("button")?.focus();
  });
  return { place: make("span", { class: "vm-menu-place" }, opener, list), opener, list, close, put };
}
