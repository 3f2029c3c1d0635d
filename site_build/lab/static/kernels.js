// What kernels in the page lack.

import { option } from "./reader.js";

const QUIETLY = { silent: true, store_history: false };
const WIDGETS = 'print(__import__("json").dumps(__import__("pyodide_kernel").kernel_instance.comm_info("jupyter.widget")))';
// eslint-disable-next-line no-restricted-syntax -- Python
const LOAD = "import vmlab as _vmlab\ndel _vmlab\nget_ipython().execution_count -= 1"; // nobody's cell

const speak = (code) => `__import__("vmlab").language("${code}")`;

/**
 * Let kernels have vmlab loaded, in the language of their notebook, and say which widgets they have.
 *
 * Pyodide fetches what a cell imports; `%load_ext` is no import. And JupyterLite leaves the question for
 * widgets without an answer, for which ipywidgets waits before it shows what a notebook has kept of them.
 *
 * Returns what prepares a kernel before it is asked for anything.
 */
export function mendKernels(kernels, languageOf) {
  const { requestExecute, restart } = kernels;
  const prepared = new Set(); // by their ids
  const used = new Set(); // those that have run something; others have no widgets

  function prepare(kernel) {
    if (prepared.has(kernel.id)) return;
    prepared.add(kernel.id);
    const code = languageOf(kernel.id);
    const lines = option("vmlabLanguages").includes(code) ? [speak(code), LOAD] : [LOAD];
    requestExecute.call(kernel, { code: lines.join("\n"), ...QUIETLY }).done.catch(() => {}); // it was restarted
  }

  async function comms(kernel) {
    if (!used.has(kernel.id)) return {};
    let said = "";
    const asked = requestExecute.call(kernel, { code: WIDGETS, ...QUIETLY });
    asked.onIOPub = ({ header, content }) => {
      if (header.msg_type === "stream") said += content.text;
    };
    await asked.done;
    return JSON.parse(said);
  }

  kernels.requestExecute = function (...request) {
    prepare(this);
    used.add(this.id);
    return requestExecute.apply(this, request);
  };
  kernels.restart = function () {
    prepared.delete(this.id);
    used.delete(this.id);
    return restart.call(this);
  };
  kernels.requestCommInfo = async function () {
    return { header: { msg_type: "comm_info_reply" }, content: { status: "ok", comms: await comms(this) } };
  };
  return prepare;
}
