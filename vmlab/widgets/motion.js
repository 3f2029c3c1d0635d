// First, last, invert, play: what has the same object id glides from its old place to the new.

const EASE = "cubic-bezier(.4, 0, .2, 1)";

const keyed = (svg) => [...svg.querySelectorAll("[data-vm-key]")];
const shape = (edge) => edge.querySelector("path")?.getAttribute("d");

/** Remember where everything is on the screen, moving things included. */
export function places(svg) {
  const places = new Map();
  for (const element of keyed(svg)) {
    const edge = element.matches("g.edge");
    places.set(element.dataset.vmKey, edge ? { d: shape(element) } : element.getBoundingClientRect());
  }
  return places;
}

/** Move everything from the remembered places to where it is now; what is new fades in. */
export function glide(svg, before, milliseconds) {
  if (!milliseconds || !before.size) return;
  const unit = svg.getScreenCTM()?.a;
  if (!unit) return;
  const moved = new Map();
  const moves = [];
  for (const element of keyed(svg)) {
    const old = before.get(element.dataset.vmKey);
    const edge = element.matches("g.edge");
    if (!old || (edge && old.d !== shape(element))) {
      // An edge follows its ends: it comes back when they have nearly arrived.
      const steps = edge && old ? [0, 0, 1] : [0, 1];
      moves.push([element, steps.map((opacity) => ({ opacity }))]);
    } else if (!edge) {
      const now = element.getBoundingClientRect();
      const whole = { x: (old.x - now.x) / unit, y: (old.y - now.y) / unit };
      moved.set(element, whole);
      const outer = moved.get(element.parentNode.closest("[data-vm-id]")) ?? { x: 0, y: 0 };
      const x = whole.x - outer.x;
      const y = whole.y - outer.y;
      if (Math.abs(x) + Math.abs(y) < 0.5) continue;
      moves.push([element, [{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }]]);
    }
  }
  for (const [element, frames] of moves) element.animate(frames, { duration: milliseconds, easing: EASE });
}
