// Last, invert, play: what has the same object id glides from its old place to the new.
//
// Nothing is measured, for that would have the page laid out; the drawing knows all places.

import { animate } from "./host.js";

const EASE = "cubic-bezier(.4, 0, .2, 1)";

/** Let an element come to its place in the group around it from (dx, dy) beside it. */
function come(element, { x, y }, dx, dy, duration) {
  const { animation, far } = element.vmGlide ?? {};
  if (animation?.playState === "running") {
    // What is still on its way goes on from where it is.
    const left = 1 - animation.effect.getComputedTiming().progress;
    dx += left * far.dx;
    dy += left * far.dy;
  }
  if (Math.abs(dx) + Math.abs(dy) < 0.5) return;
  const at = (px, py) => ({ transform: `translate(${px}px, ${py}px)` });
  const frames = [at(x + dx, y + dy), at(x, y)];
  element.vmGlide = { animation: animate(element, frames, { duration, easing: EASE }), far: { dx, dy } };
}

/**
 * Move the parts of a drawing from where they were, and the drawing as a whole with its viewport;
 * what is new fades in.
 *
 * `seen` is what the viewport showed before, `shows` what it shows now: a corner in the drawing, and
 * how large a unit is.
 */
export function glide({ graph, moves, from, parsed }, seen, shows, duration) {
  const grown = seen.scale / shows.scale;
  if (!from || !(grown > 0)) return; // nothing was there, or it could not be seen
  for (const { part, was, redrawn } of moves) {
    if (!was || (part.edge && redrawn)) {
      // An edge follows its ends: it comes back when they have nearly arrived.
      const steps = was ? [0, 0, 1] : [0, 1];
      animate(part.element, steps.map((opacity) => ({ opacity })), { duration, easing: EASE });
    } else come(part.element, part, was.x - part.x, was.y - part.y, duration);
  }
  const { x, y } = parsed.root;
  come(graph, parsed.root, (from.x - seen.x) * grown - (x - shows.x), (from.y - seen.y) * grown - (y - shows.y), duration);
}
