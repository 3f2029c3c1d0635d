// A button that opens a short list of actions above everything else on the page.

import { button, icon, make } from "./dom.js";

/** `actions` are pairs of words and a function; the list closes after one was chosen. */
export function menu(label, actions, content = [icon("more")]) {
  const list = make("div", { class: "vm-menu", popover: true, role: "group", "aria-label": label });
  const opener = button(label, "", () => list.togglePopover());
  opener.append(...content);
  opener.setAttribute("aria-expanded", "false");
  for (const [words, act] of actions) {
    const choice = make("button", { type: "button", class: "vm-choice" }, words);
    choice.addEventListener("click", () => {
      list.hidePopover();
      opener.focus();
      act();
    });
    list.append(choice);
  }
  list.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    opener.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const at = opener.getBoundingClientRect();
    list.style.top = `${Math.min(at.bottom + 4, innerHeight - list.offsetHeight - 4)}px`;
    list.style.left = `${Math.max(4, at.right - list.offsetWidth)}px`;
    list.querySelector("button").focus();
  });
  return make("span", { class: "vm-menu-place" }, opener, list);
}
