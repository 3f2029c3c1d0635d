// What the reader points at: `named_objects.js`, `hover.js`.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Model, stopTime } from "./page.js";
import { svgOf } from "./graphviz.js";
import { onPointed, pointer } from "../../vmlab/widgets/frontend/hover.js";
import { forget, identify, lightArrow, objectsIn, ring } from "../../vmlab/widgets/frontend/named_objects.js";

function named(dot) {
  const svg = new DOMParser().parseFromString(svgOf(dot), "image/svg+xml").documentElement;
  identify(svg);
  return svg;
}

test("nodes and table cells with an id are objects, what Graphviz made up is none", () => {
  const svg = named(`digraph { graph [id=picture]; a [id="vma_1"]; b; a -> b;
    c [id="mm_1" label=<<TABLE><TR><TD ID="pte_1" TITLE="entry 1">x</TD><TD>y</TD></TR></TABLE>>] }`);
  const objects = objectsIn(svg);
  assert.deepEqual([...objects.keys()].sort(), ["mm_1", "pte_1", "vma_1"]);
});

test("an object is called by its tooltip, else by its texts, else by its id", () => {
  const svg = named(`digraph { a [id=a label="one\\ntwo"]; b [id=b tooltip="the tip"]; c [id=c label=""];
    d [id=d label="${"long ".repeat(60)}"] }`);
  const name = (id) => objectsIn(svg).get(id)[0].getAttribute("aria-label");
  assert.equal(name("a"), "one two");
  assert.equal(name("b"), "the tip");
  assert.equal(name("c"), "c");
  assert.match(name("d"), /^(long ){32}…$/);
});

test("a fold is called by what it says, for its tip says what a click does", () => {
  const svg = named('digraph { a [id=more_frames label="... 3 frames ..." tooltip="show them"] }');
  assert.equal(objectsIn(svg).get("more_frames")[0].getAttribute("aria-label"), "3 frames");
});

test("no tooltip of the browser's own is left", () => {
  const svg = named('digraph { graph [tooltip="g"]; a [id=a tooltip="tip"]; a -> b [tooltip="edge"] }');
  assert.equal(svg.querySelector("title"), null);
  assert.equal([...svg.querySelectorAll("a")].some((link) => link.hasAttribute("xlink:title")), false);
});

test("an object that is shown twice is one object", () => {
  const svg = named('digraph { a [id="pfn_7"]; b [id="pfn_7.cache"] }');
  const objects = objectsIn(svg);
  assert.deepEqual([...objects.keys()], ["pfn_7"]);
  assert.deepEqual(objects.get("pfn_7").map((element) => element.dataset.vmKey), ["pfn_7", "pfn_7.cache"]);
});

test("an object with objects in it is a group and no button", () => {
  const svg = named('digraph { a [id=mm_1 label=<<TABLE><TR><TD ID="vma_1" TITLE="t">x</TD></TR></TABLE>>] }');
  const role = (id) => objectsIn(svg).get(id)[0].getAttribute("role");
  assert.equal(role("mm_1"), "group");
  assert.equal(role("vma_1"), "button");
});

test("the arrow of an object stands out while the object does", () => {
  const svg = named('digraph { a -> b [id="edge_pte_1"]; a -> c [id="edge_pte_2"] }');
  const lit = () => [...svg.querySelectorAll(".vm-lit")].map((arrow) => arrow.dataset.vmKey);
  lightArrow(svg, "pte_1", true);
  lightArrow(svg, "pfn_7", true);
  assert.deepEqual(lit(), ["edge_pte_1"]);
  lightArrow(svg, "pte_1", false);
  assert.deepEqual(lit(), []);
  lightArrow(null, "pte_1", true);
});

test("rings come and go, one of a kind, around what the object measured without them", () => {
  const svg = named("digraph { a [id=a] }");
  const [group] = objectsIn(svg).get("a");
  group.box = { x: 10, y: 20, width: 30, height: 40 };
  ring(group, "hover", true);
  ring(group, "hover", true);
  group.box = { x: 0, y: 0, width: 99, height: 99 };
  ring(group, "focus", true);
  const rings = () => [...group.querySelectorAll(".vm-ring")];
  const size = (rect) => ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
  assert.deepEqual(rings().map(size), [[9, 19, 32, 42], [6.5, 16.5, 37, 47]]);
  ring(group, "hover", false);
  assert.equal(rings().length, 1);
  forget(group);
  assert.equal(rings().length, 0);
  ring(group, "hover", true);
  assert.deepEqual(size(rings()[0]), [-1, -1, 101, 101]);
});

test("nothing is drawn around what is not laid out", () => {
  const [group] = objectsIn(named("digraph { a [id=a] }")).get("a");
  ring(group, "hover", true);
  assert.equal(group.querySelector(".vm-ring"), null);
});

test("all views hear at once what is pointed at, Python when the pointer rests", (t) => {
  const pass = stopTime(t);
  const life = new AbortController();
  const [model, heard] = [new Model(), []];
  onPointed((id, related) => heard.push([id, [...related]]), life.signal);
  const pointTo = pointer(model, life.signal);
  pointTo("a");
  pointTo("a");
  pass(40);
  pointTo("b");
  assert.deepEqual(heard, [["a", []], ["b", []]]);
  assert.deepEqual(model.sent, []);
  pass(80);
  assert.deepEqual(model.sent, [{ type: "hover", id: "b" }]);
  model.tell({ type: "related", id: "b", ids: ["b", "c"] });
  model.tell({ type: "related", id: "a", ids: ["d"] }); // too late
  assert.deepEqual(heard.at(-1), ["b", ["c"]]);
  assert.equal(heard.length, 3);
  pointTo.again();
  pass(80);
  assert.equal(model.sent.length, 2, "the machine has changed");
  model.tell({ type: "related", id: "b", ids: ["b", "e"] });
  assert.deepEqual(heard.at(-1), ["b", ["e"]]);
  pointTo("");
  life.abort();
  pass(80);
  assert.equal(model.sent.length, 2, "the view is gone");
});
