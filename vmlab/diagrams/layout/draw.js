// Lays DOT text out with the instance in `vmlabViz`. Answers the SVG, as bytes where the host gives
// `vmlabBytes`; if Graphviz had something to say, JSON: the SVG or an empty text, and the complaints,
// each with its level.
//
// `Viz.render` does the same, but makes a new context for every picture, which takes as long as to
// lay out a small tree.
(dot) => {
  const { module } = vmlabViz;
  const text = (content) => {
    const size = module.lengthBytesUTF8(content) + 1;
    const place = module._malloc(size);
    module.stringToUTF8(content, place, size);
    return place;
  };
  vmlabViz.kept ??= { context: module._viz_create_context(), dot: text("dot"), svg: text("svg") };
  const { kept } = vmlabViz;

  function draw() {
    const place = text(dot);
    const graph = module._viz_read_one_graph(place);
    module._free(place);
    if (!graph) return "";
    module._viz_reset_errors();
    let svg = "";
    if (module._viz_layout(kept.context, graph, kept.dot) === 0) {
      const output = module._viz_render(kept.context, graph, kept.svg);
      if (output) svg = read(output);
      module._free(output);
    }
    module._viz_free_layout(kept.context, graph);
    module._viz_free_graph(graph);
    return svg;
  }

  // A complaint comes in pieces: its level, a colon, its text.
  function complaints() {
    const found = [];
    let level = "";
    for (const [place, piece] of module.agerrMessages.entries()) {
      const next = module.agerrMessages[place + 1];
      if (/^(Error|Warning)$/.test(piece) && next === ": ") level = piece.toLowerCase();
      else if (piece !== ": ") found.push([level, piece.trimEnd()]);
    }
    for (const line of module.stderrMessages) {
      const [, known, said] = /^(Error|Warning): (.*)/.exec(line) ?? [];
      found.push(known ? [known.toLowerCase(), said.trimEnd()] : ["", line.trimEnd()]);
    }
    return found;
  }

  function read(place) {
    const complained = module.agerrMessages.length + module.stderrMessages.length > 0;
    if (complained || !globalThis.vmlabBytes) return module.UTF8ToString(place);
    return globalThis.vmlabBytes(place);
  }

  module.agerrMessages = [];
  module.stderrMessages = [];
  let svg = "";
  try {
    svg = draw();
  } catch (failure) {
    delete vmlabViz.kept; // it may be damaged
    if (!/^exit\(\d+\)/.test(failure)) throw failure;
  }
  const said = complaints();
  return svg && said.length === 0 ? svg : JSON.stringify([svg, said]);
};
