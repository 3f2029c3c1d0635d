// One tab stop for a whole drawing: arrow keys go from object to object.

import { put } from "./dom.js";

const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function centre(element) {
  const box = element.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

const apart = (low, high, otherLow, otherHigh) => Math.max(0, otherLow - high, low - otherHigh);

/** The nearest object that lies in a direction; what is not straight ahead counts as farther. */
function beside(all, here, [dx, dy]) {
  const [x, y] = centre(here);
  const mine = here.getBoundingClientRect();
  let best = null;
  let shortest = Infinity;
  for (const element of all) {
    if (element === here || element.contains(here)) continue;
    const [ex, ey] = centre(element);
    const along = (ex - x) * dx + (ey - y) * dy;
    const aside = Math.abs((ex - x) * dy) + Math.abs((ey - y) * dx);
    const box = element.getBoundingClientRect();
    const off = dy ? apart(mine.left, mine.right, box.left, box.right) : apart(mine.top, mine.bottom, box.top, box.bottom);
    const far = along + 2.5 * off + 0.1 * aside;
    if (along > 2 && far < shortest) [best, shortest] = [element, far];
  }
  return best;
}

/** Where a key leads from an object, or null when the key leads nowhere. */
export function nextByKey(all, here, key) {
  if (key === "Home") return all[0];
  if (key === "End") return all[all.length - 1];
  return key in STEP ? beside(all, here, STEP[key]) : null;
}

/** Make one object the tab stop. */
export function setTabStop(all, chosen) {
  for (const element of all) put(element, "tabindex", element === chosen ? "0" : "-1");
}
