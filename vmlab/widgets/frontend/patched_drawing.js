// The drawing in the page. A new one is put over the old one: what looks as before keeps its element
// and at most gets another place, so the browser has little to do and an object stays what it is.

import { arrange, put } from "./dom.js";
import { groupBy } from "./host.js";
import { forget, identify } from "./named_objects.js";
import { sanitise, uniqueIds } from "./sanitise.js";
import { markup, place, read } from "./svg_parts.js";

export class Drawing {
  constructor() {
    this.clear();
  }

  clear() {
    Object.assign(this, { svg: null, graph: null, whole: null, smallest: undefined, parsed: null, from: null, moves: [] });
  }

  /**
   * Draw SVG text, over what is there if it is `alike`; throws what is wrong with it.
   *
   * Then `whole` is its viewBox, the element's own is left to whoever shows it, and `smallest` the
   * size of its smallest text. `moves` says what each part with an id was before, if it was there, and `from` what the group of all was.
   */
  draw(text, alike) {
    const parsed = read(text);
    const before = alike && parsed && this.parsed;
    this.moves = [];
    this.from = before ? before.root : null;
    if (before) this.patch(before, parsed);
    else this.begin(text, parsed);
    this.parsed = parsed;
    this.smallest = smallestText(text);
  }

  begin(text, parsed) {
    this.svg = parsed ? made(parsed, parsed.root.parts) : accepted(text);
    this.graph = this.svg.firstElementChild;
    this.whole = extent(this.svg);
    for (const name of ["width", "height"]) this.svg.removeAttribute(name);
    if (parsed) adopt(parsed.root, this.graph);
  }

  patch(before, parsed) {
    const [fresh, changed] = [[], []];
    this.compare(before.root, parsed.root, fresh, changed);
    const svg = made(parsed, fresh);
    const elements = [...svg.firstElementChild.children];
    fresh.forEach((part, i) => adopt(part, elements[i]));
    for (const group of changed) {
      forget(group.element);
      arrange(holder(group), group.parts.map((part) => part.element));
    }
    this.whole = extent(svg);
    put(this.graph, "transform", svg.firstElementChild.getAttribute("transform"));
  }

  /** Give the parts of a group the elements of those that were the same; list the others. */
  compare(before, group, fresh, changed) {
    group.element = before.element;
    changed.push(group);
    const known = groupBy(before.parts, (part) => part.key ?? part.look);
    for (const part of group.parts) {
      const was = known.get(part.key ?? part.look)?.shift();
      const redrawn = !was || was.frame !== part.frame || (part.edge && was.look !== part.look);
      if (part.key) this.moves.push({ part, was, redrawn });
      if (redrawn) {
        fresh.push(part);
        continue;
      }
      if (was.look === part.look) Object.assign(part, { element: was.element, parts: was.parts });
      else this.compare(was, part, fresh, changed);
      put(part.element, "transform", place(part));
    }
  }
}

const FONT_SIZE = / font-size="([\d.]+)"/g;

function smallestText(text) {
  const sizes = new Set([...text.matchAll(FONT_SIZE)].map(([, size]) => Number(size)));
  return sizes.size ? Math.min(...sizes) : undefined;
}

const extent = (svg) => (svg.getAttribute("viewBox") ?? "0 0 100 100").split(/[\s,]+/).map(Number);

/** Sanitised, with its objects named. */
function accepted(text) {
  const svg = sanitise(text);
  identify(svg);
  uniqueIds(svg);
  return svg;
}

const made = (parsed, parts) => accepted(`${parsed.head}${parts.map(markup).join("")}</g></svg>`);

const holder = ({ linked, element }) => (linked ? element.firstElementChild : element);

/** Let parts know their elements. */
function adopt(part, element) {
  part.element = element;
  if (!part.parts) return;
  const { children } = holder(part);
  part.parts.forEach((inner, i) => adopt(inner, children[i]));
}
