// Tells what a call came to, and goes through it: by chapters, or by steps.

import { make, widget } from "./dom.js";
import { CallList } from "./call_list.js";
import { watchSize } from "./host.js";
import { oneStop } from "./one_stop.js";
import { Steps } from "./steps.js";
import { say } from "./words.js";

const STORY = ["headline", "rest", "chapters", "chapter", "stops", "by_steps", "path", "event", "sentence"];

class StoryStrip extends Steps {
  constructor(model, el, signal) {
    super(model, el, signal, STORY);
  }

  build() {
    super.build();
    this.headline = make("div", { class: "vm-headline", role: "status" });
    this.opener = this.toggle(say("Show the whole sentence"), "…", () => this.showWhole());
    this.chips = make("ol", { class: "vm-chips", "aria-label": say("Chapters") });
    this.stepsToggle = this.toggle(say("Steps"), "", () => this.openSteps());
    this.calls = new CallList(this.model, this.signal, (at) => this.go(at));
    const keys = make("div", { class: "vm-keys" }, this.back, this.playButton, this.next);
    const levels = make("div", { class: "vm-levels", "aria-label": say("Steps and calls") }, this.stepsToggle, this.calls.place);
    oneStop(levels, ":scope > .vm-link, :scope > .vm-menu-place > .vm-link", this.signal);
    this.path = make("ol", { class: "vm-path", "aria-label": say("Call path") });
    this.sentence = make("div", { class: "vm-sentence", role: "status" });
    const bar = make("div", { class: "vm-steps" }, this.track, this.count, this.speed);
    this.panel = make("div", { class: "vm-panel" }, bar, this.path, this.sentence);
    this.told = make("div", { class: "vm-sr", role: "status" });
    this.el.setAttribute("role", "group");
    this.el.setAttribute("aria-label", say("Story of the call"));
    this.el.append(
      make("div", { class: "vm-top" }, this.headline, this.opener),
      make("div", { class: "vm-bar" }, keys, this.chips, levels),
      this.panel,
      this.told,
    );
    watchSize(this.headline, () => this.measure(), this.signal);
  }

  toggle(label, content, act) {
    const node = make("button", { type: "button", class: "vm-link", title: label, "aria-expanded": "false" }, content);
    node.addEventListener("click", act);
    return node;
  }

  /** Go by steps, or no longer; the slider is where keys lead from step to step. */
  openSteps() {
    this.set({ by_steps: !this.model.get("by_steps") });
    this.update();
    if (!this.panel.hidden) this.slider.focus({ preventScroll: true });
  }

  // --- where keys and clock lead

  before() {
    return this.model.get("by_steps") ? super.before() : this.model.get("stops")[0];
  }

  after() {
    return this.model.get("by_steps") ? super.after() : this.model.get("stops")[1];
  }

  /** It plays the call, from the end of its first chapter, or from its first step; or all calls. */
  range() {
    if (this.model.get("plays_all")) return super.range();
    const chapters = this.model.get("chapters");
    if (!chapters.length) return [0, this.leap(true)];
    const [first, last] = [chapters[0], chapters.at(-1)];
    return [this.model.get("by_steps") ? first.first : first.last, Math.max(last.last, Math.min(this.at(), this.end()))];
  }

  /** Where the call before ends, or where this one or the next one does. */
  leap(forwards) {
    // In a lecture it is what the buttons of a presenter send.
    if (this.el.closest(".vm-lecture")) return forwards ? this.after() : this.before();
    const [marks, step] = [this.model.get("marks"), this.at()];
    if (forwards) return (marks.find((mark) => mark > step + 1) ?? Infinity) - 1;
    return (marks.filter((mark) => mark <= step).at(-1) ?? 1) - 1;
  }

  // --- what is shown

  update() {
    super.update();
    const bySteps = this.model.get("by_steps");
    this.name(this.back, bySteps ? say("Previous step") : say("Previous chapter"));
    this.name(this.next, bySteps ? say("Next step") : say("Next chapter"));
    this.panel.hidden = !bySteps;
    this.showHeadline();
    this.showChapters();
    this.showStep();
    this.calls.mark(this.at());
  }

  name(node, label) {
    node.setAttribute("aria-label", label);
    node.title = label;
  }

  showHeadline() {
    const [text, rest] = [this.model.get("headline"), this.model.get("rest")];
    const whole = rest ? `${text} ${rest}` : text;
    if (this.headline.title === whole) return;
    this.headline.title = whole;
    this.headline.replaceChildren(make("b", {}, text), make("span", {}, rest ? ` ${rest}` : ""));
    this.el.classList.remove("vm-whole");
    this.measure();
  }

  /** Offer the rest of a headline that is longer than two lines. */
  measure() {
    const whole = this.el.classList.contains("vm-whole");
    this.opener.hidden = !whole && this.headline.scrollHeight <= this.headline.clientHeight + 1;
    this.opener.setAttribute("aria-expanded", String(whole));
  }

  showWhole() {
    this.el.classList.toggle("vm-whole");
    this.measure();
  }

  showChapters() {
    const [chapters, step] = [this.model.get("chapters"), this.at()];
    const drawn = JSON.stringify(chapters);
    if (drawn !== this.drawnChapters) {
      this.drawnChapters = drawn;
      this.chips.replaceChildren(...chapters.map(({ title, last }) => {
        const chip = make("button", { type: "button", class: "vm-chip" }, title);
        chip.addEventListener("click", () => this.go(last));
        return make("li", {}, chip);
      }));
    }
    const now = this.model.get("chapter");
    const within = this.chips.contains(document.activeElement);
    [...this.chips.children].forEach((item, i) => {
      const [chip] = item.children;
      chip.removeAttribute("aria-current");
      if (i === now) chip.setAttribute("aria-current", "step");
      chip.classList.toggle("vm-over", i < now);
      chip.tabIndex = i === Math.max(now, 0) ? 0 : -1; // arrow keys go on to the other chapters
      if (within && i === now) chip.focus({ preventScroll: true });
    });
    this.told.textContent = chapters[now] && step !== chapters.at(-1).last ? chapters[now].title : "";
    const n = chapters.length ? chapters.at(-1).last - chapters[0].first + 1 : 0;
    const label = n ? say("all {n} steps", { n }) : say("Steps");
    this.stepsToggle.textContent = `${label} ▾`;
    this.stepsToggle.title = say("Go by steps: each thing that happened, one by one");
    this.stepsToggle.setAttribute("aria-expanded", String(this.model.get("by_steps")));
    this.reveal(this.chips.children[now]);
  }

  /** Bring the chapter that is shown into sight, without moving the page. */
  reveal(item) {
    if (!item) return;
    const [mine, all] = [item.getBoundingClientRect(), this.chips.getBoundingClientRect()];
    if (mine.left < all.left) this.chips.scrollLeft -= all.left - mine.left + 24;
    else if (mine.right > all.right) this.chips.scrollLeft += mine.right - all.right + 24;
  }

  showStep() {
    const functions = this.model.get("path").map((name) => make("li", {}, make("code", {}, name)));
    const event = this.model.get("event");
    if (event) functions.push(make("li", { class: "vm-event" }, make("code", {}, event)));
    this.path.replaceChildren(...functions);
    this.sentence.textContent = this.model.get("by_steps") ? this.model.get("sentence") : "";
  }
}

export default widget("story", (model, el, signal) => new StoryStrip(model, el, signal));
