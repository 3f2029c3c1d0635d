// What the site adds to JupyterLab: kernels that speak their notebook's language and tell of their widgets.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.js";
import { mendKernels } from "../../site_build/lab/static/kernels.js";
import { forget, holds, openShared } from "../../site_build/lab/static/notebooks.js";
import { first, language } from "../../site_build/lab/static/reader.js";

/** Give the page what JupyterLite has to tell; returns what takes it away again. */
function configured(values) {
  const config = document.createElement("script");
  config.id = "jupyter-config-data";
  config.textContent = JSON.stringify(values);
  document.body.append(config);
  return () => config.remove();
}

/** A kind of kernel that notes what it runs; printing gives `said`. */
function kernels(languages, said = "{}") {
  class Kernel {
    constructor(id) {
      Object.assign(this, { id, ran: [] });
    }
    requestExecute(content) {
      this.ran.push(content.code);
      const future = {};
      future.done = Promise.resolve().then(() => future.onIOPub?.({ header: { msg_type: "stream" }, content: { text: said } }));
      return future;
    }
    async restart() {}
    async requestCommInfo() {
      throw new Error("JupyterLite never answers it");
    }
  }
  const prepare = mendKernels(Kernel.prototype, (id) => languages[id]);
  return { Kernel, prepare };
}

const LOAD = "import vmlab as _vmlab\ndel _vmlab\nget_ipython().execution_count -= 1";

test("a kernel loads vmlab and speaks the language of its notebook before it runs anything", async () => {
  const forgetConfig = configured({ vmlabLanguages: ["en", "ko"] });
  const { Kernel, prepare } = kernels({ a: "ko", c: 'en"; import os' });
  const [a, b, c] = ["a", "b", "c"].map((id) => new Kernel(id));
  for (const kernel of [a, b, c]) for (const code of ["1", "2"]) await kernel.requestExecute({ code }).done;
  const korean = `__import__("vmlab").language("ko")\n${LOAD}`;
  assert.deepEqual(a.ran, [korean, "1", "2"]);
  assert.deepEqual(b.ran, [LOAD, "1", "2"]);
  assert.deepEqual(c.ran, [LOAD, "1", "2"], "that is no language");
  await a.restart();
  prepare(a);
  a.requestExecute({ code: "3" });
  assert.deepEqual(a.ran.slice(3), [korean, "3"], "again after a restart, and once");
  forgetConfig();
});

test("a kernel that has run nothing has no widgets; another one is asked", async () => {
  const forgetConfig = configured({ vmlabLanguages: ["en"] });
  const { Kernel, prepare } = kernels({}, '{"abc": {"target_name": "jupyter.widget"}}');
  const kernel = new Kernel("a");
  prepare(kernel);
  assert.deepEqual((await kernel.requestCommInfo({})).content, { status: "ok", comms: {} });
  assert.deepEqual(kernel.ran, [LOAD]);
  await kernel.requestExecute({ code: "1" }).done;
  const { comms } = (await kernel.requestCommInfo({})).content;
  assert.deepEqual(comms, { abc: { target_name: "jupyter.widget" } });
  forgetConfig();
});

test("the reader's first language that has lessons counts", () => {
  const forgetConfig = configured({ vmlabLanguages: ["en", "ko"], vmlabFirst: "00.ipynb" });
  const prefers = (...languages) =>
    Object.defineProperty(globalThis, "navigator", { value: { languages }, configurable: true });
  for (const [codes, code, lesson] of [
    [["ko-KR", "en"], "ko", "ko/00.ipynb"],
    [["fr", "ko"], "ko", "ko/00.ipynb"],
    [["en-GB", "ko"], "en", "00.ipynb"],
    [["fr"], "en", "00.ipynb"],
  ]) {
    prefers(...codes);
    assert.deepEqual([language(), first()], [code, lesson]);
  }
  forgetConfig();
});

test("a fragment that holds a machine opens as a notebook, once", async () => {
  const forgetConfig = configured({ vmlabLanguages: ["en"] });
  const files = {};
  const ran = [];
  const panel = { revealed: Promise.resolve(), sessionContext: { ready: Promise.resolve() } };
  const app = {
    serviceManager: {
      contents: {
        get: async (path) => files[path] ?? Promise.reject(new Error("there is none")),
        save: async (path, { content }) => (files[path] = content),
      },
    },
    commands: { execute: async (...command) => (ran.push(command), panel) },
  };
  for (const hash of ["", "#cell", "#vmlab=", '#vmlab=a"b', "#vmlab=a%20b", "#vmlab=a\nb"]) assert.ok(!holds(hash), hash);
  assert.ok(holds("#vmlab=aB-_9"));
  await openShared(app, "#vmlab=aB-_9");
  const [[path, notebook]] = Object.entries(files);
  assert.match(path, /^shared-[0-9a-f]{8}\.ipynb$/);
  assert.ok(notebook.cells[0].source.endsWith('from_link("aB-_9")'));
  assert.deepEqual(ran.map(([name]) => name), ["docmanager:open", "notebook:run-all-cells"]);
  notebook.kept = true;
  await openShared(app, "#vmlab=aB-_9");
  assert.ok(files[path].kept, "what the reader made of it stays");
  await openShared(app, "#vmlab=aB-_8");
  assert.equal(Object.keys(files).length, 2);
  forgetConfig();
});

test("the page forgets the fragment", () => {
  globalThis.location = window.location;
  globalThis.history = window.history;
  location.hash = "#vmlab=abc";
  forget();
  assert.equal(location.href, "http://localhost/");
});
