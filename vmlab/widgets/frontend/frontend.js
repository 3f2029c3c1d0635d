// The code of all views, which stands in the page once: it gives each view what it waits for.

import { arrival } from "./arrival.js";
import { say, speak } from "./words.js";

export function frontend(views) {
  function initialize({ model }) {
    speak(model);
    const saved = say("Run this cell to play. You see its last state: it is saved, and no kernel runs.");
    document.documentElement.style.setProperty("--vm-saved", JSON.stringify(saved)); // explorer.css
    const come = () => model.get("key") && arrival(model.get("key")).come(views);
    model.on("change:key", come); // it may come after the code
    come();
  }
  return { initialize };
}
