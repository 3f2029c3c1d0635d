// What each view does with what Python says and the reader does.

import assert from "node:assert/strict";
import { test } from "node:test";

import { event, Model, mount, settled, stopTime } from "./page.js";
import { svgOf } from "./graphviz.js";
import batching from "../../vmlab/widgets/frontend/batching.js";
import controls from "../../vmlab/widgets/frontend/controls.js";
import { entry } from "../../vmlab/widgets/frontend/entry.js";
import { frontend } from "../../vmlab/widgets/frontend/frontend.js";
import diagram from "../../vmlab/widgets/frontend/diagram_view.js";
import maps from "../../vmlab/widgets/frontend/maps_view.js";
import player from "../../vmlab/widgets/frontend/player.js";
import story from "../../vmlab/widgets/frontend/story_strip.js";
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

test("the toolbar tells Python what was pressed, and in which view", () => {
  const { el, model, close } = mount(toolbar, { languages: [], does: { undo: "Undo mmap", go_on: "Drops this call." } });
  button(el, "Undo").click();
  const [{ type, name, view }] = model.sent;
  assert.deepEqual({ type, name }, { type: "press", name: "undo" });
  assert.ok(view);
  assert.equal(button(el, "Undo").title, "Undo mmap");
  assert.equal(button(el, "Redo").getAttribute("aria-disabled"), "true");
  assert.equal(button(el, "Redo").title, "Redo");
  close();
});

test("the toolbar offers other languages by their own names", () => {
  const { el, model, close } = mount(toolbar, { languages: [{ code: "ko", name: "한국어" }], does: {} });
  const choice = el.querySelector('[lang="ko"]');
  assert.equal(choice.textContent, "한국어");
  choice.click();
  const { type, code } = model.sent.at(-1);
  assert.deepEqual({ type, code }, { type: "speak", code: "ko" });
  close();
});

test("Ctrl+Z undoes and Shift+Ctrl+Z redoes, wherever the focus is but in a text field", async () => {
  const explorer = document.createElement("div");
  explorer.className = "vm-explorer";
  document.body.append(explorer);
  const { el, model, close } = mount(toolbar, { languages: [], does: { undo: "Undo mmap", redo: "Redo it" } });
  explorer.append(el);
  await settled();
  const pressed = () => model.sent.filter(({ type }) => type === "press").map(({ name }) => name);
  assert.equal(key(el, "z", { ctrlKey: true }), true);
  assert.equal(key(el, "Z", { ctrlKey: true, shiftKey: true }), true);
  assert.equal(key(el, "z", { metaKey: true }), true);
  assert.ok(el.hasAttribute("data-lm-suppress-shortcuts"), "Jupyter leaves it alone");
  const field = document.createElement("input");
  explorer.append(field);
  assert.equal(key(field, "z", { ctrlKey: true }), false);
  assert.equal(key(el, "z"), false);
  assert.deepEqual(pressed(), ["undo", "redo", "undo"]);
  close();
  explorer.remove();
});

test("the Tab key stops once at a row of buttons, and arrow keys lead along it", () => {
  const { el, close } = mount(toolbar, { languages: [], does: {} });
  const [undo, redo, more] = ["Undo", "Redo", "Recording and files"].map((label) => button(el, label));
  const stops = () => [undo, redo, more].map((node) => node.tabIndex);
  assert.deepEqual(stops(), [0, -1, -1]);
  undo.focus();
  for (const [name, there] of [["ArrowRight", redo], ["End", more], ["ArrowRight", undo], ["ArrowLeft", more]]) {
    key(document.activeElement, name);
    assert.equal(document.activeElement, there);
  }
  assert.deepEqual(stops(), [-1, -1, 0]);
  close();
});

test("the menu says what it would do before it does it", () => {
  const { el, model, close } = mount(toolbar, { languages: [], does: { go_on: "Drops this call." } });
  const choice = (words) => [...el.querySelectorAll(".vm-choice")].find((node) => node.textContent.startsWith(words));
  assert.equal(choice("Continue").querySelector(".vm-does").textContent, "Drops this call.");
  choice("Reset").click();
  assert.deepEqual(model.sent, [], "there is nothing to reset");
  choice("Continue").click();
  assert.equal(model.sent[0].name, "go_on");
  close();
});

test("the toolbar tells when it comes onto a page and when it goes", async () => {
  const { model, close } = mount(toolbar, { languages: [], does: {} });
  await settled();
  close();
  assert.deepEqual(model.sent.map(({ type }) => type), ["shown", "hidden"]);
});

test("the page says whether there is room for two pictures", async () => {
  const explorer = document.createElement("div");
  explorer.className = "vm-explorer";
  document.body.append(explorer);
  const { el, model, close } = mount(toolbar, { languages: [], does: {}, wide: false });
  explorer.append(el);
  await settled();
  const measure = (width) => {
    Object.defineProperty(explorer, "clientWidth", { value: width, configurable: true });
    for (const observer of ResizeObserver.all) observer.tell([{ contentRect: { width } }]);
    return [model.get("wide"), explorer.classList.contains("vm-wide")];
  };
  assert.deepEqual(measure(930), [false, false]);
  assert.deepEqual(measure(1300), [true, true]);
  assert.deepEqual(measure(0), [true, false], "what is not laid out says nothing");
  explorer.classList.add("vm-lecture");
  assert.deepEqual(measure(1900), [false, false], "a lecture shows one picture");
  close();
  explorer.remove();
});

test("a lecture fills the page where the screen cannot be filled, and Esc ends it", async () => {
  const explorer = document.createElement("div");
  explorer.className = "vm-explorer";
  document.body.append(explorer);
  const { el, close } = mount(toolbar, { languages: [], does: {}, wide: false });
  explorer.append(el);
  await settled();
  [...el.querySelectorAll(".vm-choice")].at(-1).click();
  await settled();
  assert.ok(explorer.classList.contains("vm-lecture"));
  assert.ok(explorer.open, "above everything else");
  key(el, "Escape");
  assert.ok(!explorer.classList.contains("vm-lecture"));
  assert.ok(!explorer.open);
  close();
  explorer.remove();
});

test("a file goes to Python in pieces, which together are the file", async () => {
  const { el, model, close } = mount(toolbar, { languages: [], does: {} });
  await settled(); // it said that it is there
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
  const { el, model, close } = mount(toolbar, { languages: [], does: {} });
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
  { name: "fork", does: "make a child", group: "", fields: [] },
  {
    name: "munmap",
    does: "remove a mapping",
    group: "",
    fields: [
      { name: "addr", hint: "0x…", width: 8 },
      { name: "length", width: 8, options: ["1 page", "2 pages"] },
    ],
  },
  { name: "close", does: "close a descriptor", group: "Files", fields: [{ name: "fd", width: 3 }] },
];
const CONTROLS = {
  forms: FORMS,
  texts: { munmap: { addr: "", length: "1 page" }, close: { fd: "3" } },
  processes: [{ pid: 7, label: "7 a.out" }, { pid: 8, label: "8 a.out" }],
  pid: 8,
  chosen: "",
  problem: {},
  note: "",
  answer: {},
};
const run = (el, name) => [...el.querySelectorAll(".vm-run, .vm-choice")].find((node) => node.textContent === name);

test("a call without arguments is made at once", () => {
  const { el, model, close } = mount(controls, { ...CONTROLS });
  assert.equal(el.querySelector("form"), null);
  run(el, "fork").click();
  assert.deepEqual(model.sent, [{ type: "call", name: "fork", texts: {} }]);
  close();
});

test("a call with arguments opens its fields, and is sent with what stands in them", async () => {
  const { el, model, close } = mount(controls, { ...CONTROLS });
  run(el, "munmap").click();
  await settled();
  assert.equal(run(el, "munmap").getAttribute("aria-expanded"), "true");
  const form = el.querySelector('form[aria-label="munmap"]');
  assert.equal(form.textContent.replace(/\s+/g, ""), "munmap(addr,length)");
  const [addr, length] = form.querySelectorAll("input");
  assert.equal(document.activeElement, addr, "the first that is empty");
  assert.deepEqual([addr.value, length.value], ["", "1 page"]);
  addr.value = "0x2000";
  addr.dispatchEvent(event("change"));
  assert.deepEqual(model.get("texts").munmap, { addr: "0x2000", length: "1 page" });
  const call = { type: "call", name: "munmap", texts: { addr: "0x2000", length: "1 page" } };
  form.dispatchEvent(event("submit"));
  run(el, "munmap").click();
  assert.deepEqual(model.sent, [call, call], "Enter or its button once more");
  key(addr, "Escape");
  assert.equal(el.querySelector("form"), null);
  assert.equal(document.activeElement, run(el, "munmap"));
  close();
});

test("keys of an input method are not the call's: it is made when the letters are done", async () => {
  const { el, model, close } = mount(controls, { ...CONTROLS });
  run(el, "munmap").click();
  await settled();
  const form = el.querySelector("form");
  let submitted = 0;
  form.requestSubmit = () => submitted++;
  const field = form.querySelector("input");
  for (const at_work of [{ isComposing: true }, { keyCode: 229 }]) {
    assert.equal(key(field, "Enter", at_work), false, "it ends a syllable");
    assert.equal(key(field, "Escape", at_work), false, "it takes a syllable back");
  }
  assert.equal(submitted, 0);
  assert.equal(model.get("chosen"), "munmap");
  key(field, "Enter");
  assert.equal(submitted, 1);
  close();
});

test("processes that are folded away are counted, and cannot be chosen", () => {
  const { el, close } = mount(controls, {
    ...CONTROLS,
    processes: [{ pid: 7, label: "7 a.out" }, { pid: 0, label: "... 90 more ..." }, { pid: 8, label: "8 a.out" }],
  });
  const options = [...el.querySelectorAll("option")].filter((option) => /more|a\.out/.test(option.textContent));
  assert.deepEqual(options.map((option) => option.hasAttribute("disabled")), [false, true, false]);
  close();
});

test("the rarer calls stand in a menu, where arrow keys lead", () => {
  const { el, model, close } = mount(controls, { ...CONTROLS });
  const more = button(el, "More calls");
  more.click();
  assert.equal(document.activeElement, run(el, "close"));
  key(document.activeElement, "ArrowDown");
  assert.equal(document.activeElement, run(el, "close"), "there is no other");
  run(el, "close").click();
  assert.equal(model.get("chosen"), "close");
  assert.equal(more.getAttribute("aria-expanded"), "false");
  assert.equal(el.querySelector("form input").value, "3");
  assert.ok(more.classList.contains("vm-open"));
  close();
});

test("what Python fills in is seen in the open fields", async () => {
  const { el, model, close } = mount(controls, { ...CONTROLS, chosen: "munmap" });
  model.set("texts", { ...CONTROLS.texts, munmap: { addr: "0x1000", length: "2 pages" } });
  await settled();
  assert.deepEqual([...el.querySelectorAll("input")].map((input) => input.value), ["0x1000", "2 pages"]);
  assert.ok(el.querySelector("input.vm-filled"));
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
  const problem = { call: "munmap", field: "addr", words: "no address" };
  const { el, model, close } = mount(controls, { ...CONTROLS, chosen: "munmap", problem });
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
  model.set("answer", { call: "", answer: "", outcome: "none", words: "fork is undone." });
  await settled();
  assert.equal(shown(), "fork is undone.");
  close();
});

// --- text of /proc/PID/maps

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

// --- story

const STORY = {
  ...AT,
  marks: [1, 6],
  step: 5,
  rest: "",
  headline: "fork: 8 shares 3 frames with 7.",
  chapters: [{ title: "The call", first: 1, last: 1 }, { title: "Pages are shared", first: 2, last: 4 }, { title: "The answer", first: 5, last: 5 }],
  chapter: 2,
  stops: [4, 6],
  by_steps: false,
  path: ["do_fork"],
  event: "sys_exit",
  sentence: "fork answers 8.",
  history: {},
};

test("the story has a headline and chapters, one of which is shown", async () => {
  const { el, model, close } = mount(story, { ...STORY });
  assert.equal(el.querySelector(".vm-headline").textContent, STORY.headline);
  const chips = [...el.querySelectorAll(".vm-chip")];
  const current = () => chips.filter((chip) => chip.getAttribute("aria-current") === "step").map((chip) => chip.textContent);
  assert.deepEqual(chips.map((chip) => chip.textContent), ["The call", "Pages are shared", "The answer"]);
  assert.deepEqual(current(), ["The answer"]);
  chips[1].click();
  assert.equal(model.get("step"), 4, "where it ends");
  model.set("chapter", 1);
  await settled();
  assert.deepEqual(current(), ["Pages are shared"]);
  assert.equal(el.querySelector(".vm-panel").hidden, true);
  close();
});

test("keys and buttons lead from chapter to chapter, and from call to call", () => {
  const { el, model, close } = mount(story, { ...STORY });
  const lead = (act, step = 5) => {
    model.set("step", step);
    act();
    return model.get("step");
  };
  assert.equal(lead(() => button(el, "Previous chapter").click()), 4);
  assert.equal(lead(() => button(el, "Next chapter").click()), 6);
  assert.equal(lead(() => key(el, "ArrowLeft")), 4);
  assert.equal(lead(() => key(el, "ArrowRight")), 6);
  assert.equal(lead(() => key(el, "PageUp")), 0, "where the call before ended");
  assert.equal(lead(() => key(el, "PageUp"), 7), 5);
  assert.equal(lead(() => key(el, "PageDown"), 3), 5, "where this call ends");
  assert.equal(lead(() => key(el, "PageDown")), 9, "where the next one ends");
  assert.equal(lead(() => key(el, "Home")), 0);
  assert.equal(lead(() => key(el, "End")), 9);
  close();
});

test("with the steps open, keys and buttons lead from step to step", async () => {
  const { el, model, close } = mount(story, { ...STORY });
  const toggle = [...el.querySelectorAll(".vm-link")].find((node) => node.textContent.startsWith("all 5 steps"));
  toggle.click();
  await settled();
  assert.equal(toggle.getAttribute("aria-expanded"), "true");
  assert.equal(el.querySelector(".vm-panel").hidden, false);
  assert.deepEqual([...el.querySelectorAll(".vm-path li")].map((item) => item.textContent), ["do_fork", "sys_exit"]);
  assert.equal(el.querySelector(".vm-sentence").textContent, STORY.sentence);
  model.set("step", 3);
  button(el, "Next step").click();
  assert.equal(model.get("step"), 4);
  key(el, "ArrowLeft");
  assert.equal(model.get("step"), 3);
  close();
});

test("the Tab key stops at the chapter that is shown, and the focus goes with it", async () => {
  const { el, model, close } = mount(story, { ...STORY });
  const chips = [...el.querySelectorAll(".vm-chip")];
  assert.deepEqual(chips.map((chip) => chip.tabIndex), [-1, -1, 0]);
  chips[2].focus();
  key(chips[2], "ArrowLeft");
  model.set("chapter", 1);
  await settled();
  assert.equal(document.activeElement, chips[1]);
  assert.deepEqual(chips.map((chip) => chip.tabIndex), [-1, 0, -1]);
  close();
});

test("the last call is played by chapters, to its end", async (t) => {
  const pass = stopTime(t);
  const next = () => new Promise((done) => queueMicrotask(done));
  const { el, model, close } = mount(story, { ...STORY, count: 6 });
  button(el, "Play").click();
  await next();
  const seen = [model.get("step")];
  for (const stops of [[0, 4], [1, 5], [4, 5], [4, 5]]) {
    model.set("stops", stops);
    pass(500);
    await next();
    seen.push(model.get("step"));
  }
  assert.deepEqual(seen, [1, 4, 5, 5, 5]);
  assert.equal(model.get("playing"), false);
  close();
});

test("the past calls are asked for when they are wanted, and lead there", async () => {
  const { el, model, close } = mount(story, { ...STORY });
  button(el, "All calls so far").click();
  assert.deepEqual(model.sent, [{ type: "history", pid: 0, count: 200 }]);
  const calls = [{ at: 9, call: "7 brk(0) = 0", headline: "The heap ends there." }, { at: 5, call: "7 fork() = 8", headline: STORY.headline }];
  model.set("history", { calls, pids: [7, 8], more: 3 });
  await settled();
  const rows = [...el.querySelectorAll(".vm-call-list .vm-choice")];
  assert.deepEqual(rows.map((row) => row.textContent), [
    "7 brk(0) = 0The heap ends there.", `7 fork() = 8${STORY.headline}`, "Show 3 earlier calls",
  ]);
  assert.equal(document.activeElement, rows[1], "the call that is shown");
  const chooser = el.querySelector(".vm-calls select");
  chooser.value = "8";
  chooser.dispatchEvent(event("change"));
  rows[2].click();
  assert.deepEqual(model.sent.slice(1), [
    { type: "history", pid: 8, count: 200 },
    { type: "history", pid: 8, count: 400 },
  ]);
  rows[0].click();
  assert.equal(model.get("step"), 9);
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
  without_menu: [],
  highlight: ["vma_2"],
  tabs: [],
  tab: "",
  lacking: false,
  elsewhere: [],
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

test("a picture that lacks the step offers those that show it", async () => {
  const tabs = ["One", "Two", "Three"];
  const { el, model, close } = mount(diagram, { ...DIAGRAM, tabs, tab: "One" });
  const line = el.querySelector(".vm-elsewhere");
  assert.equal(line.textContent, "");
  model.set("lacking", true);
  model.set("elsewhere", ["Three"]);
  await settled();
  assert.equal(line.textContent, "Not in this picture. Shown in:Three");
  line.querySelector("button").click();
  assert.equal(model.get("tab"), "Three");
  assert.equal(document.activeElement.textContent, "Three");
  model.set("elsewhere", []);
  await settled();
  assert.equal(line.textContent, "The step is not in this picture.");
  model.set("lacking", false);
  await settled();
  assert.equal(line.textContent, "");
  close();
});

test("the menu of an object is asked for, offered, and what is chosen is told", async () => {
  const { el, model, close } = mount(diagram, { ...DIAGRAM });
  const list = el.querySelector(".vm-menu[popover=manual]");
  const target = object(el, "vma_1");
  const ways = [
    () => assert.ok(key(target, "m")),
    () => assert.ok(key(target, "F10", { shiftKey: true })),
    () => target.dispatchEvent(event("contextmenu", { clientX: 5, clientY: 5 })),
    () => {
      target.dispatchEvent(event("pointerover"));
      button(el, "What can be done here").click();
    },
  ];
  for (const ask of ways) {
    model.sent.length = 0;
    ask();
    assert.deepEqual(model.sent, [{ type: "menu", id: "vma_1" }]);
    model.tell({ type: "menu", id: "vma_2", items: [["x", "another object"]] });
    assert.ok(!list.open);
    model.tell({ type: "menu", id: "vma_1", items: [["munmap", "Unmap it"], ["load", "Read it"]] });
    assert.ok(list.open);
    assert.equal(document.activeElement.textContent, "Unmap it");
    key(document.activeElement, "ArrowUp");
    assert.equal(document.activeElement.textContent, "Read it");
    document.activeElement.click();
    assert.ok(!list.open);
    assert.deepEqual(model.sent.at(-1), { type: "choose", id: "vma_1", choice: "load" });
    assert.equal(document.activeElement, target, "the keyboard is where it was");
  }
  model.set("menus", []);
  model.sent.length = 0;
  key(target, "m");
  assert.deepEqual(model.sent, [], "there is none");
  close();
});

test("an object that has no menu gets no handle, and no word about one", () => {
  const { el, close } = mount(diagram, { ...DIAGRAM, without_menu: ["vma_1"] });
  const handle = button(el, "What can be done here");
  object(el, "vma_1").dispatchEvent(event("pointerover"));
  assert.equal(handle.hidden, true);
  assert.equal(el.querySelector(".vm-status").textContent, "a");
  object(el, "vma_2").dispatchEvent(event("pointerover"));
  assert.equal(handle.hidden, false);
  close();
});

test("Python leads the focus to the first of some objects that is in the picture", async () => {
  const { el, model, close } = mount(diagram, { ...DIAGRAM });
  model.tell({ type: "focus", ids: ["vma_9", "vma_2", "vma_1"] });
  await settled();
  assert.equal(document.activeElement, object(el, "vma_2"));
  model.tell({ type: "focus", ids: ["vma_9"] });
  await settled();
  assert.equal(document.activeElement, object(el, "vma_2"), "none is there");
  close();
});

test("what is pointed at stays named, and is asked about again when the picture changes", async (t) => {
  const { el, model, close } = mount(diagram, { ...DIAGRAM });
  object(el, "vma_1").dispatchEvent(event("pointerover"));
  const pass = stopTime(t);
  model.set("svg", svgOf('digraph { graph [id=p]; a [id="vma_1"] }'));
  await new Promise((done) => queueMicrotask(done));
  assert.equal(el.querySelector(".vm-status").textContent, "a · click: fill in its address");
  pass(100);
  assert.deepEqual(model.sent, [{ type: "hover", id: "vma_1" }]);
  model.set("svg", svgOf('digraph { graph [id=p]; b [id="vma_2"] }'));
  await new Promise((done) => queueMicrotask(done));
  pass(100);
  assert.deepEqual(model.sent.at(-1), { type: "hover", id: "" }, "it is gone");
  close();
});

test("Escape, a press elsewhere and another focus close the menu of an object", () => {
  const { el, model, close } = mount(diagram, { ...DIAGRAM });
  const list = el.querySelector(".vm-menu[popover=manual]");
  for (const leave of [
    () => key(document.activeElement, "Escape"),
    () => document.body.dispatchEvent(event("pointerdown")),
    () => button(el, "Zoom in").focus(),
  ]) {
    key(object(el, "vma_1"), "m");
    model.tell({ type: "menu", id: "vma_1", items: [["load", "Read it"]] });
    assert.ok(list.open);
    leave();
    assert.ok(!list.open);
  }
  close();
});

test("pointing at an object lights the arrows that belong to it", () => {
  const { el, close } = mount(diagram, { ...DIAGRAM });
  const edge = el.querySelector(".edge");
  const point = (id, related) => document.dispatchEvent(new CustomEvent("vmlab:hover", { detail: { id, related } }));
  const lit = (id, related = []) => (point(id, related), edge.classList.contains("vm-lit"));
  assert.equal(lit("vma_1"), false);
  assert.equal(lit("vma_1", ["edge_1_2"]), true);
  assert.equal(lit("vma_1", ["1_2"]), true, "an arrow is called after what it belongs to");
  assert.equal(lit(""), false);
  close();
});

test("a picture fills the window, and Escape brings it back", () => {
  const { el, close } = mount(diagram, { ...DIAGRAM, headline: "fork: two processes." });
  const frame = el.querySelector(".vm-frame");
  const target = object(el, "vma_1");
  target.focus();
  key(target, "f");
  assert.ok(frame.open && frame.hasAttribute("popover"));
  assert.equal(el.querySelector(".vm-picture-headline").textContent, "fork: two processes.");
  assert.equal(document.activeElement, target);
  key(target, "Escape");
  assert.ok(!frame.open && !frame.hasAttribute("popover"));
  button(el, "Fill the window (f)").click();
  assert.ok(frame.open);
  close();
});

test("a view waits for the code that all share, whichever comes first", async () => {
  const told = [];
  const shared = { player: { initialize: () => told.push("begun"), render: () => told.push("shown") } };
  for (const [id, early] of [["IPY_MODEL_a", true], ["IPY_MODEL_b", false]]) {
    told.length = 0;
    const come = () => frontend(shared).initialize({ model: new Model({ key: id }) });
    if (early) come();
    const view = entry("player");
    const model = new Model({ _frontend: id });
    view.initialize({ model });
    const shown = view.render({ model, el: document.createElement("div") });
    await settled();
    assert.deepEqual(told, early ? ["begun", "shown"] : []);
    if (!early) come();
    await shown;
    assert.deepEqual(told, ["begun", "shown"]);
  }
});

test("a view is shown anew in another language, by the code that has its words", async () => {
  const told = [];
  const shared = (language) => ({
    player: {
      render: ({ el }) => {
        el.append(language);
        return () => told.push(`${language} ends`);
      },
    },
  });
  for (const language of ["English", "Latin"]) {
    frontend(shared(language)).initialize({ model: new Model({ key: `IPY_MODEL_${language}` }) });
  }
  const model = new Model({ _frontend: "IPY_MODEL_English" });
  const el = document.createElement("div");
  const end = await entry("player").render({ model, el });
  assert.equal(el.textContent, "English");
  model.set("_frontend", "IPY_MODEL_Latin");
  model.set("_frontend", "IPY_MODEL_English");
  model.set("_frontend", "IPY_MODEL_Latin");
  await settled();
  assert.equal(el.textContent, "Latin", "once, however often it was changed");
  assert.deepEqual(told, ["English ends"]);
  end();
  assert.deepEqual(told, ["English ends", "Latin ends"]);
  model.set("_frontend", "IPY_MODEL_English");
  await settled();
  assert.equal(el.textContent, "Latin");
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
