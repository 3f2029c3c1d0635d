// The source of a program that runs: its line is marked, and a click on a line number runs to it.

import { button, follow, icon, make, put, unique, widget } from "./dom.js";
import { colours } from "./c_text.js";
import { watchSize } from "./host.js";
import { oneStop } from "./one_stop.js";
import { say } from "./words.js";

const UNITS = ["", "K", "M", "G"];

/** A number of bytes in few letters. */
function short(bytes) {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)}${UNITS[unit]}`;
}

class SourceView {
  constructor(model, el, signal) {
    Object.assign(this, { model, el, signal, rows: [], prefix: unique() });
    this.build();
    follow(model, ["lines", "with_code"], () => this.make(), signal);
    follow(model, ["line", "at", "counts", "status", "tone", "lacking", "can", "file"], () => this.update(), signal);
    this.make();
  }

  build() {
    const run = (how, label, words, name) => {
      const node = button(label, "", () => this.run(how));
      node.append(icon(name), make("span", {}, words));
      node.classList.add("vm-run-to");
      return [how, node];
    };
    this.buttons = new Map([
      run("line", say("Run to the next line"), say("line"), "step"),
      run("syscall", say("Run until after the next system call"), say("syscall"), "step"),
      run("fault", say("Run until after the next page fault"), say("fault"), "step"),
      run("end", say("Run this process to its end"), say("end"), "last"),
      run("all", say("Run all processes to their ends"), say("all"), "all"),
      run("stop", say("Stop"), say("stop"), "stop"),
    ]);
    this.bar = make("div", { class: "vm-run-bar", "aria-label": say("Run the program") }, ...this.buttons.values());
    oneStop(this.bar, ".vm-run-to", this.signal);
    this.title = make("span", { class: "vm-file" });
    this.status = make("div", { class: "vm-status-line", role: "status" });
    this.lacking = make("div", { class: "vm-lacking" });
    this.body = make("tbody");
    this.body.addEventListener("keydown", (event) => this.key(event), { signal: this.signal });
    this.body.addEventListener("click", (event) => this.click(event), { signal: this.signal });
    const head = (words, title, kind) => make("th", { scope: "col", class: `vm-${kind}`, title }, words);
    const heads = make("tr", {},
      head(say("line"), say("A click on a line number runs to that line."), "number"),
      head(say("faults"), say("Page faults of this line so far"), "tally"),
      head(say("calls"), say("System calls of this line so far"), "tally"),
      head(say("bytes"), say("Bytes that this line loaded and stored so far"), "tally vm-bytes"),
      head("", "", "text"),
    );
    heads.lastChild.append(this.title);
    this.table = make("table", { class: "vm-source-table" }, make("thead", {}, heads), this.body);
    this.scroller = make("div", { class: "vm-source-lines" }, this.table);
    this.el.setAttribute("role", "group");
    this.el.setAttribute("aria-label", say("Program"));
    this.el.append(this.bar, this.status, this.lacking, this.scroller);
    watchSize(this.scroller, () => this.bringIntoView(this.model.get("line")), this.signal);
  }

  run(how) {
    if (!this.can(how)) return;
    if (how === "stop") {
      this.status.textContent = say("It stops ...");
      this.model.send({ type: "stop" });
    } else this.model.send({ type: "run", how });
  }

  can(how) {
    return this.model.get("can").includes(how);
  }

  /** Make the rows of another source. */
  make() {
    const stops = new Set(this.model.get("with_code"));
    const text = colours(this.model.get("lines"));
    this.rows = text.map((parts, i) => this.row(i + 1, parts, stops.has(i + 1)));
    this.body.replaceChildren(...this.rows.map(({ row }) => row));
    this.stop = null;
    this.shown = 0;
    this.update();
  }

  row(number, parts, stops) {
    const mark = make("span", { class: "vm-mark", "aria-hidden": "true" });
    const here = make("span", { class: "vm-sr" });
    const label = make(stops ? "button" : "span", { class: "vm-line-number" }, String(number));
    if (stops) {
      for (const [name, value] of [["type", "button"], ["tabindex", "-1"], ["title", say("Run to line {number}", { number })], ["aria-label", say("Run to line {number}", { number })]]) {
        label.setAttribute(name, value);
      }
      label.dataset.line = number;
    }
    const counts = ["vm-tally", "vm-tally", "vm-tally vm-bytes"].map((kind) => make("td", { class: kind }));
    const first = make("th", { scope: "row", class: "vm-number" }, mark, here, label);
    const row = make("tr", {}, first, ...counts, make("td", { class: "vm-text" }, ...parts, "\n"));
    return { row, mark, here, label, counts };
  }

  update() {
    const [line, at, can] = [this.model.get("line"), this.model.get("at"), this.model.get("can")];
    const counts = this.model.get("counts");
    this.title.textContent = this.model.get("file");
    this.status.textContent = this.model.get("status");
    this.status.dataset.tone = this.model.get("tone");
    this.lacking.textContent = this.model.get("lacking");
    this.lacking.hidden = !this.model.get("lacking");
    const runs = can.includes("stop");
    for (const [how, node] of this.buttons) put(node, "aria-disabled", String(!can.includes(how)));
    this.el.classList.toggle("vm-runs", runs);
    this.table.classList.toggle("vm-has-bytes", Object.values(counts).some(([, , bytes]) => bytes));
    this.rows.forEach((each, i) => this.showRow(each, i + 1 === line, at, counts[i + 1]));
    if (!this.stop) this.setStop(this.rows.find(({ label }) => label.dataset.line)?.label);
    if (line && line !== this.shown) {
      this.setStop(this.rows[line - 1]?.label);
      this.bringIntoView(line);
    }
    this.shown = line;
  }

  showRow({ row, mark, here, counts: cells }, current, at, counts) {
    const words = current ? (at ? say("runs now:") : say("called what runs now:")) : "";
    if (here.textContent !== words) {
      here.textContent = words;
      mark.textContent = current ? (at ? "▶" : "▷") : "";
      row.classList.toggle("vm-now", current);
      row.classList.toggle("vm-calling", current && !at);
      if (current) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
    }
    cells.forEach((cell, i) => {
      const n = counts?.[i] ?? 0;
      const more = i === 2 && counts?.[3] === false ? "+" : "";
      const text = n ? `${i === 2 ? short(n) : n}${more}` : "";
      if (cell.textContent === text) return;
      cell.textContent = text;
      cell.title = n ? [say("{n} page faults", { n }), say("{n} system calls", { n }), say("{n} bytes", { n: n + more })][i] : "";
    });
  }

  /** The line that runs stands in the list, with some lines around it; the page does not move. */
  bringIntoView(line) {
    const row = this.rows[line - 1]?.row;
    if (!row) return;
    const head = this.table.tHead.offsetHeight;
    const [top, height] = [row.offsetTop - head, row.offsetHeight];
    const room = this.scroller.clientHeight - head;
    const margin = Math.min(2 * height, room / 3);
    const now = this.scroller.scrollTop;
    if (top < now + margin || top + height > now + room - margin) this.scroller.scrollTop = top - room / 3;
    this.scroller.scrollLeft = 0;
  }

  setStop(label) {
    if (!label?.dataset.line) return;
    if (this.stop) this.stop.tabIndex = -1;
    this.stop = label;
    label.tabIndex = 0;
  }

  click(event) {
    const label = event.target.closest?.("[data-line]");
    if (!label) return;
    this.setStop(label);
    if (this.can("to")) this.model.send({ type: "run", how: Number(label.dataset.line) });
  }

  /** Up and down lead from line to line where a program can stop; Enter is the button's own. */
  key(event) {
    const all = this.rows.map(({ label }) => label).filter((label) => label.dataset.line);
    const at = all.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = all[Math.max(0, Math.min(to, all.length - 1))];
    this.setStop(next);
    next.focus({ preventScroll: true });
    this.bringIntoView(Number(next.dataset.line));
  }
}

export default widget("source", (model, el, signal) => new SourceView(model, el, signal));
