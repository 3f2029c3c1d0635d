// What the outputs of a notebook show goes into its file, so that whoever opens it sees the last
// pictures, and not only when its kernel has run the cells.
//
// JupyterLab has a setting for this, but with it a notebook that is looked at and saved loses them.

const VIEW = "application/vnd.jupyter.widget-view+json";
const STATE = "application/vnd.jupyter.widget-state+json";
const MODEL_ID = /[0-9a-f]{32}/g;
const LATE = 2500; // milliseconds; ipywidgets looks for a widget for two seconds

const root = (output) => output.data?.[VIEW]?.model_id;

/** Those of the widgets that the outputs of the cells show, with the widgets they are made of. */
function shown(cells, widgets) {
  const found = {};
  const take = (id) => {
    if (id in found || !Object.hasOwn(widgets, id)) return;
    found[id] = widgets[id];
    for (const [part] of JSON.stringify(widgets[id].state).matchAll(MODEL_ID)) take(part);
  };
  for (const { outputs = [] } of cells) outputs.map(root).forEach(take);
  return found;
}

/** Show the widgets that came just when ipywidgets ceased to look for them: it says they are not there. */
async function showLate(model, manager) {
  if (model.isDisposed) return;
  const { dirty } = model;
  for (const { outputs, trusted } of model.cells) {
    for (let i = 0; trusted && i < (outputs?.length ?? 0); i++) {
      const output = outputs.get(i);
      if (!manager.has_model(root(output))) continue;
      const { views } = await manager.get_model(root(output));
      if (!Object.keys(views).length) outputs.set(i, output.toJSON());
    }
  }
  model.dirty = dirty;
}

/** Keep the widgets of the notebook that the manager belongs to, from now on. */
export function keepInNotebook(manager) {
  const { model, saveState, sessionContext } = manager?.context ?? {}; // JupyterLab and Notebook 7
  const kept = (globalThis.vmlabNotebooks ??= new WeakSet());
  if (!model?.setMetadata || kept.has(model)) return;
  kept.add(model);
  let widgets = model.getMetadata("widgets")?.[STATE]?.state;
  if (widgets) setTimeout(showLate, LATE, model, manager);

  function keep() {
    const { state, ...format } = manager.get_state_sync({ drop_defaults: true });
    widgets = shown(model.toJSON().cells, { ...widgets, ...state });
    if (Object.keys(widgets).length) model.setMetadata("widgets", { [STATE]: { ...format, state: widgets } });
    else model.deleteMetadata("widgets");
  }
  saveState.connect((_, phase) => phase === "started" && keep());
  // After it they count as gone.
  sessionContext.statusChanged.connect((_, status) => status === "restarting" && keep());
}
