// A notebook keeps the widgets that its outputs show, and no others.

import assert from "node:assert/strict";
import { test } from "node:test";

import { keepInNotebook } from "../../vmlab/widgets/frontend/saved_pictures.js";

const VIEW = "application/vnd.jupyter.widget-view+json";
const STATE = "application/vnd.jupyter.widget-state+json";
const id = (letter) => letter.repeat(32);
const output = (letter) => ({ data: { [VIEW]: { model_id: id(letter) } } });

/** A notebook whose outputs show some widgets, with a manager that knows some. */
function notebook(shown, known) {
  const listeners = {};
  const signal = (name) => ({ connect: (act) => (listeners[name] = act) });
  const metadata = {};
  const model = {
    getMetadata: (name) => metadata[name],
    setMetadata: (name, value) => (metadata[name] = value),
    deleteMetadata: (name) => delete metadata[name],
    toJSON: () => ({ cells: [{ outputs: [...shown].map(output) }, {}] }),
  };
  const manager = {
    context: { model, saveState: signal("save"), sessionContext: { statusChanged: signal("status") } },
    get_state_sync: () => ({ version_major: 2, state: known }),
  };
  return { manager, metadata, listeners, kept: () => Object.keys(metadata.widgets?.[STATE].state ?? {}).map((key) => key[0]) };
}

const widgets = { [id("a")]: { state: { children: [`IPY_MODEL_${id("b")}`] } }, [id("b")]: { state: {} }, [id("c")]: { state: {} } };

test("what is shown is kept, with what it is made of", () => {
  const { manager, listeners, metadata, kept } = notebook("a", widgets);
  keepInNotebook(manager);
  assert.deepEqual(kept(), []);
  listeners.save(null, "started");
  assert.deepEqual(kept(), ["a", "b"]);
  assert.equal(metadata.widgets[STATE].version_major, 2);
});

test("what is no longer shown is forgotten", () => {
  const shown = ["a"];
  const { manager, listeners, metadata, kept } = notebook(shown, widgets);
  keepInNotebook(manager);
  listeners.save(null, "started");
  shown.splice(0, 1, "c");
  listeners.save(null, "started");
  assert.deepEqual(kept(), ["c"]);
  shown.length = 0;
  listeners.save(null, "started");
  assert.equal("widgets" in metadata, false);
});

test("what a kernel that ended has shown stays in the file", () => {
  const known = { ...widgets };
  const { manager, listeners, kept } = notebook("a", known);
  keepInNotebook(manager);
  listeners.status(null, "restarting");
  for (const key of Object.keys(known)) delete known[key];
  listeners.save(null, "started");
  assert.deepEqual(kept(), ["a", "b"]);
});

test("where there is no notebook nothing happens", () => {
  keepInNotebook(undefined);
  keepInNotebook({});
  keepInNotebook({ context: {} });
});
