// Mouse, pen and fingers: drag to pan, Ctrl and wheel or two fingers to zoom.
//
// What moves the page stays with the page: the plain wheel, and one finger up or down, or to any side
// where the picture has nothing more to show. A finger that rests is the second meaning of a tap.

const DRAG = 4; // pixels before a press becomes a pan
const REST = 500; // milliseconds until a finger rests

const middle = (points) => {
  const sum = (axis) => points.reduce((total, point) => total + point[axis], 0);
  return { x: sum("x") / points.length, y: sum("y") / points.length };
};
const spread = ([one, other]) => Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));

export class Gestures {
  constructor(stage, viewport, rests, signal) {
    Object.assign(this, { stage, viewport, rests, down: new Map(), moved: false, resting: 0, rested: false });
    const on = (type, act) => stage.addEventListener(type, act, { signal, passive: false });
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    for (const type of ["pointerup", "pointercancel"]) on(type, (event) => this.lift(event));
    on("wheel", (event) => this.wheel(event));
    // No tap follows: its press would take the focus from what was opened.
    on("touchend", (event) => this.rested && event.cancelable && event.preventDefault());
    // With the second finger the gesture is the picture's: no scrolling, and no click at its end.
    for (const type of ["touchstart", "touchmove"]) {
      on(type, (event) => event.touches.length > 1 && event.cancelable && event.preventDefault());
    }
  }

  /** Whether the pointer has moved so far since it was pressed that it is no click. */
  get dragging() {
    return this.moved;
  }

  at(event) {
    return { x: event.clientX, y: event.clientY };
  }

  press(event) {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    if (event.isPrimary) this.down.clear();
    if (!this.down.size) [this.moved, this.start] = [false, this.at(event)];
    this.down.set(event.pointerId, this.at(event));
    clearTimeout(this.resting);
    this.rested = false;
    if (event.pointerType === "touch" && this.down.size === 1) this.resting = setTimeout(() => this.rest(event), REST);
  }

  rest(event) {
    this.moved = this.rested = true; // when the finger goes up it is no tap
    this.down.clear();
    this.rests(event);
  }

  lift(event) {
    clearTimeout(this.resting);
    this.down.delete(event.pointerId);
  }

  move(event) {
    if (!this.down.has(event.pointerId)) return;
    const before = [...this.down.values()];
    const here = this.at(event);
    if (!this.moved && before.length === 1) {
      const [dx, dy] = [here.x - this.start.x, here.y - this.start.y];
      if (Math.hypot(dx, dy) < DRAG) return;
      clearTimeout(this.resting);
      if (event.pointerType === "touch" && this.isOfThePage(dx, dy)) return;
    }
    if (!this.moved) this.stage.setPointerCapture(event.pointerId);
    this.moved = true;
    this.down.set(event.pointerId, here);
    const after = [...this.down.values()];
    const [from, to] = [middle(before), middle(after)];
    this.viewport.pan(to.x - from.x, to.y - from.y);
    if (after.length === 2) this.zoom(spread(after) / spread(before), to);
  }

  isOfThePage(dx, dy) {
    const { isFree, isPart } = this.viewport;
    return !isFree && (!isPart || Math.abs(dy) > Math.abs(dx));
  }

  wheel(event) {
    if (!event.ctrlKey && !event.altKey) return;
    event.preventDefault();
    this.zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) / 250), this.at(event));
  }

  zoom(factor, { x, y }) {
    const frame = this.stage.getBoundingClientRect();
    this.viewport.zoom(factor, x - frame.left, y - frame.top);
  }
}
