// What the site adds to JupyterLab.

import { mendKernels } from "./kernels.js";
import { first, option } from "./reader.js";
import { open, openShared } from "./notebooks.js";

async function begin(app, tracker, hash, asked) {
  if (!option("appUrl").endsWith("/lab")) return; // another window shows one notebook and nothing else
  addEventListener("hashchange", () => openShared(app, location.hash));
  if (await openShared(app, hash)) return;
  if (!tracker.size && !asked.has("path")) await open(app, first());
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
        mendKernels(KernelConnection.prototype, languageOf);
      },
    },
    {
      id: "vmlab-site:notebooks",
      autoStart: true,
      requires: [INotebookTracker],
      activate(app, tracker) {
        const { hash, search } = location; // before JupyterLab's own router changes them
        app.restored.then(() => begin(app, tracker, hash, new URLSearchParams(search)));
      },
    },
  ];
}
