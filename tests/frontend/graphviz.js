// Pictures to test with: what the engine of vmlab draws.

import { readFileSync } from "node:fs";
import vm from "node:vm";

const FOLDER = new URL("../../vmlab/diagrams/layout/", import.meta.url);
const context = vm.createContext({ console });
const run = (name) => vm.runInContext(readFileSync(new URL(name, FOLDER), "utf8"), context, name);

run("shim.js");
run("vendor/viz-global.js");
context.vmlabViz = await vm.runInContext("Viz.instance()", context);
const draw = run("draw.js");

/** Lay DOT text out as Python has it done: the `<svg>` element as text. */
export function svgOf(dot) {
  const said = draw(dot); // the SVG, but JSON of a picture that Graphviz complained of
  const [svg, problems] = said.startsWith("[") ? JSON.parse(said) : [said, []];
  const errors = problems.filter(([level]) => level === "error");
  if (errors.length) throw new Error(errors.join("; "));
  return svg.slice(svg.indexOf("<svg"));
}
