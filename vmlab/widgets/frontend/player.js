// Goes through the steps of a recording.

import { make, widget } from "./dom.js";
import { Steps } from "./steps.js";
import { say } from "./words.js";

class Player extends Steps {
  build() {
    super.build();
    const buttons = make("div", { class: "vm-keys" });
    buttons.append(this.first, this.back, this.playButton, this.next, this.last);
    this.el.setAttribute("role", "group");
    this.el.setAttribute("aria-label", say("Steps of the recording"));
    this.el.classList.add("vm-steps");
    this.el.append(buttons, this.track, this.count, this.speed);
  }
}

export default widget("player", (model, el, signal) => new Player(model, el, signal));
