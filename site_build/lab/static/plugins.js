// What the site adds to JupyterLab.

import { mendKernels } from "./kernels.js";
import { first, option } from "./reader.js";
import { forget, holds, open, openShared } from "./notebooks.js";

async function begin(app, tracker, hash, asked) {
  addEventListener("hashchange", () => {
    const { hash: next } = location;
    if (!holds(next)) return;
    forget();
    openShared(app, next);
  });
  if (holds(hash)) await openShared(app, hash);
  else if (!tracker.size && !asked.has("path")) await open(app, first());
}

export function plugins({ INotebookTracker }, { KernelConnection }) {
  return [
    {
      id: "vmlab-site:kernels",
      autoStart: true,
      requires: [INotebookTracker],
      activate(app, tracker) {
        const languageOf = (kernel) => {
          const notebook = tracker.find((each) => each.sessionContext.session?.kernel?.id === kernel);
          return notebook?.model?.getMetadata("vmlab")?.language;
        };
        const prepare = mendKernels(KernelConnection.prototype, languageOf);
        tracker.widgetAdded.connect((_, { context, sessionContext }) => {
          sessionContext.kernelChanged.connect(async (__, { newValue }) => {
            await context.ready; // it tells the language
            if (newValue && !newValue.isDisposed) prepare(newValue);
          });
        });
      },
    },
    {
      id: "vmlab-site:notebooks",
      autoStart: true,
      requires: [INotebookTracker],
      activate(app, tracker) {
        if (!option("appUrl").endsWith("/lab")) return; // another window shows one notebook and nothing else
        const { hash, search } = location;
        if (holds(hash)) forget(); // before JupyterLab looks for it in a notebook
        app.restored.then(() => begin(app, tracker, hash, new URLSearchParams(search)));
      },
    },
  ];
}
