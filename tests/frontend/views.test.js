// What each view does with what Python says and the reader does.

import assert from "node:assert/strict";
import { test } from "node:test";

import { event, Model, mount, settled, stopTime } from "./page.js";
import { svgOf } from "./graphviz.js";
import batching from "../../vmlab/widgets/frontend/batching.js";
import controls from "../../vmlab/widgets/frontend/controls.js";
import diagram from "../../vmlab/widgets/frontend/diagram_view.js";
import maps from "../../vmlab/widgets/frontend/maps_view.js";
import narration from "../../vmlab/widgets/frontend/narration.js";
import player from "../../vmlab/widgets/frontend/player.js";
import toolbar from "../../vmlab/widgets/frontend/toolbar.js";

const key = (target, name, more = {}) => {
  const pressed = event("keydown", { key: name, ...more });
  target.dispatchEvent(pressed);
  return pressed.defaultPrevented;
};
const button = (el, label) => el.querySelector(`button[aria-label="${label}"]`);

// --- player

const AT = { step: 3, count: 10, playing: false, speed: 2, speeds: [1, 2], marks: [1, 4, 8] };

test("the player's buttons and keys go through the steps", () => {
  const { el, model, close } = mount(player, { ...AT });
  const steps = [];
  for (const label of ["Next step", "Next step", "Previous step", "Last step", "Next step", "First step"]) {
    button(el, label).click();
    steps.push(model.get("step"));
  }
  assert.deepEqual(steps, [4, 5, 4, 9, 9, 0]);
  const keys = ["ArrowRight", "PageDown", "PageDown", "PageUp", "End", "PageDown", "Home", "PageUp", "ArrowLeft"];
  assert.deepEqual(keys.map((name) => (key(el, name), model.get("step"))), [1, 4, 8, 4, 9, 9, 0, 0, 0]);
  assert.equal(key(el, "ArrowRight", { ctrlKey: true }), false);
  assert.equal(key(el, "x"), false);
  assert.equal(key(el.querySelector("select"), "ArrowRight"), false, "it chooses a speed");
  assert.equal(model.get("step"), 0);
  close();
});

test("the player plays to the end and stops", async (t) => {
  const pass = stopTime(t);
  const next = () => new Promise((done) => queueMicrotask(done));
  const { el, model, close } = mount(player, { ...AT, step: 7 });
  button(el, "Play").click();
  await next();
  assert.ok(button(el, "Pause"));
  const steps = [];
  for (let i = 0; i < 4; i++) {
    pass(500);
    await next();
    steps.push(model.get("step"));
  }
  assert.deepEqual(steps, [8, 9, 9, 9]);
  assert.equal(model.get("playing"), false);
  button(el, "Play").click();
  assert.equal(model.get("step"), 0, "at the end it begins again");
  close();
});

test("the player says where it is, and moves nothing without a kernel", async () => {
  const { el, model, close } = mount(player, { ...AT });
  const slider = el.querySelector("input");
  assert.equal(slider.getAttribute("aria-valuetext"), "step 3 of 9");
  assert.equal(el.querySelectorAll(".vm-ticks i").length, 3);
  model.set("marks", Array.from({ length: 200 }, (_, i) => i));
  await settled();
  assert.equal(el.querySelectorAll(".vm-ticks i").length, 0, "so many would be a grey bar");
  el.classList.add("jupyter-widgets-disconnected");
  button(el, "Next step").click();
  assert.equal(model.get("step"), 3);
  close();
});

// --- toolbar

test("the toolbar tells Python what was pressed, and in which view", async () => {
  const { el, model, close } = mount(toolbar, { does: { undo: "Undo mmap" }, said: "", problem: "" });
  button(el, "Undo").click();
  const [{ type, name, view }] = model.sent;
  assert.deepEqual({ type, name }, { type: "press", name: "undo" });
  assert.ok(view);
  assert.equal(button(el, "Undo").title, "Undo mmap");
  assert.equal(button(el, "Redo").getAttribute("aria-disabled"), "true");
  assert.equal(button(el, "Redo").title, "Redo");
  model.set("problem", "Not saved.");
  await settled();
  assert.equal(el.querySelector(".vm-said").textContent, "Not saved.");
  assert.ok(el.querySelector(".vm-said.vm-wrong"));
  close();
});

test("a file goes to Python in pieces, which together are the file", async () => {
  const { el, model, close } = mount(toolbar, { does: {}, said: "", problem: "" });
  const input = el.querySelector("input");
  Object.defineProperty(input, "value", { set: () => {} });
  for (const size of [0, 5, 1 << 20, (1 << 21) + 7]) {
    const text = "0123456789".repeat(size / 10 + 1).slice(0, size);
    Object.defineProperty(input, "files", { value: [{ name: "a.json", size, text: async () => text }], configurable: true });
    model.sent.length = 0;
    input.dispatchEvent(event("change"));
    await settled();
    assert.equal(model.sent.map(({ piece }) => piece).join(""), text);
    assert.deepEqual(model.sent.map(({ first }) => first), model.sent.map((_, i) => i === 0));
    assert.deepEqual(model.sent.map(({ last }) => last), model.sent.map((_, i) => i === model.sent.length - 1));
    assert.ok(model.sent.every(({ piece }) => piece.length <= 1 << 20));
  }
  close();
});

test("a file from Python is saved by the view that asked for it", (t) => {
  stopTime(t); // the file is let go later
  const { el, model, close } = mount(toolbar, { does: {}, said: "", problem: "" });
  const saved = [];
  globalThis.URL.createObjectURL = (blob) => (saved.push(blob), "blob:");
  window.HTMLAnchorElement.prototype.click = function () {
    saved.push(this.download);
  };
  button(el, "Undo").click();
  const [{ view }] = model.sent;
  model.tell({ type: "file", view: "another", name: "b.txt", text: "b" });
  model.tell({ type: "file", view, name: "a.json", text: "{}" });
  assert.deepEqual(saved.slice(1), ["a.json"]);
  assert.equal(saved[0].type, "application/json");
  close();
});

// --- controls

const FORMS = [
  { name: "fork", does: "make a child", fields: [] },
  {
    name: "munmap",
    does: "remove a mapping",
    fields: [
      { name: "addr", hint: "0x…", width: 8, options: [] },
      { name: "length", hint: "", width: 8, options: ["1 page", "2 pages"] },
    ],
  },
];
const CONTROLS = {
  forms: FORMS,
  texts: { munmap: { addr: "0x1000", length: "1 page" } },
  processes: [{ pid: 7, label: "7 a.out" }, { pid: 8, label: "8 a.out" }],
  pid: 8,
  problem: {},
  note: "",
  answer: {},
};

test("a call is sent with what stands in its fields", () => {
  const { el, model, close } = mount(controls, { ...CONTROLS });
  const form = el.querySelector('form[aria-label="munmap"]');
  assert.equal(form.textContent.replace(/\s+/g, ""), "munmap(addr,length)");
  const [addr, length] = form.querySelectorAll("input");
  assert.deepEqual([addr.value, length.value], ["0x1000", "1 page"]);
  addr.value = "0x2000";
  addr.dispatchEvent(event("change"));
  assert.deepEqual(model.get("texts").munmap, { addr: "0x2000", length: "1 page" });
  form.dispatchEvent(event("submit"));
  assert.deepEqual(model.sent, [{ type: "call", name: "munmap", texts: { addr: "0x2000", length: "1 page" } }]);
  close();
});

test("a process is chosen by its pid", () => {
  const { el, model, close } = mount(controls, { ...CONTROLS });
  const chooser = el.querySelector("select");
  assert.equal(chooser.value, "8");
  chooser.value = "7";
  chooser.dispatchEvent(event("change"));
  assert.equal(model.get("pid"), 7);
  close();
});

test("a field that cannot be read is marked, and only as long as it cannot", async () => {
  const { el, model, close } = mount(controls, { ...CONTROLS, problem: { call: "munmap", field: "addr", words: "no address" } });
  const [addr, length] = el.querySelectorAll("input");
  assert.equal(addr.getAttribute("aria-invalid"), "true");
  const told = document.getElementById(addr.getAttribute("aria-describedby"));
  assert.equal(told.textContent, "no address");
  assert.equal(length.hasAttribute("aria-invalid"), false);
  model.set("problem", {});
  await settled();
  assert.equal(addr.hasAttribute("aria-invalid"), false);
  assert.equal(told.textContent, "");
  close();
});

test("an answer is shown as strace shows it", async () => {
  const { el, model, close } = mount(controls, { ...CONTROLS, answer: { call: "fork()", answer: "9", outcome: "good", words: "" } });
  const shown = () => el.querySelector(".vm-answer").textContent;
  assert.equal(shown(), "✓fork() = 9");
  model.set("answer", { call: "read(0)", answer: "SIGSEGV", outcome: "signal", words: "nothing is mapped" });
  await settled();
  assert.equal(shown(), "⚡read(0) → SIGSEGV · nothing is mapped");
  close();
});

// --- text of /proc/PID/maps, narration

test("lines that stay as they are keep their elements, and are said to have changed", async () => {
  const line = (id, change = "") => ({ id, text: id, change });
  const { el, model, close } = mount(maps, { title: "/proc/1/maps", lines: [line("a"), line("b", "new")] });
  const rows = () => [...el.querySelectorAll(".vm-line")];
  const [a, b] = rows();
  assert.deepEqual([a.textContent, b.textContent], [" a\n", "+new: b\n"]);
  model.set("lines", [line("c", "gone"), line("a"), line("b")]);
  await settled();
  assert.equal(rows()[1], a);
  assert.notEqual(rows()[2], b);
  rows()[1].dispatchEvent(event("click", { shiftKey: true }));
  assert.deepEqual(model.sent, [{ type: "click", id: "a", shift: true }]);
  close();
});

test("the narration tells the path of functions, the event and the sentence", async () => {
  const { el, model, close } = mount(narration, { path: ["do_mmap"], event: "vma_link", sentence: "A region." });
  const shown = () => [...el.querySelectorAll("li")].map((item) => item.textContent);
  assert.deepEqual(shown(), ["do_mmap", "vma_link"]);
  model.set("event", "");
  await settled();
  assert.deepEqual(shown(), ["do_mmap"]);
  assert.equal(el.querySelector(".vm-sentence").textContent, "A region.");
  close();
});

// --- diagram

const DIAGRAM = {
  svg: svgOf('digraph { graph [id=p]; a [id="vma_1"]; b [id="vma_2"]; a -> b [id="edge_1_2"] }'),
  label: "Picture",
  description: "",
  hint: "Click something.",
  announcement: "",
  hints: { vma: "click: fill in its address" },
  menus: ["vma"],
  highlight: ["vma_2"],
  tabs: [],
  tab: "",
  duration: 0,
};
const object = (el, id) => el.querySelector(`[data-vm-id="${id}"]`);

test("objects are clicked, double-clicked, and chosen by keyboard", () => {
  const { el, model, close } = mount(diagram, { ...DIAGRAM });
  object(el, "vma_1").dispatchEvent(event("click", { detail: 1 }));
  object(el, "vma_1").dispatchEvent(event("click", { detail: 2, shiftKey: true }));
  key(object(el, "vma_2"), "Enter");
  el.querySelector(".vm-stage").dispatchEvent(event("click", { detail: 1 }));
  assert.deepEqual(model.sent, [
    { type: "click", id: "vma_1", shift: false },
    { type: "double_click", id: "vma_1", shift: true },
    { type: "click", id: "vma_2", shift: false },
  ]);
  close();
});

test("one object is the tab stop, and what the step is about is told", async () => {
  const { el, model, close } = mount(diagram, { ...DIAGRAM });
  const stops = () => [...el.querySelectorAll('[data-vm-id][tabindex="0"]')].map((element) => element.dataset.vmId);
  const current = () => [...el.querySelectorAll('[aria-current="step"]')].map((element) => element.dataset.vmId);
  assert.equal(stops().length, 1);
  assert.deepEqual(current(), ["vma_2"]);
  model.set("highlight", []);
  await settled();
  assert.deepEqual(current(), []);
  close();
});

test("what is pointed at is named, with what a click does", () => {
  const { el, close } = mount(diagram, { ...DIAGRAM });
  const status = el.querySelector(".vm-status");
  assert.equal(status.textContent, "Click something.");
  object(el, "vma_1").dispatchEvent(event("pointerover"));
  assert.equal(status.textContent, "a · click: fill in its address");
  el.querySelector(".vm-stage").dispatchEvent(event("pointerleave"));
  assert.equal(status.textContent, "Click something.");
  close();
});

test("a picture is told in words: Python's, else the names of its objects", async () => {
  const { el, model, close } = mount(diagram, { ...DIAGRAM });
  const words = el.querySelector(".vm-words");
  assert.equal(words.textContent, "Picture\na\nb");
  model.set("description", "Two regions.");
  await settled();
  assert.equal(words.textContent, "Two regions.");
  close();
});

test("a new picture keeps the elements, and says so when there is none", async () => {
  const { el, model, close } = mount(diagram, { ...DIAGRAM });
  const kept = object(el, "vma_1");
  model.set("svg", svgOf('digraph { graph [id=p]; a [id="vma_1"] }'));
  await settled();
  assert.equal(object(el, "vma_1"), kept);
  assert.equal(object(el, "vma_2"), null);
  model.set("svg", "");
  await settled();
  assert.equal(el.querySelector(".vm-stage").textContent, "No picture yet.");
  model.set("svg", DIAGRAM.svg);
  await settled();
  assert.ok(object(el, "vma_2"));
  close();
});

test("tabs choose a picture, by mouse and by arrow keys", async () => {
  const { el, model, close } = mount(diagram, { ...DIAGRAM, tabs: ["One", "Two"], tab: "One" });
  const [one, two] = el.querySelectorAll("[role=tab]");
  assert.deepEqual([one.tabIndex, two.tabIndex], [0, -1]);
  two.click();
  await settled();
  assert.equal(model.get("tab"), "Two");
  assert.equal(two.getAttribute("aria-selected"), "true");
  two.focus();
  key(two, "ArrowRight");
  assert.equal(model.get("tab"), "One");
  assert.equal(document.activeElement, one);
  close();
});

test("a view that is gone listens no more", () => {
  const before = ResizeObserver.all.size;
  const { model, close } = mount(diagram, { ...DIAGRAM });
  assert.ok(ResizeObserver.all.size > before);
  close();
  assert.equal(ResizeObserver.all.size, before);
  assert.equal([...model.handlers.values()].every((handlers) => handlers.size === 0), true);
});

// --- several views in one message

test("what changed in several views is taken out of one message", async () => {
  const models = { a: new Model(), b: new Model() };
  for (const [id, model] of Object.entries(models)) {
    Object.assign(model, { model_id: id, set_state: (state) => Object.assign(model.traits, state) });
  }
  const post = new Model();
  post.widget_manager = { get_model: async (id) => models[id] };
  const end = batching.initialize({ model: post });
  assert.deepEqual(post.sent, [{ type: "ready" }]);
  post.tell({ type: "states", states: { a: { step: 1 }, b: { sentence: "one" } } });
  post.tell({ type: "something else" });
  await settled();
  assert.deepEqual([models.a.traits, models.b.traits], [{ step: 1 }, { sentence: "one" }]);
  end();
  post.tell({ type: "states", states: { a: { step: 2 } } });
  await settled();
  assert.equal(models.a.traits.step, 1);
});
