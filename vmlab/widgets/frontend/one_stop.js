// A row of buttons where the Tab key stops once, and arrow keys lead from button to button.

/**
 * Make the buttons of `row` that `selector` finds such a row.
 *
 * What it returns is to be called whenever buttons come, go or are hidden.
 */
export function oneStop(row, selector, signal) {
  let stop = null;
  const all = () => [...row.querySelectorAll(selector)].filter((node) => !node.hidden);
  const update = () => {
    const nodes = all();
    if (!nodes.includes(stop)) [stop] = nodes;
    for (const node of nodes) node.tabIndex = node === stop ? 0 : -1;
  };
  const focus = ({ target }) => {
    if (!all().includes(target)) return;
    stop = target;
    update();
  };
  const lead = (event) => {
    const nodes = all();
    const at = nodes.indexOf(event.target);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: nodes.length - 1 }[event.key];
    if (at < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    nodes[(to + nodes.length) % nodes.length].focus();
  };
  row.setAttribute("role", "toolbar");
  row.addEventListener("focusin", focus, { signal });
  row.addEventListener("keydown", lead, { signal });
  update();
  return update;
}
