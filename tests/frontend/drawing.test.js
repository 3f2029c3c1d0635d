// A drawing is read into parts, and patched into the one before: `svg_parts.js`, `patched_drawing.js`.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.js";
import { svgOf } from "./graphviz.js";
import { Drawing } from "../../vmlab/widgets/frontend/patched_drawing.js";
import { ring } from "../../vmlab/widgets/frontend/named_objects.js";
import { markup, read } from "../../vmlab/widgets/frontend/svg_parts.js";

const table = (id, cells) =>
  `<<TABLE>${cells.map((cell) => `<TR><TD ID="${id}_${cell}" TOOLTIP="${cell}">${cell}</TD></TR>`).join("")}</TABLE>>`;

/** A picture of random boxes, tables and arrows; the same number gives the same picture. */
function picture(seed) {
  let state = seed + 1;
  const random = (n) => (state = (state * 48271) % 0x7fffffff) % n;
  const names = "abcdef".split("").filter(() => random(4));
  const nodes = names.map((name) => {
    const cells = "pqrst".split("").filter(() => random(3));
    const tip = random(2) ? ` tooltip="tip ${random(3)}"` : "";
    const label = cells.length && random(2) ? table(name, cells) : `"${name}${random(3)}"`;
    return `${name} [id="vma_${name}" shape=box label=${label}${tip} color="${random(3) ? "black" : "red"}"];`;
  });
  const edges = names.flatMap((name) => {
    const other = names[random(names.length)];
    return random(2) ? [`${name} -> ${other} [id="edge_${name}_${other}" style=${random(2) ? "solid" : "dashed"}];`] : [];
  });
  return svgOf(`digraph { graph [id=picture rankdir=${random(2) ? "LR" : "TB"}]; ${nodes.join(" ")} ${edges.join(" ")} }`);
}

function drawn(...texts) {
  const drawing = new Drawing();
  texts.forEach((text, i) => drawing.draw(text, i > 0));
  return drawing;
}

/** The drawing as text, its made-up ids taken out; what the patch leaves to whoever shows it too. */
function seen({ svg, graph, whole }) {
  assert.equal(svg.firstElementChild, graph);
  const copy = svg.cloneNode(true);
  for (const element of copy.querySelectorAll("[id]")) element.removeAttribute("id");
  copy.removeAttribute("viewBox");
  return `${whole} ${new XMLSerializer().serializeToString(copy)}`;
}

const SEEDS = Array.from({ length: 24 }, (_, seed) => seed);

test("what was read can be written: each part has its place and its look", () => {
  for (const seed of SEEDS) {
    const text = picture(seed);
    const { head, root } = read(text);
    const again = `${head}${root.parts.map(markup).join("\n")}\n</g>\n</svg>\n`;
    const plain = new DOMParser().parseFromString(text, "image/svg+xml");
    const placed = new DOMParser().parseFromString(again, "image/svg+xml");
    assert.deepEqual(corners(placed.documentElement), corners(plain.documentElement));
  }
});

/** Where each shape of a drawing begins, all transforms applied. */
function corners(svg) {
  return [...svg.querySelectorAll("polygon, polyline, path, ellipse, text")].map((element) => {
    const points = (element.getAttribute("points") ?? element.getAttribute("d"))?.match(/-?[\d.]+/g);
    let x = Number(element.getAttribute("x") ?? element.getAttribute("cx") ?? points?.[0] ?? 0);
    let y = Number(element.getAttribute("y") ?? element.getAttribute("cy") ?? points?.[1] ?? 0);
    for (let at = element; at !== svg; at = at.parentNode) {
      const [, dx, dy] = /translate\((\S+) (\S+)\)/.exec(at.getAttribute("transform")) ?? [0, 0, 0];
      [x, y] = [x + Number(dx), y + Number(dy)];
    }
    return `${element.localName} ${x.toFixed(1)} ${y.toFixed(1)}`.replace(/-0\.0/g, "0.0");
  });
}

test("the same shape elsewhere has the same look", () => {
  const near = read(svgOf("digraph { a }")).root.parts.find((part) => part.key);
  const far = read(svgOf("digraph { a; b; c; a -> b -> c }")).root.parts.filter((part) => part.key);
  const look = (part) => part.parts.map((shape) => shape.look);
  assert.deepEqual(look(near)[0], look(far.find((part) => part.key === "node1"))[0]);
});

test("what Graphviz did not write is no drawing of parts", () => {
  const text = svgOf("digraph { a }");
  assert.ok(read(text));
  for (const other of ["", "<svg></svg>", text.replace("<ellipse", "<image"), text.replace("</g>\n</svg>", "")]) {
    assert.equal(read(other), null);
  }
  assert.equal(read(text.replace("<text ", '<text transform="rotate(90)" ')), null, "it is turned");
});

test("a drawing put over another shows what it shows alone", () => {
  for (const seed of SEEDS) {
    const [before, after] = [picture(seed), picture(seed + 100)];
    assert.equal(seen(drawn(before, after)), seen(drawn(after)), `seed ${seed}`);
    assert.equal(seen(drawn(before, after, before)), seen(drawn(before)), `seed ${seed}, and back`);
  }
});

test("small changes keep the elements of what stays as it is", () => {
  for (const seed of SEEDS.slice(0, 8)) {
    const text = picture(seed);
    const drawing = drawn(text);
    const before = [...drawing.svg.querySelectorAll("*")];
    drawing.draw(text, true);
    assert.deepEqual([...drawing.svg.querySelectorAll("*")], before);
    assert.ok(drawing.moves.every(({ part, was, redrawn }) => !redrawn && part.element === was.element));
  }
  const drawing = drawn(svgOf('digraph { a [id=a]; b [id=b] }'));
  const kept = drawing.svg.querySelector('[data-vm-id="a"]');
  drawing.draw(svgOf('digraph { a [id=a label="long label"]; c [id=c] }'), true);
  assert.equal(drawing.svg.querySelector('[data-vm-id="a"]'), kept);
  assert.equal(drawing.svg.querySelector('[data-vm-id="b"]'), null);
  const moves = new Map(drawing.moves.map((move) => [move.part.key, move]));
  assert.deepEqual([...moves.keys()].sort(), ["a", "c"]);
  assert.ok(moves.get("a").was);
  assert.ok(!moves.get("c").was);
});

test("no ring is left around an object whose inside has changed", () => {
  const cell = (id, text) => `<TR><TD ID="${id}" TITLE="tip">${text}</TD></TR>`;
  const cells = (text) => svgOf(`digraph { t [id=t label=<<TABLE>${cell("a", text)}${cell("b", "long text")}</TABLE>>] }`);
  const drawing = drawn(cells("one"));
  for (const id of ["a", "b"]) {
    const object = drawing.svg.querySelector(`[data-vm-id="${id}"]`);
    object.box = { x: 0, y: 0, width: 9, height: 9 };
    ring(object, "hover", true);
  }
  drawing.draw(cells("two"), true);
  const ringed = [...drawing.svg.querySelectorAll(".vm-ring")].map((rect) => rect.parentNode.dataset.vmId);
  assert.deepEqual(ringed, ["b"]);
});

test("another picture is drawn anew, and so is one that has no parts", () => {
  const [one, other] = [svgOf("digraph { a [id=a] }"), svgOf("digraph { a [id=a]; b }")];
  const drawing = drawn(one);
  const { svg } = drawing;
  drawing.draw(other, false);
  assert.notEqual(drawing.svg, svg);
  assert.equal(drawing.from, null);
  drawing.draw('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 7 8"><g id="a" class="node"><text>a</text></g></svg>', true);
  assert.deepEqual(drawing.whole, [0, 0, 7, 8]);
  drawing.draw(other, true);
  assert.equal(seen(drawing), seen(drawn(other)));
});

test("what cannot be drawn leaves the drawing of before", () => {
  const drawing = drawn(svgOf("digraph { a [id=a] }"));
  const { svg } = drawing;
  assert.throws(() => drawing.draw("<svg><g>", true));
  assert.throws(() => drawing.draw("", true));
  assert.equal(drawing.svg, svg);
  drawing.clear();
  assert.equal(drawing.svg, null);
});

test("no id is twice in the page", () => {
  const ids = [drawn(picture(1)), drawn(picture(2)), drawn(picture(1), picture(2))].flatMap(({ svg }) =>
    [...svg.querySelectorAll("[id]")].map((element) => element.id),
  );
  assert.equal(new Set(ids).size, ids.length);
});
