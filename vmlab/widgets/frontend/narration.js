// Says what one step did, under the functions that were running.

import { follow, make, widget } from "./dom.js";
import { say } from "./words.js";

function show(model, el, signal) {
  const path = make("ol", { class: "vm-path", "aria-label": say("Call path") });
  const sentence = make("div", { class: "vm-sentence", role: "status" });
  el.append(path, sentence);
  const saved = say("Saved view, no kernel attached. Run the cells to start again.");
  document.documentElement.style.setProperty("--vm-saved", JSON.stringify(saved)); // explorer.css

  function update() {
    const functions = model.get("path").map((name) => make("li", {}, make("code", {}, name)));
    const event = model.get("event");
    if (event) functions.push(make("li", { class: "vm-event" }, make("code", {}, event)));
    path.replaceChildren(...functions);
    sentence.textContent = model.get("sentence");
  }
  follow(model, ["path", "event", "sentence"], update, signal);
  update();
}

export default widget("narration", show);
