// The call stack of a program and its variables: each is the object of its page in the pictures.

import { follow, make, unique, widget } from "./dom.js";
import { onPointed, pointer } from "./hover.js";
import { say } from "./words.js";

const COLUMNS = ["name", "value", "type", "region", "frame", "addr"];

class VariablesView {
  constructor(model, el, signal) {
    Object.assign(this, { model, el, rows: [] });
    const prefix = unique();
    this.chooser = make("select", { id: `${prefix}-frame` });
    this.chooser.addEventListener("change", () => model.send({ type: "frame", depth: Number(this.chooser.value) }));
    const label = make("label", { for: this.chooser.id }, say("Called:"));
    this.stack = make("div", { class: "vm-call-stack" }, label, this.chooser);
    const heads = {
      name: say("variable"),
      type: say("type"),
      value: say("value"),
      addr: say("address"),
      region: say("region"),
      frame: say("frame"),
    };
    const head = make("tr", {}, ...COLUMNS.map((name) => make("th", { scope: "col" }, heads[name])));
    this.body = make("tbody");
    this.table = make("table", { class: "vm-variable-table" }, make("thead", {}, head), this.body);
    this.note = make("div", { class: "vm-table-note" });
    el.setAttribute("role", "group");
    el.setAttribute("aria-label", say("Variables"));
    const scroller = make("div", { class: "vm-table-scroller" }, this.table, this.note);
    el.append(this.stack, scroller);
    this.pointTo = pointer(model, signal);
    const hit = (event) => event.target.closest?.("[data-vm-id]")?.dataset.vmId ?? "";
    this.body.addEventListener("pointerover", (event) => this.pointTo(hit(event)), { signal });
    this.body.addEventListener("pointerleave", () => this.pointTo(""), { signal });
    this.body.addEventListener("click", (event) => {
      const id = hit(event);
      if (id && getSelection().isCollapsed) model.send({ type: "click", id });
    }, { signal });
    onPointed((id, related) => {
      for (const { row, ids } of this.rows) {
        row.classList.toggle("vm-lit", ids.includes(id));
        row.classList.toggle("vm-related", ids.some((each) => related.has(each) && !each.startsWith("vma_")));
      }
    }, signal);
    follow(model, ["stack", "depth", "rows", "note", "chosen"], () => this.update(), signal);
    this.update();
  }

  update() {
    const stack = this.model.get("stack");
    this.stack.hidden = !stack.length;
    this.chooser.replaceChildren(...stack.map((words, depth) => make("option", { value: depth }, words)));
    this.chooser.value = this.model.get("depth");
    this.chooser.disabled = stack.length < 2;
    const drawn = JSON.stringify(this.model.get("rows"));
    if (drawn !== this.drawn) {
      const before = new Map(this.rows.map(({ key, value }) => [key, value]));
      this.drawn = drawn;
      this.rows = this.model.get("rows").map((said) => this.row(said, before));
      this.body.replaceChildren(...this.rows.map(({ row }) => row));
      this.pointTo.again();
    }
    const chosen = this.model.get("chosen");
    for (const { row, ids, button } of this.rows) {
      const marked = Boolean(chosen) && ids.includes(chosen);
      row.classList.toggle("vm-chosen", marked);
      button?.setAttribute("aria-pressed", String(marked));
    }
    this.el.classList.toggle("vm-nothing", !this.rows.length && !stack.length && !this.model.get("note"));
    this.table.hidden = !this.rows.length;
    this.note.textContent = this.model.get("note");
    this.note.hidden = !this.model.get("note");
  }

  row(said, before) {
    const key = `${said.scope} ${said.name} ${said.addr}`;
    const changed = before.has(key) && before.get(key) !== said.value;
    const button = said.id ? make("button", { type: "button", class: "vm-variable", title: say("Show its page in the pictures") }, said.name) : null;
    const cells = COLUMNS.slice(1).map((name) => make("td", { class: `vm-of-${name}`, title: said[name] }, said[name]));
    const mark = changed ? [make("span", { class: "vm-changed", "aria-hidden": "true" }, "~"), make("span", { class: "vm-sr" }, say("changed:"))] : [];
    cells[0].prepend(...mark);
    const row = make("tr", { class: said.scope ? "vm-local" : "vm-static" }, make("th", { scope: "row" }, button ?? said.name), ...cells);
    if (said.id) row.dataset.vmId = said.id;
    return { row, ids: said.ids, button, key, value: said.value };
  }
}

export default widget("variables", (model, el, signal) => new VariablesView(model, el, signal));
