// A page that lacks what old browsers and other hosts lack: the views are there, and menus open.

import assert from "node:assert/strict";
import { test } from "node:test";

import { event, mount, settled } from "./page.js";
import diagram from "../../vmlab/widgets/frontend/diagram_view.js";
import player from "../../vmlab/widgets/frontend/player.js";
import story from "../../vmlab/widgets/frontend/story_strip.js";
import toolbar from "../../vmlab/widgets/frontend/toolbar.js";
import { svgOf } from "./graphviz.js";

delete globalThis.ResizeObserver;
delete Map.groupBy;
for (const method of ["showPopover", "hidePopover", "togglePopover"]) delete window.HTMLElement.prototype[method];
delete window.Element.prototype.animate;

const AT = { step: 3, count: 10, playing: false, speed: 2, speeds: [1, 2], marks: [1, 4, 8] };
const CHAPTERS = [{ title: "The call", first: 0, last: 4 }, { title: "The answer", first: 5, last: 9 }];
const TOLD = {
  ...{ rest: "", headline: "fork", chapters: CHAPTERS, chapter: 0, stops: [4, 9], by_steps: false },
  ...{ path: ["do_fork"], event: "sys_exit", sentence: "fork answers 8.", history: {} },
};
const button = (el, label) => el.querySelector(`button[aria-label="${label}"]`);
const isOpen = (list) => list.classList.contains("vm-open");

test("every view is drawn, redrawn and taken away", async () => {
  const before = svgOf('digraph { a [id="vma_1"]; b [id="vma_2"]; a -> b [id="edge_1_2"] }');
  const after = svgOf('digraph { rankdir=LR; b [id="vma_2"]; c [id="vma_3"]; c -> b [id="edge_3_2"] }');
  const lists = { highlight: [], tabs: [], menus: ["vma"], without_menu: [], elsewhere: [] };
  const words = { label: "tree", description: "", hint: "", hints: {}, announcement: "", tab: "" };
  const { el, model, close } = mount(diagram, { ...lists, ...words, svg: before, lacking: false, duration: 300 });
  model.set("svg", after);
  await settled();
  assert.ok(el.querySelector("[data-vm-id=vma_3]"));
  close();
  for (const [view, traits] of [
    [player, AT],
    [story, { ...AT, ...TOLD }],
    [toolbar, { languages: [], does: {} }],
  ]) {
    const shown = mount(view, { ...traits });
    await settled();
    assert.ok(shown.el.querySelector("button"));
    shown.close();
  }
});

test("a menu opens, and closes by its button, by Esc and by a click elsewhere", () => {
  const { el, close } = mount(toolbar, { languages: [], does: {} });
  const opener = button(el, "Recording and files");
  const list = opener.parentNode.querySelector("[popover]");
  const ways = [
    () => opener.click(),
    () => document.dispatchEvent(event("keydown", { key: "Escape" })),
    () => document.body.dispatchEvent(event("pointerdown")),
  ];
  for (const way of ways) {
    opener.click();
    assert.ok(isOpen(list));
    assert.equal(opener.getAttribute("aria-expanded"), "true");
    list.dispatchEvent(event("pointerdown"));
    document.dispatchEvent(event("keydown", { key: "x" }));
    assert.ok(isOpen(list));
    way();
    assert.ok(!isOpen(list));
    assert.equal(opener.getAttribute("aria-expanded"), "false");
  }
  close();
});
