// Starts Python while JupyterLab is still loading: the kernel that it asks for first is there already.

(() => {
  const { serviceWorker, serviceWorker: { controller } = {} } = navigator;
  if (!serviceWorker || window.crossOriginIsolated) return; // the kernel would be another worker
  const { root, version } = document.currentScript.dataset;
  const at = (path) => new URL(`${root}/${path}`, location.href).href;
  const { Worker } = window;
  let early;
  let isAsked = false;

  window.Worker = class extends Worker {
    constructor(address, options) {
      const isFirst = !isAsked && /\/comlink\.worker\.[^/]*$/.test(address);
      if (isFirst) isAsked = true;
      if (isFirst && early) return early;
      super(address, options);
    }
  };

  // A worker reaches the reader's files through the service worker that its page had when it began.
  const begin = () => {
    if (!isAsked) early ??= new Worker(at("static/pyodide/early.mjs"), { type: "module" });
  };
  if (controller) begin();
  else {
    const { href } = new URL(at("service-worker.js?enableCache=false"));
    localStorage.setItem(`${href}-version`, version); // JupyterLite would register it anew
    serviceWorker.addEventListener("controllerchange", begin, { once: true });
    serviceWorker.register(href).catch(() => {}); // JupyterLite tries it again, and tells
  }
})();
