// Shows a text of /proc whose lines are objects of the pictures.

import { arrange, follow, make, unique, widget } from "./dom.js";
import { onPointed, pointer } from "./hover.js";
import { say } from "./words.js";

const MARK = { new: "+", changed: "~", gone: "−", differs: "≠" };

function show(model, el, signal) {
  const prefix = unique();
  const changes = { new: say("new:"), changed: say("changed:"), gone: say("gone:"), differs: say("differs:") };
  const title = make("div", { class: "vm-title", id: `${prefix}-title` });
  const text = make("div", { class: "vm-lines", role: "list", tabindex: "0", "aria-labelledby": title.id });
  el.append(title, text);

  function line({ id, text, change }) {
    const said = change ? [make("span", { class: "vm-sr" }, `${changes[change]} `)] : [];
    const mark = make("span", { class: "vm-gutter", "aria-hidden": "true" }, MARK[change] ?? " ");
    const row = make("div", { class: "vm-line", role: "listitem" }, mark, ...said, `${text}\n`);
    row.dataset.vmId = id;
    row.dataset.change = change;
    return row;
  }
  let rows = new Map(); // those of lines that stay as they are stay too
  const pointTo = pointer(model, signal);
  function update() {
    title.textContent = model.get("title");
    const before = rows;
    rows = new Map(model.get("lines").map((said) => {
      const key = JSON.stringify(said);
      return [key, before.get(key) ?? line(said)];
    }));
    arrange(text, [...rows.values()]);
    pointTo.again();
  }
  const hit = (event) => event.target.closest?.(".vm-line");
  text.addEventListener("pointerover", (event) => pointTo(hit(event)?.dataset.vmId ?? ""), { signal });
  text.addEventListener("pointerleave", () => pointTo(""), { signal });
  text.addEventListener("click", (event) => {
    const row = hit(event);
    if (!row || !getSelection().isCollapsed) return; // the reader copies text
    model.send({ type: "click", id: row.dataset.vmId, shift: event.shiftKey });
  }, { signal });
  onPointed((id, related) => {
    for (const row of text.children) {
      row.classList.toggle("vm-lit", row.dataset.vmId === id);
      row.classList.toggle("vm-related", related.has(row.dataset.vmId));
    }
  }, signal);
  follow(model, ["title", "lines"], update, signal);
  update();
}

export default widget("maps", show);
