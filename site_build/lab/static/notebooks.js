// Which notebook is open when the page has loaded.

import { language } from "./reader.js";

const HELD = /^#vmlab=([\w-]+)$/; // what vmlab/state/link.py writes

// eslint-disable-next-line no-restricted-syntax -- a name of JupyterLab
export const open = (app, path) => app.commands.execute("docmanager:open", { path, factory: "Notebook" });

/** Whether the fragment of an address holds a machine. */
export const holds = (hash) => HELD.test(hash);

/** Leave the fragment out of the page's address: to load the page again opens it no more. */
export const forget = () => history.replaceState(history.state, "", location.pathname + location.search);

/** Open the machine that a fragment holds, in a notebook of its own. */
export async function openShared(app, hash) {
  const [, held] = HELD.exec(hash);
  const path = `shared-${digest(held)}.ipynb`;
  const { contents } = app.serviceManager;
  const isThere = await contents.get(path, { content: false }).then(() => true, () => false);
  if (!isThere) await contents.save(path, { type: "notebook", format: "json", content: notebook(held) });
  const panel = await open(app, path);
  await panel.revealed;
  await panel.sessionContext.ready;
  await app.commands.execute("notebook:run-all-cells");
}

function notebook(held) {
  // eslint-disable-next-line no-restricted-syntax -- Python
  const source = `from vmlab import from_link\n\nfrom_link("${held}")`;
  const cell = {
    cell_type: "code",
    id: "shared",
    metadata: { jupyter: { source_hidden: true } },
    source,
    execution_count: null,
    outputs: [],
  };
  const kernelspec = { name: "python", display_name: "Python (Pyodide)", language: "python" };
  return { cells: [cell], metadata: { kernelspec, vmlab: { language: language() } }, nbformat: 4, nbformat_minor: 5 };
}

/** A short name for a text: the same link opens the same notebook. */
function digest(text) {
  let hash = 0x811c9dc5; // FNV-1a
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
