// One tab stop for a whole drawing: arrow keys go from object to object.

const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function centre(element) {
  const box = element.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

/** The nearest object that lies in a direction; what is off to the side counts as farther. */
function beside(all, here, [dx, dy]) {
  const [x, y] = centre(here);
  let best = null;
  let shortest = Infinity;
  for (const element of all) {
    if (element === here || element.contains(here)) continue;
    const [ex, ey] = centre(element);
    const along = (ex - x) * dx + (ey - y) * dy;
    const aside = Math.abs((ex - x) * dy) + Math.abs((ey - y) * dx);
    if (along > 2 && along + 2.5 * aside < shortest) [best, shortest] = [element, along + 2.5 * aside];
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
  for (const element of all) element.setAttribute("tabindex", element === chosen ? "0" : "-1");
}
