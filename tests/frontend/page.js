// A page without a browser: jsdom, with stand-ins for what it lacks, and a model like Jupyter's.

import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true, url: "http://localhost/" });

const NAMES = [
  ..."window document DOMParser XMLSerializer Node NodeFilter Event CustomEvent KeyboardEvent MouseEvent".split(" "),
  ..."AbortController SVGElement HTMLElement getComputedStyle getSelection requestAnimationFrame Blob".split(" "),
];
for (const name of NAMES) globalThis[name] = window[name];
globalThis.addEventListener = window.addEventListener.bind(window);
for (const name of ["innerWidth", "innerHeight", "devicePixelRatio"]) globalThis[name] = window[name];
globalThis.matchMedia = () => ({ matches: false });
globalThis.CSS = { escape: (text) => text.replace(/[^\w-]/g, (letter) => `\\${letter}`) };
globalThis.ResizeObserver = class {
  static all = new Set();
  constructor(tell) {
    this.tell = tell;
    ResizeObserver.all.add(this);
  }
  observe() {}
  disconnect() {
    ResizeObserver.all.delete(this);
  }
};
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
};
// Nothing is laid out: a test says where elements are, by `element.box`.
window.Element.prototype.getBoundingClientRect = function () {
  const { x = 0, y = 0, width = 0, height = 0 } = this.box ?? {};
  return { x, y, width, height, left: x, top: y, right: x + width, bottom: y + height };
};
window.SVGElement.prototype.getBBox = function () {
  return this.getBoundingClientRect();
};
window.Element.prototype.setPointerCapture = function () {};
window.Element.prototype.scrollIntoView = function () {};
window.Element.prototype.animate = function (frames, options) {
  this.animations = [...(this.animations ?? []), { frames, ...options }];
  return { playState: "finished" };
};
for (const [method, newState] of [["showPopover", "open"], ["hidePopover", "closed"]]) {
  window.HTMLElement.prototype[method] = function () {
    this.open = newState === "open";
    this.dispatchEvent(Object.assign(new Event("toggle"), { newState }));
  };
}
window.HTMLElement.prototype.togglePopover = function () {
  if (this.open) this.hidePopover();
  else this.showPopover();
};

/** An event with any properties, which bubbles. */
export const event = (type, properties = {}) =>
  Object.assign(new Event(type, { bubbles: true, cancelable: true }), properties);

/** What Jupyter gives to a view: traits that can be watched, and messages. */
export class Model {
  constructor(traits = {}) {
    Object.assign(this, { traits, handlers: new Map(), sent: [], saved: 0 });
  }
  get(name) {
    return this.traits[name];
  }
  set(name, value) {
    this.traits[name] = value;
    for (const handle of [...(this.handlers.get(`change:${name}`) ?? [])]) handle();
  }
  on(name, handle) {
    this.handlers.set(name, (this.handlers.get(name) ?? new Set()).add(handle));
  }
  off(name, handle) {
    this.handlers.get(name)?.delete(handle);
  }
  send(message) {
    this.sent.push(message);
  }
  tell(message) {
    for (const handle of [...(this.handlers.get("msg:custom") ?? [])]) handle(message);
  }
  save_changes() {
    this.saved++;
  }
}

/** Show a widget in the page; return its element, its model, and what takes it away. */
export function mount(module, traits) {
  const model = new Model(traits);
  const el = document.createElement("div");
  document.body.append(el);
  module.initialize({ model });
  const cleanup = module.render({ model, el });
  const close = () => {
    cleanup();
    el.remove();
  };
  return { el, model, close };
}

/** Wait for what was put off to the end of the task, and for the next frame. */
export const settled = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

/** Stop the time for a test; what it returns lets milliseconds pass. */
export function stopTime(test) {
  const { setTimeout, clearTimeout } = globalThis;
  test.after(() => Object.assign(globalThis, { setTimeout, clearTimeout }));
  const due = new Map();
  let [now, last] = [0, 0];
  globalThis.setTimeout = (act, delay = 0) => (due.set(++last, { act, at: now + delay }), last);
  globalThis.clearTimeout = (id) => due.delete(id);
  return (milliseconds) => {
    now += milliseconds;
    for (const [id, { act, at }] of [...due]) {
      if (at <= now && due.delete(id)) act();
    }
  };
}
