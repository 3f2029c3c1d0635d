// Zoom and pan through the drawing's viewBox. The plain wheel stays with the notebook.

import { put } from "./dom.js";

const ACTUAL = 4 / 3; // Graphviz counts in points
const ENLARGED = 3; // CSS pixels per point at most, where a picture fills the window
const LEGIBLE = 10; // CSS pixels: with smaller text, show a part of the picture and not the whole
const FAR = 18; // the same in a lecture on a wide screen, and in proportion less on a smaller one
const WIDE = 1920; // CSS pixels of a wide screen
const PART = 0.91 * ACTUAL; // how large a part is shown
const MARGIN = 24;
const PLAIN = 9; // points of the smallest text

const around = (one, other) => ({
  left: Math.min(one.left, other.left),
  top: Math.min(one.top, other.top),
  right: Math.max(one.right, other.right),
  bottom: Math.max(one.bottom, other.bottom),
});
// Whether all of a box is seen in a frame, or as much of it as the frame can show.
const fills = (low, high, from, to) => (low >= from - 2 && high <= to + 2) || (low <= from && high >= to);
const seen = (box, frame) =>
  fills(box.left, box.right, frame.left, frame.right) && fills(box.top, box.bottom, frame.top, frame.bottom);

export class Viewport {
  constructor(stage, placed) {
    this.stage = stage;
    this.placed = placed; // called with the zoom in percent
    this.svg = null;
    this.whole = [0, 0, 1, 1];
    this.scale = 0; // CSS pixels per unit of the drawing
    this.x = this.y = 0;
    this.held = false; // the reader zoomed or panned: keep it so
    this.width = this.room = this.least = 0; // of the frame, in CSS pixels, how high it may and must be
    this.height = this.tallest = 0; // of the frame, in CSS pixels; of the pictures, in their units
    this.text = PLAIN; // size of the smallest text, in units of the drawing
    this.isPart = false; // whether some of it is hidden
    this.enlarged = false; // whether it fills the window
    this.larger = 1; // how much larger all text is, in a lecture
    this.sharpness = devicePixelRatio; // before the reader made the whole page larger
  }

  /** Show another drawing; the reader's zoom stays, and the frame does not shrink. */
  show(svg, whole, text = PLAIN) {
    Object.assign(this, { svg, whole, text });
    this.held ? this.place() : this.settle();
  }

  /** Forget zoom, pan and frame height: fit the whole picture. */
  fit() {
    this.held = false;
    this.scale = this.tallest = 0;
    [this.x, this.y] = this.whole;
    this.settle();
  }

  /** Take the size that the stage may have now: whoever asks the page for it has it laid out. */
  resize(width) {
    this.width = width;
    this.stage.style.height = "";
    const style = getComputedStyle(this.stage);
    const { minHeight, maxHeight } = style;
    this.larger = parseFloat(style.getPropertyValue("--vm-scale")) || 1;
    this.room = this.enlarged ? this.stage.clientHeight : parseFloat(maxHeight) || Infinity;
    this.least = this.enlarged ? this.room : Math.min(parseFloat(minHeight) || 0, this.room);
    if (this.enlarged) this.height = this.room;
    this.held ? this.place() : this.fit();
  }

  /** Fill the window, or no longer. */
  enlarge(enlarged) {
    this.enlarged = enlarged;
    this.held = false;
  }

  /** The least scale at which all of the picture is shown at once. */
  get legible() {
    // Who makes the whole page larger wants larger text, not another picture of it.
    const zoomed = devicePixelRatio > this.sharpness + 0.01;
    const far = this.larger > 1 ? FAR * Math.min(1, innerWidth / WIDE) : 0;
    return Math.max(Math.max(far, LEGIBLE) / this.text, zoomed ? PART : 0);
  }

  settle() {
    const width = this.width;
    if (!width || !this.svg) return;
    const [, , wide, tall] = this.whole;
    const whole = Math.min(this.enlarged || this.larger > 1 ? ENLARGED : ACTUAL, width / wide, this.room / tall);
    const fits = whole < this.legible ? Math.max(PART, this.legible) : whole;
    // Once smaller, stay smaller: sizes that go up and down from step to step are tiring.
    this.scale = this.scale ? Math.min(this.scale, fits) : fits;
    this.tallest = Math.max(this.tallest, tall);
    this.height = Math.max(Math.min(this.tallest * this.scale, this.room), this.least);
    this.place();
  }

  place() {
    const width = this.width;
    if (!width || !this.svg) return;
    const [left, top, wide, tall] = this.whole;
    const w = width / this.scale;
    const h = this.height / this.scale;
    this.x = this.along(this.x, left, wide, w, (wide - w) / 2);
    this.y = this.along(this.y, top, tall, h, 0);
    this.stage.style.height = `${this.height}px`;
    put(this.svg, "viewBox", [this.x, this.y, w, h].map((n) => n.toFixed(2)).join(" "));
    const cut = { left: this.x - left, top: this.y - top };
    cut.right = wide - w - cut.left;
    cut.bottom = tall - h - cut.top;
    for (const [side, hidden] of Object.entries(cut)) {
      this.stage.style.setProperty(`--vm-cut-${side}`, hidden > 1 ? "20px" : "0px");
    }
    this.isPart = Object.values(cut).some((hidden) => hidden > 1);
    this.stage.classList.toggle("vm-free", this.isFree);
    this.placed(Math.round((100 * this.scale) / ACTUAL));
  }

  /** Whether a finger moves the picture in all directions, and not the page. */
  get isFree() {
    return this.held || this.enlarged;
  }

  /** Where the view begins on one axis: as wished, but never beside the picture. */
  along(wish, from, size, view, slack) {
    const keep = MARGIN / this.scale;
    if (this.held) return Math.min(Math.max(wish, from - view + keep), from + size - keep);
    if (size <= view) return from + slack;
    return Math.min(Math.max(wish, from), from + size - view);
  }

  /** Zoom around a point of the stage, by default its middle. */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const scale = Math.min(Math.max(this.scale * factor, 0.1), 12);
    this.x += px / this.scale - px / scale;
    this.y += py / this.scale - py / scale;
    this.scale = scale;
    this.held = true;
    this.place();
  }

  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.held = true;
    this.place();
  }

  /** Bring boxes of the page into view, or the first if there is no room for all, moving little. */
  reveal(boxes) {
    const frame = this.stage.getBoundingClientRect();
    const all = boxes.reduce(around);
    const fits = all.right - all.left < frame.width - 2 * MARGIN && all.bottom - all.top < frame.height - 2 * MARGIN;
    if (!fits && boxes.some((box) => seen(box, frame))) return;
    const box = fits ? all : boxes[0];
    const shift = (from, to, low, high) => {
      const begin = low + MARGIN - from;
      if (to - from > high - low - 2 * MARGIN) return fills(from, to, low, high) ? 0 : begin;
      if (from < low + 2) return Math.max(0, begin);
      return to > high - 2 ? high - MARGIN - to : 0;
    };
    const dx = shift(box.left, box.right, frame.left, frame.right);
    const dy = shift(box.top, box.bottom, frame.top, frame.bottom);
    if (!dx && !dy) return;
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.place();
  }
}
