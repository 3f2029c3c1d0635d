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
      return (await view(model)).render({ model, el });
    },
  };
}
