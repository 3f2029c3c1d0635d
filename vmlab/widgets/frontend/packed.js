// The code of all views comes packed: so it takes a fifth of the room in every saved notebook.

async function unpacked(code) {
  const bytes = Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0));
  const text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).blob();
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const module = await import(url);
  URL.revokeObjectURL(url);
  return module.default;
}

/** What anywidget loads: it does not wait, for it would give up a model that takes long. */
export function packed() {
  const initialize = ({ model }) => void unpacked(model.get("code")).then((all) => all.initialize({ model }));
  return { initialize };
}
