// A button that opens a short list of actions.

import { make } from "./dom.js";
import { popup } from "./popup.js";

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

/** A button with a list, which closes after one was chosen; `actions` may be a function that gives them. */
export function menu(label, actions, content) {
  const all = typeof actions === "function" ? actions : () => actions;
  const { place, list, close } = popup(label, content, () => list.replaceChildren(...choicesOf(all(), close)));
  return place;
}
