// The regions of real processes as a table: searched, sorted, and lit up with the pictures.

import { make } from "./dom.js";
import { onPointed, pointer } from "./hover.js";
import { say } from "./words.js";

const SHOWN = 400; // rows in the page at once; the others are found by a search
// eslint-disable-next-line no-restricted-syntax -- parts of names and addresses
const EXAMPLES = "heap, libc, rwx, 7f12";
const UNITS = ["KiB", "MiB", "GiB", "TiB"];
const KIB = 1024;

/** A number of KiB in the unit that a person would choose; '' where it is not known. */
export function sized(kib) {
  if (kib <= 0) return kib < 0 ? "" : "0";
  let [value, unit] = [kib, 0];
  while (value >= KIB && unit + 1 < UNITS.length) [value, unit] = [value / KIB, unit + 1];
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toPrecision(2)} ${UNITS[unit]}`;
}

/** The rows in which every word of a search stands, in the order of a column. */
export function found(rows, search, column, falling) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = rows.filter(({ text }) => words.every((word) => text.includes(word)));
  if (column === null) return kept;
  const order = (a, b) => (a.cells[column] < b.cells[column] ? -1 : Number(a.cells[column] > b.cells[column]));
  return kept.sort((a, b) => (falling ? order(b, a) : order(a, b)));
}

export class RegionsTable {
  /** `columns` are the titles, and which of them are sizes; `rows` are an id and cells. */
  constructor({ columns, sizes, rows }, model, signal) {
    Object.assign(this, { columns, sizes, column: null, falling: false });
    this.rows = rows.map(([id, ...cells]) => ({ id, cells, text: cells.filter((_, i) => !sizes[i]).join(" ").toLowerCase() }));
    this.search = make("input", { type: "search", class: "vm-search", "aria-label": say("Search the regions"), placeholder: say("Search: {examples}", { examples: EXAMPLES }) });
    this.count = make("span", { class: "vm-count", role: "status" });
    this.head = make("tr");
    this.body = make("tbody");
    const table = make("table", {}, make("thead", {}, this.head), this.body);
    this.el = make("section", { class: "vm-regions", "aria-label": say("Regions") },
      make("div", { class: "vm-search-row" }, this.search, this.count), make("div", { class: "vm-table", tabindex: "0" }, table));
    this.search.addEventListener("input", () => this.show());
    this.pointTo = pointer(model, signal);
    this.body.addEventListener("pointerover", ({ target }) => this.pointTo(target.closest("tr")?.dataset.vmId ?? ""));
    this.body.addEventListener("pointerleave", () => this.pointTo(""));
    onPointed((id) => this.light(id), signal);
    this.show();
  }

  /** Show the regions that have the name of one. */
  goTo(id) {
    const row = this.rows.find((each) => each.id === id);
    if (!row) return;
    this.search.value = row.cells.at(-1) || row.cells[0];
    this.show();
    this.light(id);
  }

  sortBy(column) {
    const again = this.column === column;
    // Sizes begin with the largest; a third click brings back the order of the text.
    const first = this.sizes[column];
    if (again && this.falling !== first) this.column = null;
    else [this.column, this.falling] = [column, again ? !this.falling : first];
    this.show();
  }

  show() {
    this.head.replaceChildren(...this.columns.map((title, i) => {
      const chosen = this.column === i;
      const order = chosen ? (this.falling ? "descending" : "ascending") : "none";
      const mark = chosen ? (this.falling ? " ▾" : " ▴") : "";
      const button = make("button", { type: "button" }, title, mark);
      button.addEventListener("click", () => this.sortBy(i));
      return make("th", { scope: "col", "aria-sort": order, class: this.sizes[i] ? "vm-size" : null }, button);
    }));
    const rows = found(this.rows, this.search.value, this.column, this.falling);
    this.body.replaceChildren(...rows.slice(0, SHOWN).map(({ id, cells }) => {
      const row = make("tr", {}, ...cells.map((cell, i) =>
        make("td", { class: this.sizes[i] ? "vm-size" : null }, this.sizes[i] ? sized(cell) : cell)));
      row.dataset.vmId = id;
      return row;
    }));
    const values = { n: rows.length, all: this.rows.length, shown: SHOWN };
    this.count.textContent = rows.length > SHOWN
      ? say("{n} of {all} regions, the first {shown} are shown", values)
      : say("{n} of {all} regions", values);
  }

  light(id) {
    for (const row of this.body.children) row.classList.toggle("vm-lit", row.dataset.vmId === id);
  }
}
