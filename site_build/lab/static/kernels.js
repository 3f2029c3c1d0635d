// What kernels in the page lack.

const VARIABLE = "VMLAB_LANG";
const QUIETLY = { silent: true, store_history: false };
const WIDGETS = 'print(__import__("json").dumps(__import__("pyodide_kernel").kernel_instance.comm_info("jupyter.widget")))';

/**
 * Let kernels speak the language of their notebook, and say which widgets they have.
 *
 * JupyterLite leaves the second question without an answer. ipywidgets waits for that answer before
 * it shows what a notebook has kept of its widgets.
 */
export function mendKernels(kernels, languageOf) {
  const { requestExecute, restart } = kernels;
  const used = new Set(); // the ids of those that have run something; others have no widgets

  function begin(kernel) {
    used.add(kernel.id);
    const code = languageOf(kernel.id);
    if (!/^[a-z]{2,3}$/.test(code)) return;
    const speak = `__import__("os").environ["${VARIABLE}"] = "${code}"`;
    requestExecute.call(kernel, { code: speak, ...QUIETLY }).done.catch(() => {}); // restarted meanwhile
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
    if (!used.has(this.id)) begin(this);
    return requestExecute.apply(this, request);
  };
  kernels.restart = function () {
    used.delete(this.id);
    return restart.call(this);
  };
  kernels.requestCommInfo = async function () {
    return { header: { msg_type: "comm_info_reply" }, content: { status: "ok", comms: await comms(this) } };
  };
}
