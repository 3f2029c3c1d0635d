// The code of all views, which stands in the page once: it gives each view what it waits for.

import { arrival } from "./arrival.js";
import { say, speak } from "./words.js";

export function frontend(views) {
  function initialize({ model }) {
    speak(model);
    const saved = say("Run this cell to play. You see its last state: it is saved, and no kernel runs.");
    document.documentElement.style.setProperty("--vm-saved", JSON.stringify(saved)); // explorer.css
    const language = model.get("language");
    const come = () => model.get("key") && arrival(model.get("key")).come({ views, show, language });
    model.on("change:key", come); // it may come after the code
    come();
  }
  return { initialize };
}

/** Shows a view, and shows it anew in another language, which has code of its own. */
async function show(name, { model, el }) {
  let end;
  let turn = 0;
  const again = async () => {
    const mine = ++turn;
    const { views, language } = await arrival(model.get("_frontend")).shared;
    if (mine !== turn) return;
    end?.();
    if (language) el.lang = language; // for who hears it read
    el.replaceChildren();
    end = await views[name].render({ model, el });
  };
  model.on("change:_frontend", again);
  await again();
  return () => {
    turn++;
    model.off("change:_frontend", again);
    end?.();
  };
}
