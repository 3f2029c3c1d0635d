// Lays DOT text out with the instance in `vmlabViz`. Answers the SVG; if Graphviz had something to
// say, JSON: the SVG or an empty text, and the complaints, each with its level.
// `viz.render` tells of errors in HTML-like labels; `viz.renderString` would keep them to itself.
(dot) => {
  const { output, errors } = vmlabViz.render(dot, { format: "svg", engine: "dot" });
  if (output && errors.length === 0) return output;
  return JSON.stringify([output || "", errors.map(({ level, message }) => [level || "", message])]);
};
