// The views of a program: its source and buttons, its variables, its console.

import assert from "node:assert/strict";
import { test } from "node:test";

import { event, mount, settled } from "./page.js";
import { colours } from "../../vmlab/widgets/frontend/c_text.js";
import consoleView from "../../vmlab/widgets/frontend/console_view.js";
import source from "../../vmlab/widgets/frontend/source_view.js";
import variables from "../../vmlab/widgets/frontend/variables_view.js";

const HOW = ["line", "syscall", "fault", "end", "all"];
const SOURCE = {
  file: "a.c",
  lines: ["int main(void)", "{", "    int i = 0;", "    i++;", "    return i;", "}"],
  with_code: [3, 4, 5],
  line: 4,
  at: true,
  counts: { 3: [1, 0, 0, true], 4: [12, 2, 4096, false] },
  status: "Stopped at a.c:4.",
  tone: "good",
  lacking: "",
  can: [...HOW, "to"],
};
const rowsOf = (el) => [...el.querySelectorAll("tbody tr")];
const press = (el, words) => [...el.querySelectorAll(".vm-run-bar button")].find((node) => node.textContent === words).click();
const key = (target, name) => target.dispatchEvent(event("keydown", { key: name }));

test("the line that runs is marked by more than a colour", async () => {
  const { el, model, close } = mount(source, { ...SOURCE });
  const now = () => rowsOf(el).filter((row) => row.getAttribute("aria-current") === "step").map((row) => row.textContent.trim());
  assert.equal(now().length, 1);
  assert.match(now()[0], /^▶runs now:4/);
  model.set("line", 5);
  model.set("at", false);
  await settled();
  assert.match(now()[0], /^▷called what runs now:5/);
  model.set("line", 0);
  await settled();
  assert.deepEqual(now(), []);
  close();
});

test("buttons and line numbers say how far the program is to run", () => {
  const { el, model, close } = mount(source, { ...SOURCE });
  for (const how of HOW) press(el, how);
  press(el, "stop"); // nothing runs
  assert.deepEqual(model.sent, HOW.map((how) => ({ type: "run", how })));
  model.sent.length = 0;
  for (const label of el.querySelectorAll("tbody .vm-line-number")) label.click();
  assert.deepEqual(model.sent, [3, 4, 5].map((how) => ({ type: "run", how })));
  close();
});

test("while it runs there is only the stop button", async () => {
  const { el, model, close } = mount(source, { ...SOURCE, can: ["stop"] });
  for (const words of [...HOW, "stop"]) press(el, words);
  el.querySelector("[data-line]").click();
  assert.deepEqual(model.sent, [{ type: "stop" }]);
  assert.equal(el.querySelector("[role=status]").textContent, "It stops ...");
  model.set("can", [...HOW, "to"]);
  await settled();
  assert.equal(el.querySelector("[role=status]").textContent, SOURCE.status);
  close();
});

test("arrow keys lead from line to line where a program can stop", () => {
  const { el, close } = mount(source, { ...SOURCE });
  const stops = [...el.querySelectorAll("[data-line]")];
  assert.deepEqual(stops.map((label) => label.tabIndex), [-1, 0, -1]);
  stops[1].focus();
  const led = ["ArrowDown", "ArrowDown", "ArrowUp", "Home", "ArrowUp", "End"].map((name) => {
    key(document.activeElement, name);
    return document.activeElement.dataset.line;
  });
  assert.deepEqual(led, ["5", "5", "4", "3", "3", "5"]);
  close();
});

test("the margin counts what each line cost", async () => {
  const { el, model, close } = mount(source, { ...SOURCE });
  const margin = () => rowsOf(el).map((row) => [...row.querySelectorAll(".vm-tally")].map((cell) => cell.textContent).join("|"));
  assert.deepEqual(margin(), ["||", "||", "1||", "12|2|4.0K+", "||", "||"]);
  assert.equal(rowsOf(el)[3].querySelector(".vm-bytes").title, "4096+ bytes");
  assert.ok(el.querySelector("table").classList.contains("vm-has-bytes"));
  model.set("counts", {});
  await settled();
  assert.deepEqual(new Set(margin()), new Set(["||"]));
  assert.ok(!el.querySelector("table").classList.contains("vm-has-bytes"));
  close();
});

test("the line that runs is brought into view, and the page does not move", async () => {
  const { el, model, close } = mount(source, { ...SOURCE, line: 3 });
  const scroller = el.querySelector(".vm-source-lines");
  Object.defineProperty(scroller, "clientHeight", { value: 40 });
  rowsOf(el).forEach((row, i) => Object.defineProperty(row, "offsetTop", { value: 1000 * i }));
  model.set("line", 5);
  await settled();
  assert.ok(scroller.scrollTop > 3000 && scroller.scrollTop < 4000);
  close();
});

test("C is shown in colours, and all of its text", () => {
  const lines = ['#include <a.h> // "x"', 'char *s = "/* no */"; /* a', "b */ int c; // d", "'\\'' + 1"];
  const parts = colours(lines);
  const text = (line) => line.map((part) => part.textContent ?? part).join("");
  assert.deepEqual(parts.map(text), lines);
  const coloured = parts.map((line) => line.filter((part) => part.className).map((part) => `${part.className.slice(5)} ${part.textContent}`));
  assert.deepEqual(coloured, [
    ["macro #include", 'comment // "x"'],
    ["word char", 'string "/* no */"', "comment /* a"],
    ["comment b */", "word int", "comment // d"],
    ["string '\\''"],
  ]);
});

const VARIABLES = {
  stack: ["twice a.c:3", "main a.c:9"],
  depth: 0,
  note: "",
  chosen: "",
  rows: [
    { id: "pte_1_1000", ids: ["pte_1_1000", "vma_1_1000", "pfn_7"], name: "n", type: "int", value: "3", addr: "0x1000", region: "stack", frame: "7", scope: "twice" },
    { id: "", ids: [], name: "r", type: "int", value: "", addr: "in a register", region: "", frame: "", scope: "" },
  ],
};

test("a variable is the object of its page", async () => {
  const { el, model, close } = mount(variables, structuredClone(VARIABLES));
  const [first, second] = rowsOf(el);
  first.querySelector("button").click();
  assert.deepEqual(model.sent, [{ type: "click", id: "pte_1_1000" }]);
  assert.equal(second.querySelector("button"), null);
  document.dispatchEvent(new CustomEvent("vmlab:hover", { detail: { id: "pfn_7", related: [] } }));
  assert.ok(first.classList.contains("vm-lit"));
  assert.ok(!second.classList.contains("vm-lit"));
  model.set("chosen", "vma_1_1000");
  await settled();
  assert.equal(first.querySelector("button").getAttribute("aria-pressed"), "true");
  close();
});

test("a value that has changed is marked", async () => {
  const { el, model, close } = mount(variables, structuredClone(VARIABLES));
  assert.equal(el.querySelector(".vm-changed"), null);
  const rows = structuredClone(VARIABLES.rows);
  rows[0].value = "4";
  model.set("rows", rows);
  await settled();
  assert.match(rowsOf(el)[0].textContent, /~changed:4/);
  close();
});

test("the functions on the stack can be chosen from", () => {
  const { el, model, close } = mount(variables, structuredClone(VARIABLES));
  const chooser = el.querySelector("select");
  assert.deepEqual([...chooser.options].map((option) => option.textContent), VARIABLES.stack);
  chooser.value = "1";
  chooser.dispatchEvent(event("change"));
  assert.deepEqual(model.sent, [{ type: "frame", depth: 1 }]);
  close();
});

test("without variables there is nothing to see", async () => {
  const { el, model, close } = mount(variables, { ...VARIABLES, stack: [], rows: [] });
  assert.ok(el.classList.contains("vm-nothing"));
  model.set("note", "it needs something");
  await settled();
  assert.ok(!el.classList.contains("vm-nothing"));
  close();
});

test("the console shows text as it is, and how much came before", async () => {
  const { el, model, close } = mount(consoleView, { text: "<b>x</b>\n", before: 0 });
  const before = el.querySelector(".vm-lines-before");
  assert.equal(el.querySelector("pre").textContent, "<b>x</b>\n");
  assert.ok(before.hidden);
  model.set("before", 12);
  await settled();
  assert.equal(before.textContent, "… 12 lines before");
  close();
});

test("Enter gives programs the line that was typed", () => {
  const { el, model, close } = mount(consoleView, { text: "", before: 0 });
  const input = el.querySelector("input");
  input.value = "hello";
  key(input, "Enter");
  assert.deepEqual(model.sent, [{ type: "line", text: "hello" }]);
  assert.equal(input.value, "");
  input.dispatchEvent(event("keydown", { key: "Enter", isComposing: true }));
  assert.equal(model.sent.length, 1);
  close();
});
