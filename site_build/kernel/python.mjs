// Stands in the place of Pyodide: what the kernel's worker loads as such.

import { loadPyodide as load } from "./pyodide.mjs";

const HERE = new URL(".", import.meta.url).href;
const LATE = ["jedi", "parso", "python-stdlib-late"]; // completes code; what nearly nobody imports
const DRIVE = "/drive"; // where the kernel mounts the reader's files, and is when it imports itself

let begun;

/** Start Python before the kernel asks for it, with the packages of these names. */
export function begin(packages) {
  begun = start(packages);
  begun.catch(() => {}); // the kernel hears of it when it asks
}

async function start(packages) {
  const text = fetch(new URL("started.py", HERE)).then((response) => response.text());
  const python = await load({ indexURL: HERE, packages: packages.filter((name) => !LATE.includes(name)) });
  const { FS } = python;
  const home = FS.cwd();
  FS.mkdirTree(DRIVE);
  FS.chdir(DRIVE);
  python.runPython(await text, { globals: python.toPy({ __name__: "__main__" }) });
  FS.chdir(home);
  return python;
}

export async function loadPyodide({ packages, stdout, stderr }) {
  const python = await (begun ?? start(packages));
  python.setStdout({ batched: stdout });
  python.setStderr({ batched: stderr });
  return python;
}
