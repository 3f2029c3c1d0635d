// SVG text is untrusted: its labels come from file names and traces. Only what Graphviz draws
// with passes: elements, text and attributes that are known, and of functions in their values only
// those that neither run, navigate nor load. It is drawn with every click, so that a library for
// all of HTML would be felt.

import { unique } from "./dom.js";
import { say } from "./words.js";

const ELEMENTS = new Set(
  // eslint-disable-next-line no-restricted-syntax -- names
  ("svg g a title desc text tspan polygon polyline path ellipse circle rect line defs " +
    "linearGradient radialGradient stop clipPath").split(" "),
);
const ATTRIBUTES = new Set(
  // eslint-disable-next-line no-restricted-syntax -- names
  ("id class viewBox transform d points x y x1 y1 x2 y2 dx dy cx cy r rx ry width height offset " +
    "fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-dasharray " +
    "stroke-linecap stroke-linejoin opacity stop-color stop-opacity clip-path " +
    "gradientUnits gradientTransform text-anchor text-decoration dominant-baseline " +
    // eslint-disable-next-line no-restricted-syntax -- names
    "baseline-shift font-family font-size font-weight font-style xml:space xlink:title xmlns xmlns:xlink").split(" "),
);
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const NOT_XML_REFERENCE = /&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2\d|3[01]));/gi;
const TEXTS = new Set(["id", "class", "xlink:title", "xmlns", "xmlns:xlink"]); // all else may be read as CSS
const HARMLESS = /(?:matrix|translate|scale|rotate|skewX|skewY|rgba?|hsla?)\([-\d.,\s%e+]*\)|url\((["']?)#[^\\()"']*\1\)/gi;

// An escape or a function that is not known may stand for url(), image-set(), ...
const isHarmless = (name, value) =>
  TEXTS.has(name) || !/[\\(]/.test(value) || !/[\\(]/.test(value.replace(HARMLESS, ""));

/** Parse SVG text into an element that is safe to put into the page. */
export function sanitise(text) {
  const begin = text.indexOf("<svg");
  if (begin < 0) throw new Error(say("it is not an SVG"));
  const clean = text.slice(begin).replace(NOT_XML, "\ufffd").replace(NOT_XML_REFERENCE, "\ufffd");
  const parsed = new DOMParser().parseFromString(clean, "image/svg+xml");
  const broken = parsed.querySelector("parsererror");
  if (broken) throw new Error(broken.textContent.slice(0, 200));
  const rest = parsed.createTreeWalker(parsed, ~(NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT | NodeFilter.SHOW_DOCUMENT));
  const found = [];
  while (rest.nextNode()) found.push(rest.currentNode);
  for (const node of found) {
    if (node.nodeType === Node.CDATA_SECTION_NODE) node.replaceWith(node.data);
    else node.remove(); // comments, instructions
  }
  for (const element of [...parsed.querySelectorAll("*")]) {
    if (!ELEMENTS.has(element.localName) || element.namespaceURI !== "http://www.w3.org/2000/svg") {
      element.remove();
      continue;
    }
    const attributes = element.attributes;
    for (let i = attributes.length - 1; i >= 0; i--) {
      const { name, value } = attributes[i];
      if (!ATTRIBUTES.has(name) || !isHarmless(name, value)) element.removeAttribute(name);
    }
  }
  const svg = parsed.documentElement;
  if (svg?.localName !== "svg") throw new Error(say("it is not an SVG"));
  return document.adoptNode(svg);
}

/** Give all that has an id another one, which is there but once in the page. */
export function uniqueIds(svg) {
  const renamed = new Map();
  for (const element of svg.querySelectorAll("[id]")) {
    const id = unique();
    if (!renamed.has(element.id)) renamed.set(element.id, id);
    element.id = id;
  }
  for (const name of ["fill", "stroke", "clip-path"]) {
    for (const element of svg.querySelectorAll(`[${name}^="url" i]`)) {
      const [, id] = /#([^'")]+)/.exec(element.getAttribute(name)) ?? [];
      element.setAttribute(name, `url(#${renamed.get(id)})`);
    }
  }
}
