// Hover is shared by all views of a page: no Python in between, so it is immediate.
// Python adds what belongs to the object, once the pointer rests.

const EVENT = "vmlab:hover";
const DWELL = 80; // milliseconds before Python hears of it

function pointAt(id, related = []) {
  document.dispatchEvent(new CustomEvent(EVENT, { detail: { id, related } }));
}

/** Call `show` with the id of the object that is pointed at, and the ids of what belongs to it. */
export function onPointed(show, signal) {
  const tell = ({ detail: { id, related } }) => show(id, new Set(related.filter((other) => other !== id)));
  document.addEventListener(EVENT, tell, { signal });
}

/**
 * A function that takes the id of what is pointed at in one view; an empty id means nothing.
 *
 * Its `again` asks once more what belongs to that: the machine has changed.
 */
export function pointer(model, signal) {
  let [pointed, dwell] = ["", 0];
  const answer = ({ type, id, ids }) => {
    if (type === "related" && id && id === pointed) pointAt(id, ids);
  };
  model.on("msg:custom", answer);
  signal.addEventListener("abort", () => {
    model.off("msg:custom", answer);
    clearTimeout(dwell);
  });
  const ask = () => {
    clearTimeout(dwell);
    dwell = setTimeout(() => model.send({ type: "hover", id: pointed }), DWELL);
  };
  const pointTo = (id) => {
    if (id === pointed) return;
    pointed = id;
    pointAt(id);
    ask();
  };
  const again = () => pointed && ask();
  return Object.assign(pointTo, { again });
}
