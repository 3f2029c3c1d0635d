// One tab stop for a whole drawing: arrow keys go from object to object.

import { put } from "./dom.js";

// How far a box lies from another in a direction, from edge to edge.
const GAP = {
  ArrowLeft: (mine, box) => mine.left - box.right,
  ArrowRight: (mine, box) => box.left - mine.right,
  ArrowUp: (mine, box) => mine.top - box.bottom,
  ArrowDown: (mine, box) => box.top - mine.bottom,
};
const OVERLAP = 0.4; // of the smaller one, by which neighbours may overlap: rings reach out
const HOLDER = 12; // pixels that an object with others in it counts as farther than those

const apart = (low, high, otherLow, otherHigh) => Math.max(0, otherLow - high, low - otherHigh);

/** How far a box is where a key leads; what is not straight ahead counts as farther. */
function far(mine, box, key) {
  const gap = GAP[key](mine, box);
  const upright = key === "ArrowUp" || key === "ArrowDown";
  const size = upright ? "height" : "width";
  if (gap < -OVERLAP * Math.min(mine[size], box[size])) return Infinity;
  const [low, high] = upright ? ["left", "right"] : ["top", "bottom"];
  const aside = Math.abs(box[low] + box[high] - mine[low] - mine[high]) / 2;
  return Math.max(0, gap) + 2.5 * apart(mine[low], mine[high], box[low], box[high]) + 0.1 * aside;
}

/** The nearest of some objects that lies where a key leads. */
function nearest(some, here, key) {
  const mine = here.getBoundingClientRect();
  let best = null;
  let shortest = Infinity;
  for (const element of some) {
    const holds = element.getAttribute("role") === "group";
    const way = far(mine, element.getBoundingClientRect(), key) + (holds ? HOLDER : 0);
    if (way < shortest) [best, shortest] = [element, way];
  }
  return best;
}

/** From an object with others in it down is the first of these; up from there is the object. */
function beside(all, here, key) {
  const inner = key === "ArrowDown" ? all.filter((element) => element !== here && here.contains(element)) : [];
  if (inner.length) {
    const place = (element) => {
      const { left, top } = element.getBoundingClientRect();
      return top + 0.1 * left;
    };
    return inner.reduce((one, other) => (place(other) < place(one) ? other : one));
  }
  const outer = all.filter((element) => !here.contains(element) && !element.contains(here));
  if (key === "ArrowUp") {
    const holder = all.findLast((element) => element !== here && element.contains(here));
    if (holder) return nearest(outer.filter((element) => holder.contains(element)), here, key) ?? holder;
  }
  return nearest(outer, here, key);
}

/** Where a key leads from an object, or null when the key leads nowhere. */
export function nextByKey(all, here, key) {
  if (key === "Home") return all[0];
  if (key === "End") return all[all.length - 1];
  return key in GAP ? beside(all, here, key) : null;
}

/** Make one object the tab stop. */
export function setTabStop(all, chosen) {
  for (const element of all) put(element, "tabindex", element === chosen ? "0" : "-1");
}
