// Small helpers that every vmlab view shares.

import { keepInNotebook } from "./saved_pictures.js";

/** Make an HTML element; a value of `true` sets an empty attribute, `false` and null set none. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** Give an attribute a value; one that it has already would cost the page as much as another. */
export function put(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Put elements into another, in this order, and nothing else; those that are there stay there. */
export function arrange(holder, wanted) {
  const kept = new Set(wanted);
  for (const child of [...holder.children]) if (!kept.has(child)) child.remove();
  let next = holder.firstElementChild;
  for (const element of wanted) {
    if (element === next) next = next.nextElementSibling;
    else holder.insertBefore(element, next);
  }
}

const ICONS = {
  first: "M4 3v10M13 3.5 7 8l6 4.5z",
  back: "M11 3.5 5 8l6 4.5z",
  play: "M5 3l8 5-8 5z",
  pause: "M5.5 3v10M10.5 3v10",
  next: "M5 3.5 11 8l-6 4.5z",
  last: "M12 3v10M3 3.5 9 8l-6 4.5z",
  step: "M3 3.5v9M6 3.5 12.5 8 6 12.5z",
  all: "M2.5 3.5 8 8l-5.5 4.5zM8.5 3.5 14 8l-5.5 4.5z",
  stop: "M4 4h8v8H4z",
  minus: "M3.5 8h9",
  plus: "M3.5 8h9M8 3.5v9",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  undo: "M6 3 2.5 6.5 6 10M3 6.5h6.5a4 3.5 0 0 1 0 7H7",
  redo: "M10 3l3.5 3.5L10 10M13 6.5H6.5a4 3.5 0 0 0 0 7H9",
  reset: "M3 3v3.5h3.5M3.4 6.5a5 5 0 1 1-.4 3",
  go_on: "M4.5 13.5v-11M4.5 9.5c0-3 6.5-1.5 6.5-4.5M8.5 6 11 3.5 13.5 6",
  save: "M8 2.5v7.5M5 7.5l3 3 3-3M3 13.5h10",
  load: "M8 10.5V3M5 5.5l3-3 3 3M3 13.5h10",
  down: "M4 6l4 4 4-4",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
};

/** A 16 by 16 line drawing that a button's label explains. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `vm-icon vm-icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button whose meaning is `label`, shown as an icon or as `content`. */
export function button(label, content, act) {
  const node = make("button", { type: "button", class: "vm-button", "aria-label": label, title: label });
  node.append(content);
  node.addEventListener("click", act);
  return node;
}

/** A prefix for DOM ids that no other view of this page uses. */
export function unique() {
  globalThis.vmlabViews = (globalThis.vmlabViews ?? 0) + 1;
  return `vmv${globalThis.vmlabViews}`;
}

/** Call `apply` once after any of the traits changed, however many changed together. */
export function follow(model, names, apply, signal) {
  let due = false;
  const soon = () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      if (!signal.aborted) apply();
    });
  };
  for (const name of names) model.on(`change:${name}`, soon);
  signal.addEventListener("abort", () => {
    for (const name of names) model.off(`change:${name}`, soon);
  });
}

/** Whether a key is for an input method that is at work, as when Hangul is typed; Safari tells by the code. */
export const composing = (event) => event.isComposing || event.keyCode === 229;

/** The Latin letter of a key, whatever the keyboard types with it now: m for ㅡ; else the name of the key. */
export function letter(event) {
  const latin = /^[\x20-\x7e]$/.test(event.key) ? event.key : /^Key([A-Z])$/.exec(event.code ?? "")?.[1];
  return (latin ?? event.key).toLowerCase();
}

/** Whether a key undoes or redoes something. */
export const undoes = (event) => (event.ctrlKey || event.metaKey) && !event.altKey && letter(event) === "z";

/**
 * Keys pressed in a view are not the notebook's, where `d d` deletes the cell; Ctrl+S still is.
 *
 * The notebook looks for this attribute on the focused element itself, and some listen at the
 * document before the event comes down: only the window is earlier.
 */
function keepKeys(el, signal) {
  const decide = (event) => {
    if (!el.contains(event.target)) return;
    const theirs = (event.ctrlKey || event.metaKey || event.altKey) && !undoes(event);
    event.target.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
  };
  addEventListener("keydown", decide, { capture: true, signal });
}

/**
 * What an anywidget module exports: `show(model, el, signal)` fills the element of one view, and
 * the signal is aborted when the view goes.
 */
export function widget(name, show) {
  const initialize = ({ model }) => keepInNotebook(model.widget_manager);
  function render({ model, el }) {
    const life = new AbortController();
    el.classList.add("vm", `vm-${name}`);
    keepKeys(el, life.signal);
    show(model, el, life.signal);
    return () => life.abort();
  }
  return { initialize, render };
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
