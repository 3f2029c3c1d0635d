// All that a view has for itself: it shows what the code that all share has under its name.

import { arrival } from "./arrival.js";

export function entry(name) {
  const shared = (model) => arrival(model.get("_frontend")).shared;
  return {
    // anywidget gives up a model that is not ready in two seconds: this one is, and waits on its own.
    initialize({ model }) {
      const begun = shared(model).then(({ views }) => views[name].initialize?.({ model }));
      return async () => (await begun)?.();
    },
    async render({ model, el }) {
      return (await shared(model)).show(name, { model, el });
    },
  };
}
