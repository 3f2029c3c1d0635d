// Lays DOT text out with the instance in `vmlabViz`; answers JSON: the SVG, and what was wrong.
// `viz.render` tells of errors in HTML-like labels; `viz.renderString` would keep them to itself.
(dot) => {
  const { output, errors } = vmlabViz.render(dot, { format: "svg", engine: "dot" });
  return JSON.stringify([output || "", errors.map(({ level, message }) => [level || "", message])]);
};
