// All that a view has for itself: it shows what the code that all share has under its name.

import { arrival } from "./arrival.js";

export function entry(name) {
  const view = async (model) => (await arrival(model.get("_frontend")).views)[name];
  return {
    // anywidget gives up a model that is not ready in two seconds: this one is, and waits on its own.
    initialize({ model }) {
      const begun = view(model).then((shared) => shared.initialize?.({ model }));
      return async () => (await begun)?.();
    },
    async render({ model, el }) {
      let end;
      let turn = 0;
      // Another language has code of its own: then it is shown anew.
      const show = async () => {
        const mine = ++turn;
        const shown = await view(model);
        if (mine !== turn) return;
        end?.();
        el.replaceChildren();
        end = await shown.render({ model, el });
      };
      model.on("change:_frontend", show);
      await show();
      return () => {
        turn++;
        model.off("change:_frontend", show);
        end?.();
      };
    },
  };
}
