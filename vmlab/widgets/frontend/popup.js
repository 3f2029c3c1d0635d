// A button that opens something above everything else on the page.

import { button, icon, make } from "./dom.js";
import { hideAbove, toggleAbove } from "./host.js";

/** Let an open list stand at a place of the window, as far as it fits. */
export function standAt(list, left, top) {
  list.style.left = `${Math.max(4, Math.min(left, innerWidth - list.offsetWidth - 4))}px`;
  list.style.top = `${Math.max(4, Math.min(top, innerHeight - list.offsetHeight - 4))}px`;
}

/** Arrow keys go from choice to choice; from the last one down is the first one. */
export function steer(list, event) {
  const all = [...list.querySelectorAll("button")];
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || !all.length || event.target.matches(":is(select,input)")) return;
  event.preventDefault();
  event.stopPropagation();
  all[(to + all.length) % all.length].focus();
}

/**
 * A button and the list it opens, together in `place`; `opened` is called before that is laid out.
 *
 * Esc and a click elsewhere close it, as the browser does with every popover.
 */
export function popup(label, content = [icon("more")], opened = () => {}) {
  const list = make("div", { class: "vm-menu", popover: true, role: "group", "aria-label": label });
  const opener = button(label, "", () => toggleAbove(list));
  opener.replaceChildren(...content);
  opener.setAttribute("aria-expanded", "false");
  const put = () => {
    const at = opener.getBoundingClientRect();
    standAt(list, at.right - list.offsetWidth, at.bottom + 4);
  };
  const close = () => {
    hideAbove(list);
    opener.focus();
  };
  list.addEventListener("keydown", (event) => steer(list, event));
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
