// The past calls as a list: what each answered, what it came to; a click goes there.

import { follow, make } from "./dom.js";
import { popup } from "./popup.js";
import { say } from "./words.js";

const AT_ONCE = 200; // calls that are listed at once

export class CallList {
  constructor(model, signal, go) {
    Object.assign(this, { model, go, pid: 0, count: AT_ONCE, rows: [], step: -1 });
    const label = say("All calls so far");
    Object.assign(this, popup(label, [say("calls"), " ▾"], () => this.ask()));
    this.opener.classList.replace("vm-button", "vm-link");
    this.list.classList.add("vm-calls");
    this.chooser = make("select", { "aria-label": say("Calls of which process") });
    this.chooser.addEventListener("change", () => this.ask(Number(this.chooser.value)));
    this.items = make("div", { class: "vm-call-list" });
    this.list.append(this.chooser, this.items);
    follow(model, ["history"], () => this.show(), signal);
  }

  ask(pid = this.pid, count = AT_ONCE) {
    Object.assign(this, { pid, count });
    this.model.send({ type: "history", pid, count });
  }

  show() {
    const { calls = [], pids = [], more = 0 } = this.model.get("history");
    const option = (value, text) => make("option", { value }, text);
    this.chooser.replaceChildren(option(0, say("all processes")), ...pids.map((pid) => option(pid, String(pid))));
    this.chooser.value = this.pid;
    this.chooser.hidden = pids.length < 2;
    this.rows = calls.map((call) => this.row(call));
    this.items.replaceChildren(...this.rows.map(([row]) => row));
    if (!calls.length) this.items.append(make("div", { class: "vm-none" }, say("No call so far.")));
    if (more) this.items.append(this.others(more));
    this.drawn = -1;
    this.mark(this.step);
    this.put();
    if (this.opener.getAttribute("aria-expanded") !== "true" || this.list.matches(":focus-within")) return;
    (this.list.querySelector("[aria-current]") ?? this.rows[0]?.[0])?.focus();
  }

  row({ at, call, headline }) {
    const row = make("button", { type: "button", class: "vm-choice" });
    row.append(make("code", {}, call), make("span", {}, headline));
    row.addEventListener("click", () => {
      this.close();
      this.go(at);
    });
    return [row, at];
  }

  others(n) {
    const node = make("button", { type: "button", class: "vm-choice vm-others" }, say("Show {n} earlier calls", { n }));
    node.addEventListener("click", () => this.ask(this.pid, this.count + AT_ONCE));
    return node;
  }

  /** Mark the call that a step belongs to: the first one that ends after it, the last one on top. */
  mark(step) {
    this.step = step;
    const now = this.rows.findLast(([, at]) => at >= step)?.[0];
    for (const [row] of this.rows) {
      if (row === now) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }
}
