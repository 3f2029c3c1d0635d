// Says that a picture shows nothing of what the step is about, and offers the pictures that do.

import { make } from "./dom.js";
import { say } from "./words.js";

export class Elsewhere {
  /** `choose` is called with the name of the picture that was chosen. */
  constructor(choose) {
    this.choose = choose;
    this.said = "";
    this.el = make("div", { class: "vm-elsewhere", role: "status" });
  }

  show(lacking, names) {
    const said = JSON.stringify([lacking, names]);
    if (said === this.said) return; // to say it again would be heard again
    this.said = said;
    this.el.replaceChildren(...(lacking ? this.words(names) : []));
  }

  words(names) {
    if (!names.length) return [make("span", {}, say("The step is not in this picture."))];
    const buttons = names.map((name) => {
      const button = make("button", { type: "button", class: "vm-button" }, name);
      button.addEventListener("click", () => this.choose(name));
      return button;
    });
    return [make("span", {}, say("Not in this picture. Shown in:")), ...buttons];
  }
}
