// What JupyterLab loads of an extension: a container of module federation, written by hand.

(() => {
  const here = document.currentScript.src;
  let shared; // the modules of JupyterLab, by name and version
  const take = async (name) => (await Object.values(shared[name])[0].get())();
  (window._JUPYTERLAB ??= {})["vmlab-site"] = {
    init(scope) {
      shared = scope;
    },
    async get() {
      const { plugins } = await import(new URL("plugins.js", here));
      const made = plugins(await take("@jupyterlab/notebook"), await take("@jupyterlab/services"));
      return () => ({ __esModule: true, default: made });
    },
  };
})();
