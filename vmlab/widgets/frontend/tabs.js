// The names of the pictures in one row; those that find no room stand in a menu at its end.

import { icon, make } from "./dom.js";
import { watchSize } from "./host.js";
import { menu } from "./menu.js";
import { say } from "./words.js";

export class Tabs {
  /** `choose` is called with the name that was chosen. */
  constructor(stage, choose, signal) {
    Object.assign(this, { stage, choose, names: [], chosen: 0, widths: [], rest: [] });
    this.row = make("div", { class: "vm-tabs", role: "tablist", "aria-label": say("Pictures") });
    const words = make("span", {}, say("more"));
    this.more = menu(say("More pictures"), () => this.rest.map((name) => [name, () => this.choose(name)]), [words, icon("down")]);
    this.more.querySelector("button").tabIndex = -1; // arrow keys lead to all names
    this.el = make("div", { class: "vm-tab-row", hidden: true }, this.row, this.more);
    this.row.addEventListener("keydown", (event) => this.key(event), { signal });
    const measured = () => {
      this.widths = []; // text may be larger now
      this.fit();
    };
    watchSize(this.el, measured, signal);
  }

  show(names, chosen) {
    this.el.hidden = names.length < 2;
    if (this.el.hidden) return;
    if (this.names.join("\n") !== names.join("\n")) this.make(names);
    this.chosen = names.indexOf(chosen);
    [...this.row.children].forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === this.chosen));
      tab.tabIndex = i === this.chosen ? 0 : -1;
    });
    this.fit();
  }

  make(names) {
    Object.assign(this, { names, widths: [] });
    this.row.replaceChildren(...names.map((name) => {
      const tab = make("button", { type: "button", role: "tab", class: "vm-tab", "aria-controls": this.stage.id }, name);
      tab.addEventListener("click", () => this.choose(name));
      return tab;
    }));
  }

  /** Hide the names that find no room; the chosen one always does. */
  fit() {
    const all = [...this.row.children];
    if (!this.widths.length && this.el.clientWidth) {
      for (const element of [...all, this.more]) element.hidden = false;
      this.row.style.flex = "none"; // else the chosen one makes room for others
      this.widths = [...all, this.more].map((element) => element.getBoundingClientRect().width + 2);
      this.row.style.flex = "";
    }
    const { widths, chosen } = this;
    let room = this.el.clientWidth - (widths[chosen] ?? 0);
    const others = all.map((_, i) => i).filter((i) => i !== chosen);
    const needed = others.reduce((sum, i) => sum + (widths[i] ?? 0), 0);
    if (needed > room) room -= widths[all.length];
    const shown = new Set([chosen]);
    for (const i of others) {
      room -= widths[i] ?? 0;
      if (room < 0 && widths.length) break;
      shown.add(i);
    }
    all.forEach((tab, i) => (tab.hidden = !shown.has(i)));
    this.rest = this.names.filter((_, i) => !shown.has(i));
    this.more.hidden = !this.rest.length;
  }

  key(event) {
    const all = [...this.row.children];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.go(all[(to + all.length) % all.length].textContent);
  }

  /** Choose a name, and be at its tab. */
  go(name) {
    this.choose(name);
    this.show(this.names, name);
    this.row.children[this.chosen].focus();
  }
}
