// A button that opens a short list of actions.

import { make } from "./dom.js";
import { popup } from "./popup.js";

/** `actions` are pairs of words and a function; the list closes after one was chosen. */
export function menu(label, actions, content) {
  const { place, list, close } = popup(label, content);
  for (const [words, act] of actions) {
    const choice = make("button", { type: "button", class: "vm-choice" }, words);
    choice.addEventListener("click", () => {
      close();
      act();
    });
    list.append(choice);
  }
  return place;
}
