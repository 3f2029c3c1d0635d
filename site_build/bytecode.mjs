// Starts the Python of a folder with all its packages, and lets it run a file: node bytecode.mjs FOLDER FILE
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const [folder, file] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(resolve(folder, "pyodide.mjs")));
const lock = JSON.parse(readFileSync(resolve(folder, "pyodide-lock.json"), "utf8"));
// Which column an error is in helps nobody where the text is not there, and is a fifth of the bytecode.
const python = await loadPyodide({ indexURL: folder, env: { HOME: "/home/pyodide", PYTHONNODEBUGRANGES: "1" } });
await python.loadPackage(Object.keys(lock.packages), { messageCallback() {} });
python.FS.mkdir("/site");
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/site");
try {
  python.runPython(readFileSync(file, "utf8"));
} catch ({ message }) {
  process.stderr.write(message);
  process.exitCode = 1;
}
