// SVG text is untrusted: nothing in it runs, loads, navigates, or takes an id of the page.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.js";
import { svgOf } from "./graphviz.js";
import { sanitise, uniqueIds } from "../../vmlab/widgets/frontend/sanitise.js";

const NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"';
const clean = (inside, attributes = "") => sanitise(`<svg ${NAMESPACES} ${attributes}>${inside}</svg>`);

const HOSTILE = {
  "a script": "<script>alert(1)</script>",
  "a script of HTML": '<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>',
  "a handler": '<rect onclick="alert(1)" onload="alert(1)"/>',
  "foreign objects": "<foreignObject><p>text</p></foreignObject>",
  "an element of HTML": '<img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="alert(1)"/>',
  "a link": '<a xlink:href="javascript:alert(1)"><text>text</text></a>',
  "a plain link": '<a href="javascript:alert(1)" target="_top"><text>text</text></a>',
  "a picture from elsewhere": '<image xlink:href="http://elsewhere/x.png"/>',
  "a reference to elsewhere": '<use href="http://elsewhere/x.svg#a"/>',
  "a fill from elsewhere": '<rect fill="url(http://elsewhere/x.svg#a)"/>',
  "a fill from elsewhere in quotes": `<rect fill="URL( 'http://elsewhere/x.svg#a')"/>`,
  "a stylesheet": "<style>@import url(http://elsewhere/x.css);</style>",
  "a style": '<rect style="background: url(http://elsewhere/x.png)"/>',
  "a comment": "<!-- </title><img src=x onerror=alert(1)> -->",
  "an instruction": "<?xml-stylesheet href='http://elsewhere/x.css'?>",
  "a fill with an escape": String.raw`<rect fill="u\72l(http://elsewhere/x.svg#a)"/>`,
  "a fill with a function": '<rect fill="image-set(\'http://elsewhere/x.png\' 1x)"/>',
  "a mark from elsewhere": '<path marker-end="url(http://elsewhere/x.svg#a)"/>',
  "a clip from elsewhere": '<rect clip-path="src(http://elsewhere/x.svg)"/>',
  "a base": '<g xml:base="http://elsewhere/"><rect fill="url(#a)"/></g>',
  "an animation of a link": '<a><set attributeName="href" to="javascript:alert(1)"/></a>',
};

for (const [name, inside] of Object.entries(HOSTILE)) {
  test(`${name} does not pass`, () => {
    const text = new XMLSerializer().serializeToString(clean(`${inside}<text>kept</text>`));
    assert.doesNotMatch(text, /alert|elsewhere|javascript|script|foreign|<img|<style|style=|target|on\w+=/i);
    assert.match(text, /<text>kept<\/text>/);
  });
}

test("a section of characters is text, and nothing else", () => {
  const svg = clean("<text><![CDATA[</text><script>alert(1)</script>]]></text>");
  assert.equal(svg.textContent, "</text><script>alert(1)</script>");
  assert.doesNotMatch(svg.outerHTML, /CDATA|<script/);
});

test("functions that only move and colour pass", () => {
  const svg = clean('<g transform="scale(1 1) rotate(0) translate(4 4.5e1)"><rect fill="rgb(1, 2, 3)"/></g>');
  assert.equal(svg.querySelector("g").getAttribute("transform"), "scale(1 1) rotate(0) translate(4 4.5e1)");
  assert.equal(svg.querySelector("rect").getAttribute("fill"), "rgb(1, 2, 3)");
});

test("what Graphviz draws with passes unchanged", () => {
  const text = svgOf('digraph { graph [id=g]; a [id=a tooltip="tip" style=filled fillcolor="red:blue"]; a -> b [style=dashed] }');
  const before = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const after = sanitise(text);
  const elements = (svg) => [...svg.querySelectorAll("*")].map((element) => element.localName);
  assert.deepEqual(elements(after), elements(before));
  for (const [i, element] of [...before.querySelectorAll("*")].entries()) {
    const names = [...element.attributes].map(({ name }) => name).filter((name) => !/href|^style$/.test(name));
    const kept = after.querySelectorAll("*")[i];
    for (const name of names) assert.equal(kept.getAttribute(name), element.getAttribute(name), name);
  }
});

test("characters that XML has not are replaced, however they are written", () => {
  const svg = clean("<text>a\u0000b&#0;c&#x1f;d\ufffee\ud800f&#11;\u{1f600}\t한글</text>");
  assert.equal(svg.textContent, "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffd\u{1f600}\t한글");
});

test("what is no SVG is refused, and the error says why", () => {
  assert.throws(() => sanitise(""), /not an SVG/);
  assert.throws(() => sanitise("<p>text</p>"), /not an SVG/);
  assert.throws(() => sanitise("<svg></svg>"), /not an SVG/, "it is not in the namespace of SVG");
  assert.throws(() => sanitise("<svgx/>"), /not an SVG/);
  assert.throws(() => sanitise(`<svg ${NAMESPACES}><g>`), { message: /./ });
});

test("ids are new, and what refers to them finds them", () => {
  const inside =
    '<defs><linearGradient id="shade"/></defs><rect fill="url(#shade)"/><g id="jp-main" clip-path="url(#none)"/>';
  const [one, other] = [clean(inside), clean(inside)];
  uniqueIds(one);
  uniqueIds(other);
  const ids = [one, other].flatMap((svg) => [...svg.querySelectorAll("[id]")].map(({ id }) => id));
  assert.equal(new Set(ids).size, 4);
  assert.ok(!ids.includes("jp-main"));
  for (const svg of [one, other]) {
    const { id } = svg.querySelector("linearGradient");
    assert.equal(svg.querySelector("rect").getAttribute("fill"), `url(#${id})`);
  }
});
