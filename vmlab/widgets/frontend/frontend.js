// The code of all views, which stands in the page once: it gives each view what it waits for.

import { arrival } from "./arrival.js";
import { speak } from "./words.js";

export function frontend(views) {
  function initialize({ model }) {
    speak(model);
    arrival(model.get("key")).come(views);
  }
  return { initialize };
}
