// Where the reader looks, and how: `arrow_keys.js`, `viewport.js`, `gestures.js`, `glide.js`.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { event, stopTime } from "./page.js";
import { nextByKey, setTabStop } from "../../vmlab/widgets/frontend/arrow_keys.js";
import { Gestures } from "../../vmlab/widgets/frontend/gestures.js";
import { glide } from "../../vmlab/widgets/frontend/glide.js";
import { Viewport } from "../../vmlab/widgets/frontend/viewport.js";

const SVG = "http://www.w3.org/2000/svg";

function boxAt(x, y, width = 10, height = 10) {
  return Object.assign(document.createElement("div"), { box: { x, y, width, height } });
}

// --- arrow keys

test("arrow keys lead to what lies there, on a grid each to its neighbour", () => {
  const grid = [0, 20, 40].map((y) => [0, 20, 40].map((x) => boxAt(x, y)));
  const all = grid.flat();
  const to = (key) => nextByKey(all, grid[1][1], key);
  assert.equal(to("ArrowLeft"), grid[1][0]);
  assert.equal(to("ArrowRight"), grid[1][2]);
  assert.equal(to("ArrowUp"), grid[0][1]);
  assert.equal(to("ArrowDown"), grid[2][1]);
  assert.equal(to("Home"), grid[0][0]);
  assert.equal(to("End"), grid[2][2]);
  assert.equal(to("a"), null);
  assert.equal(nextByKey(all, grid[0][0], "ArrowLeft"), null);
});

test("what is straight ahead comes before what is nearer and aside", () => {
  const here = boxAt(0, 0);
  const ahead = boxAt(60, 0);
  const aside = boxAt(30, 40);
  assert.equal(nextByKey([here, ahead, aside], here, "ArrowRight"), ahead);
  assert.equal(nextByKey([here, aside], here, "ArrowRight"), aside);
});

test("an object that holds another is not beside it", () => {
  const holder = boxAt(0, 0, 100, 100);
  const inner = boxAt(10, 10);
  holder.append(inner);
  assert.equal(nextByKey([holder, inner], inner, "ArrowRight"), null);
});

test("down from an object with rows is its first row, then row by row, and up the same way back", () => {
  const holder = boxAt(0, 0, 100, 90);
  holder.setAttribute("role", "group");
  const rows = [20, 40, 60].map((y) => boxAt(2, y, 96, 18));
  holder.append(...rows);
  const below = boxAt(30, 100, 40, 10);
  const aside = boxAt(130, 20, 96, 18);
  const all = [holder, ...rows, below, aside];
  const walk = (from, key) => {
    const way = [];
    for (let at = from; (at = nextByKey(all, at, key)); ) way.push(at);
    return way;
  };
  assert.deepEqual(walk(holder, "ArrowDown"), [...rows, below]);
  assert.deepEqual(walk(rows[2], "ArrowUp"), [rows[1], rows[0], holder]);
  assert.equal(nextByKey(all, rows[0], "ArrowRight"), aside);
  assert.equal(nextByKey(all, aside, "ArrowLeft"), rows[0], "a row comes before what holds it");
});

test("one object is the tab stop", () => {
  const all = [boxAt(0, 0), boxAt(20, 0), boxAt(40, 0)];
  setTabStop(all, all[0]);
  setTabStop(all, all[2]);
  assert.deepEqual(all.map((element) => element.getAttribute("tabindex")), ["-1", "-1", "0"]);
});

// --- viewport

let stage, svg, viewport, percent;

beforeEach(() => {
  stage = boxAt(0, 0, 400, 300);
  svg = document.createElementNS(SVG, "svg");
  document.body.replaceChildren(stage);
  viewport = new Viewport(stage, (zoom) => (percent = zoom));
});

const box = () => svg.getAttribute("viewBox").split(" ").map(Number);

function show(whole, width = 400) {
  viewport.show(svg, whole);
  viewport.resize(width);
}

test("a small picture is shown in its own size, in the middle", () => {
  show([0, 0, 100, 50]);
  assert.equal(percent, 100);
  const [x, y, width] = box();
  assert.ok(Math.abs(x + width / 2 - 50) < 0.01);
  assert.equal(y, 0);
  assert.ok(Math.abs(parseFloat(stage.style.height) - (50 * 4) / 3) < 0.01);
});

test("a large picture fits, but stays legible", () => {
  show([0, 0, 350, 100]);
  assert.equal(percent, 86);
  assert.deepEqual(box().slice(0, 3), [0, 0, 350]);
  assert.equal(viewport.isPart, false);
  show([0, 0, 370, 100]);
  assert.equal(percent, 91, "the whole would have text of less than 10 pixels");
  assert.equal(viewport.isPart, true);
  assert.equal(stage.style.getPropertyValue("--vm-cut-right"), "20px", "the edge says that there is more");
  assert.equal(stage.style.getPropertyValue("--vm-cut-left"), "0px");
});

test("a picture with larger text may be smaller", () => {
  viewport.show(svg, [0, 0, 420, 100], 11);
  viewport.resize(400);
  assert.equal(viewport.isPart, false);
});

test("who makes the page larger gets larger text, not a smaller picture", (t) => {
  t.after(() => (globalThis.devicePixelRatio = 1));
  show([0, 0, 700, 100], 820);
  const { scale } = viewport;
  assert.equal(viewport.isPart, false);
  globalThis.devicePixelRatio = 2;
  for (const whole of [[0, 0, 700, 100], [0, 0, 350, 100]]) {
    show(whole, 410);
    assert.ok(viewport.scale >= 0.9 * scale);
  }
});

test("in a lecture text is as large as the screen is wide, and never too small to read", (t) => {
  t.after(() => {
    globalThis.innerWidth = window.innerWidth;
    stage.style.removeProperty("--vm-scale");
  });
  stage.style.setProperty("--vm-scale", "1.5");
  const shown = (screen, units) => {
    globalThis.innerWidth = screen;
    viewport.show(svg, [0, 0, units, 100]);
    viewport.resize(1000);
    return viewport.isPart;
  };
  assert.equal(shown(1920, 500), false, "18 px");
  assert.equal(shown(1920, 510), true);
  assert.equal(shown(1366, 700), false, "12.8 px");
  assert.equal(shown(1366, 710), true);
  assert.equal(shown(640, 900), false, "10 px");
  assert.equal(shown(640, 910), true);
});

test("a picture that fills the window is larger, and as high as there is room", () => {
  show([0, 0, 100, 50]);
  Object.defineProperty(stage, "clientHeight", { value: 700, configurable: true });
  viewport.enlarge(true);
  viewport.resize(1200);
  assert.equal(percent, 225);
  assert.equal(stage.style.height, "700px");
  viewport.enlarge(false);
  viewport.resize(400);
  assert.equal(percent, 100);
});

test("the frame is as high as its style says", () => {
  Object.assign(stage.style, { minHeight: "150px", maxHeight: "200px" });
  show([0, 0, 100, 50]);
  assert.equal(stage.style.height, "150px");
  show([0, 0, 100, 900]);
  assert.equal(stage.style.height, "200px");
});

test("from picture to picture neither the scale grows nor the frame shrinks", () => {
  show([0, 0, 300, 200]);
  const { scale, height } = viewport;
  viewport.show(svg, [0, 0, 100, 50]);
  assert.equal(viewport.scale, scale);
  assert.equal(viewport.height, height);
  viewport.fit();
  assert.equal(percent, 100);
});

test("a zoom keeps the point under the pointer where it is", () => {
  show([0, 0, 300, 200]);
  const under = (px, py) => [viewport.x + px / viewport.scale, viewport.y + py / viewport.scale];
  for (const factor of [1.25, 3, 0.5]) {
    const before = under(120, 80);
    viewport.zoom(factor, 120, 80);
    const after = under(120, 80);
    assert.ok(Math.hypot(after[0] - before[0], after[1] - before[1]) < 1e-9, `${factor}`);
  }
  viewport.show(svg, [0, 0, 310, 200]);
  assert.ok(viewport.held, "what the reader chose stays for the next picture");
});

test("a picture cannot be lost: some of it stays in view", () => {
  show([0, 0, 300, 200]);
  viewport.pan(10_000, -10_000);
  const [x, y, width, height] = box();
  assert.ok(x < 300 && x + width > 0);
  assert.ok(y < 200 && y + height > 0);
  viewport.zoom(1e-9);
  viewport.zoom(1e-9);
  assert.ok(viewport.scale >= 0.1);
  for (let i = 0; i < 99; i++) viewport.zoom(9);
  assert.ok(viewport.scale <= 12);
});

test("what is hidden is brought into view, and what is in view moves nothing", () => {
  show([0, 0, 4000, 100]);
  const before = viewport.x;
  const seen = (x, y, width, height) => boxAt(x, y, width, height).getBoundingClientRect();
  viewport.reveal([seen(100, 100, 50, 20)]);
  assert.equal(viewport.x, before);
  viewport.reveal([seen(900, 100, 50, 20)]);
  assert.equal(viewport.x, before + (900 + 50 - (400 - 24)) / viewport.scale);
});

test("of several things that find no room together the first is brought into view, unless one is seen", () => {
  show([0, 0, 4000, 100]);
  const before = viewport.x;
  const seen = (x, width) => boxAt(x, 100, width, 20).getBoundingClientRect();
  viewport.reveal([seen(600, 900), seen(2000, 50)]);
  assert.equal(viewport.x, before + (600 - 24) / viewport.scale, "where it begins, as it is larger than the frame");
  const moved = viewport.x;
  viewport.reveal([seen(600, 900), seen(100, 50)]);
  assert.equal(viewport.x, moved);
  viewport.reveal([seen(390, 50), seen(2000, 50)]);
  assert.ok(viewport.x > moved, "a corner of it is not enough");
});

test("without a width nothing is shown, for the page has not laid it out", () => {
  viewport.show(svg, [0, 0, 10, 10]);
  assert.equal(svg.getAttribute("viewBox"), null);
});

// --- gestures

function hand(looks = { isPart: true, isFree: false }) {
  const done = [];
  const seen = {
    ...looks,
    pan: (dx, dy) => done.push(["pan", dx, dy]),
    zoom: (factor, x, y) => done.push(["zoom", Number(factor.toFixed(3)), x, y]),
  };
  const gestures = new Gestures(stage, seen, () => done.push(["rest"]), new AbortController().signal);
  const pointer = (type, x, y, more = {}) =>
    stage.dispatchEvent(
      event(`pointer${type}`, { clientX: x, clientY: y, pointerId: 1, isPrimary: true, pointerType: "mouse", button: 0, ...more }),
    );
  return { done, gestures, pointer };
}

test("a drag pans, and a press with a trembling hand does not", () => {
  const { done, gestures, pointer } = hand();
  pointer("down", 10, 10);
  pointer("move", 12, 11);
  assert.equal(gestures.dragging, false);
  pointer("move", 30, 10);
  pointer("move", 30, 15);
  assert.deepEqual(done, [["pan", 20, 0], ["pan", 0, 5]]);
  assert.equal(gestures.dragging, true);
  pointer("up", 30, 15);
  pointer("move", 60, 60);
  assert.equal(done.length, 2);
  pointer("down", 5, 5);
  assert.equal(gestures.dragging, false, "the next press may be a click");
});

test("other buttons of the mouse are left alone", () => {
  const { done, pointer } = hand();
  pointer("down", 10, 10, { button: 2 });
  pointer("move", 90, 90);
  assert.deepEqual(done, []);
});

test("one finger up or down scrolls the page, to the side it pans", () => {
  const { done, pointer } = hand();
  const touch = { pointerType: "touch" };
  pointer("down", 10, 10, touch);
  pointer("move", 12, 60, touch);
  assert.deepEqual(done, []);
  pointer("down", 10, 10, touch);
  pointer("move", 60, 12, touch);
  assert.deepEqual(done, [["pan", 50, 2]]);
});

test("one finger moves the page over a picture that is whole, and a picture that was zoomed", () => {
  for (const [looks, wanted] of [
    [{ isPart: false, isFree: false }, []],
    [{ isPart: false, isFree: true }, [["pan", 2, 50]]],
  ]) {
    const { done, pointer } = hand(looks);
    pointer("down", 10, 10, { pointerType: "touch" });
    pointer("move", 12, 60, { pointerType: "touch" });
    pointer("down", 10, 10, { pointerType: "touch" });
    if (!looks.isFree) pointer("move", 60, 12, { pointerType: "touch" });
    assert.deepEqual(done, wanted);
    stage.replaceWith((stage = boxAt(0, 0, 400, 300)));
  }
});

test("a finger that rests is no tap; one that moves, leaves or is a mouse does not rest", (t) => {
  const pass = stopTime(t);
  const { done, gestures, pointer } = hand();
  const touch = { pointerType: "touch" };
  for (const leave of [() => pointer("move", 60, 12, touch), () => pointer("up", 10, 10, touch), () => pointer("cancel", 10, 10, touch)]) {
    pointer("down", 10, 10, touch);
    leave();
    pass(600);
  }
  pointer("down", 10, 10);
  pass(600);
  assert.equal(done.some(([what]) => what === "rest"), false);
  pointer("down", 10, 10, touch);
  pass(499);
  assert.equal(gestures.dragging, false);
  pass(1);
  assert.deepEqual(done.at(-1), ["rest"]);
  assert.equal(gestures.dragging, true);
});

test("two fingers zoom around their middle", () => {
  const { done, pointer } = hand();
  const second = { pointerId: 2, isPrimary: false, pointerType: "touch" };
  pointer("down", 100, 100, { pointerType: "touch" });
  pointer("down", 200, 100, second);
  pointer("move", 300, 100, second);
  assert.deepEqual(done, [["pan", 50, 0], ["zoom", 2, 200, 100]]);
});

test("a finger that went away unheard is no second finger", () => {
  const { done, pointer } = hand();
  pointer("down", 100, 100, { pointerId: 1, pointerType: "touch" });
  pointer("down", 10, 10, { pointerId: 3, pointerType: "touch" });
  pointer("move", 60, 12, { pointerId: 3, pointerType: "touch" });
  assert.deepEqual(done, [["pan", 50, 2]]);
});

test("the plain wheel stays with the page; with Ctrl it zooms at the pointer", () => {
  const { done } = hand();
  const wheel = (more) => {
    const turned = event("wheel", { deltaY: -60, clientX: 7, clientY: 8, ...more });
    stage.dispatchEvent(turned);
    return turned.defaultPrevented;
  };
  assert.equal(wheel({}), false);
  assert.equal(wheel({ ctrlKey: true }), true);
  wheel({ ctrlKey: true, deltaY: 1e6 });
  assert.deepEqual(done, [["zoom", 1.271, 7, 8], ["zoom", 0.787, 7, 8]]);
});

// --- glide

const LOOKS = { x: 0, y: 0, scale: 1 };

function part(x, y, more = {}) {
  return { element: document.createElementNS(SVG, "g"), x, y, ...more };
}

function glided(move, { seen = LOOKS, shows = LOOKS, from = { x: 0, y: 0 } } = {}) {
  const graph = document.createElementNS(SVG, "g");
  glide({ graph, moves: [move], from, parsed: { root: { x: 0, y: 0 } } }, seen, shows, 280);
  return { graph: graph.animations?.map(({ frames }) => frames), part: move.part.element.animations?.map(({ frames }) => frames) };
}

test("a part comes from where it was to where it is", () => {
  const { part: frames } = glided({ part: part(30, 40), was: part(10, 15) });
  assert.deepEqual(frames, [[{ transform: "translate(10px, 15px)" }, { transform: "translate(30px, 40px)" }]]);
});

test("what stays does not move, what is new fades in, an edge waits for its ends", () => {
  assert.equal(glided({ part: part(5, 5), was: part(5, 5) }).part, undefined);
  assert.deepEqual(glided({ part: part(5, 5) }).part, [[{ opacity: 0 }, { opacity: 1 }]]);
  const edge = { part: part(5, 5, { edge: true }), was: part(1, 1), redrawn: true };
  assert.deepEqual(glided(edge).part, [[{ opacity: 0 }, { opacity: 0 }, { opacity: 1 }]]);
});

test("what is still on its way goes on from where it is", () => {
  const moving = part(100, 0);
  const effect = { getComputedTiming: () => ({ progress: 0.25 }) };
  moving.element.vmGlide = { animation: { playState: "running", effect }, far: { dx: -40, dy: 0 } };
  const { part: frames } = glided({ part: moving, was: part(100, 0) });
  assert.deepEqual(frames, [[{ transform: "translate(70px, 0px)" }, { transform: "translate(100px, 0px)" }]]);
});

test("the first picture stands at once", () => {
  assert.deepEqual(glided({ part: part(5, 5) }, { from: null }), { graph: undefined, part: undefined });
});

test("the drawing glides with its viewport", () => {
  const still = { part: part(0, 0), was: part(0, 0) };
  const { graph } = glided(still, { seen: { x: 10, y: 0, scale: 1 }, shows: { x: 30, y: 0, scale: 1 } });
  assert.deepEqual(graph, [[{ transform: "translate(20px, 0px)" }, { transform: "translate(0px, 0px)" }]]);
});
