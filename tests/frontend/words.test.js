// Words come from Python's catalogue, and from nowhere else.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, test } from "node:test";

import { ESLint } from "eslint";

import { event, Model, mount, settled } from "./page.js";
import { svgOf } from "./graphviz.js";
import { frontend } from "../../vmlab/widgets/frontend/frontend.js";
import { say, speak } from "../../vmlab/widgets/frontend/words.js";

const FOLDER = new URL("../../vmlab/widgets/frontend/", import.meta.url);

afterEach(() => speak(new Model()));

test("values stand in a message by name", () => {
  assert.equal(say("step {step} of {last}", { step: 0, last: 7 }), "step 0 of 7");
  assert.equal(say("{name} and {other}", { name: "{other}", other: "$&" }), "{other} and $&");
  assert.equal(say("{unknown} stays"), "{unknown} stays");
});

test("a language may put the values in another order", () => {
  speak(new Model({ _words: { "step {step} of {last}": "{last} 중 {step}" } }));
  assert.equal(say("step {step} of {last}", { step: 3, last: 9 }), "9 중 3");
  assert.equal(say("Play"), "Play", "what has no translation is said in English");
});

test("the linter finds what people read outside of say()", async () => {
  const linter = new ESLint();
  const filePath = new URL("sample.js", FOLDER).pathname;
  const complains = async (expression) => {
    const source = `export const sample = ${expression};\n`;
    const [{ messages }] = await linter.lintText(source, { filePath });
    return messages.some(({ ruleId }) => ruleId === "no-restricted-syntax");
  };
  for (const prose of ['"Undo"', '"undo it"', "`${a} steps`", "`step ${a}`", "`${a} of ${b}`"]) {
    assert.ok(await complains(prose), prose);
  }
  for (const fine of ['say("Undo it")', '"Home"', '"vm-x"', "`${a}px`", '":scope > a"']) {
    assert.ok(!(await complains(fine)), fine);
  }
});

/** Every message of the sources, in brackets. */
function bracketed() {
  const words = {};
  for (const name of readdirSync(FOLDER).filter((name) => name.endsWith(".js"))) {
    const source = readFileSync(new URL(name, FOLDER), "utf8");
    for (const [, message] of source.matchAll(/\bsay\(\s*("[^"]*")/g)) {
      words[JSON.parse(message)] = `⟦${JSON.parse(message)}⟧`;
    }
  }
  return words;
}

const FROM_PYTHON = "⟪Python⟫"; // it has said it in the reader's language
const READ = ["aria-label", "title", "placeholder", "alt", "aria-valuetext", "aria-roledescription"];
const SIGNS = /^[\s\d/%(),=·›+~−.✓✗⚡→▾…-]*$/; // no words

/** What people read in an element and is in no brackets. */
function untranslated(el) {
  const found = [];
  const look = (text) => {
    const bare = text.replaceAll(FROM_PYTHON, "").replace(/⟦[^⟧]*⟧/g, "");
    if (!SIGNS.test(bare)) found.push(text);
  };
  for (const element of [el, ...el.querySelectorAll("*")]) {
    for (const name of READ) look(element.getAttribute(name) ?? "");
    for (const child of element.childNodes) if (child.nodeType === Node.TEXT_NODE) look(child.data);
  }
  return found;
}

const VIEWS = {
  controls: {
    chosen: FROM_PYTHON,
    forms: ["", FROM_PYTHON].map((group) => ({ name: FROM_PYTHON, group, does: FROM_PYTHON, fields: [{ name: FROM_PYTHON, hint: FROM_PYTHON, width: 4 }] })),
    texts: {},
    processes: [{ pid: 1, label: FROM_PYTHON }],
    pid: 1,
    problem: { call: FROM_PYTHON, field: FROM_PYTHON, words: FROM_PYTHON },
    note: FROM_PYTHON,
    answer: { call: FROM_PYTHON, answer: FROM_PYTHON, outcome: "error", words: FROM_PYTHON },
  },
  diagram_view: {
    svg: svgOf('digraph { graph [id="⟦g⟧"]; "⟦a⟧" [id="vma_1"]; "⟦a⟧" -> "⟦b⟧"; "⟦b⟧" [id="vma_2"] }'),
    label: FROM_PYTHON,
    description: FROM_PYTHON,
    hint: FROM_PYTHON,
    announcement: FROM_PYTHON,
    hints: { vma: FROM_PYTHON },
    menus: ["vma"],
    without_menu: [],
    headline: FROM_PYTHON,
    highlight: ["vma_1"],
    tabs: [FROM_PYTHON, FROM_PYTHON],
    tab: FROM_PYTHON,
    duration: 0,
  },
  maps_view: {
    title: FROM_PYTHON,
    lines: ["", "new", "changed", "gone"].map((change) => ({ id: change, text: FROM_PYTHON, change })),
  },
  player: { step: 1, count: 3, playing: false, speed: 1, speeds: [0.5, 1], marks: [1] },
  story_strip: {
    ...{ step: 1, count: 3, playing: false, speed: 1, speeds: [0.5, 1], marks: [1] },
    ...{ headline: FROM_PYTHON, rest: FROM_PYTHON, chapters: [{ title: FROM_PYTHON, first: 1, last: 2 }], chapter: 0, stops: [0, 2] },
    ...{ by_steps: true, path: [FROM_PYTHON], event: FROM_PYTHON, sentence: FROM_PYTHON },
    history: { calls: [{ at: 1, call: FROM_PYTHON, headline: FROM_PYTHON }], pids: [1, 2], more: 2 },
  },
  toolbar: { languages: [{ code: "ko", name: FROM_PYTHON }], does: { undo: FROM_PYTHON } },
};

for (const [name, traits] of Object.entries(VIEWS)) {
  test(`${name} says nothing that is not in the catalogue`, async () => {
    const view = (await import(new URL(`${name}.js`, FOLDER))).default;
    speak(new Model({ _words: bracketed() }));
    const { el, model, close } = mount(view, { ...traits });
    await settled();
    assert.deepEqual(untranslated(el), []);
    assert.ok(el.innerHTML.includes("⟦"));
    if (name === "diagram_view") {
      for (const svg of ["", "<svg><g>", "no picture"]) {
        model.set("svg", svg);
        await settled();
        const words = el.querySelector(".vm-empty").textContent;
        assert.match(words, svg ? /^⟦This picture cannot be drawn: / : /^⟦No picture yet\.⟧$/);
      }
    }
    if (name === "player") {
      model.set("playing", true);
      await settled();
      assert.deepEqual(untranslated(el), []);
      model.set("playing", false);
      await settled();
    }
    if (name === "toolbar") {
      const input = el.querySelector("input");
      const files = [{ name: FROM_PYTHON, size: 1 << 30 }];
      Object.defineProperty(input, "files", { get: () => files });
      Object.defineProperty(input, "value", { set: () => {} });
      input.dispatchEvent(event("change"));
      assert.match(el.querySelector(".vm-loading").textContent, /⟦⟪Python⟫ was not loaded/);
      assert.deepEqual(untranslated(el), []);
    }
    close();
  });
}

test("a saved view tells in the reader's language how to go on", () => {
  frontend({}).initialize({ model: new Model({ key: "a", _words: bracketed() }) });
  const said = document.documentElement.style.getPropertyValue("--vm-saved");
  assert.match(said, /^"⟦Run this cell to play\..*⟧"$/);
});
