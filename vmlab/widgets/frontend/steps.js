// Goes through positions: buttons, slider, keys, and a clock while it plays.

import { button, follow, icon, make, unique } from "./dom.js";
import { say } from "./words.js";

const MOST_TICKS = 100; // more of them would be a grey bar

export class Steps {
  constructor(model, el, signal, traits = []) {
    Object.assign(this, { model, el, signal, prefix: unique() });
    this.build();
    el.addEventListener("keydown", (event) => this.key(event), { signal });
    follow(model, ["step", "count", "playing", "speed", "marks", ...traits], () => this.update(), signal);
    signal.addEventListener("abort", () => clearTimeout(this.timer));
    this.update();
  }

  at() {
    return this.model.get("step");
  }

  end() {
    return this.model.get("count") - 1;
  }

  /** Make the parts; where they stand is for others to say. */
  build() {
    const go = (label, name, to) => button(label, icon(name), () => this.go(to()));
    this.first = go(say("First step"), "first", () => 0);
    this.back = go(say("Previous step"), "back", () => this.before());
    this.playButton = button(say("Play"), icon("play"), () => this.play(!this.model.get("playing")));
    this.playButton.classList.add("vm-play");
    this.next = go(say("Next step"), "next", () => this.after());
    this.last = go(say("Last step"), "last", () => this.end());
    this.slider = make("input", { type: "range", min: 0, step: 1, "aria-label": say("Step") });
    this.slider.addEventListener("input", () => this.go(this.slider.valueAsNumber));
    this.ticks = make("div", { class: "vm-ticks", "aria-hidden": "true" });
    this.track = make("div", { class: "vm-track" }, this.ticks, this.slider);
    this.count = make("output", { class: "vm-count" });
    this.speed = make("select", { "aria-label": say("Speed in steps per second") });
    this.speed.addEventListener("change", () => this.set({ speed: Number(this.speed.value) }));
    this.speed.append(...this.model.get("speeds").map((n) => make("option", { value: n }, say("{n} / s", { n }))));
  }

  // Where the keys and the clock lead.

  before() {
    return this.at() - 1;
  }

  after() {
    return this.at() + 1;
  }

  /** From where to where it plays. */
  range() {
    return [0, this.end()];
  }

  leap(forwards) {
    const [marks, step] = [this.model.get("marks"), this.at()];
    return forwards ? marks.find((mark) => mark > step) ?? Infinity : marks.filter((mark) => mark < step).at(-1) ?? 0;
  }

  set(traits) {
    if (this.el.classList.contains("jupyter-widgets-disconnected")) return; // no kernel draws the step
    for (const [name, value] of Object.entries(traits)) this.model.set(name, value);
    this.model.save_changes();
  }

  go(step) {
    this.set({ step: Math.max(0, Math.min(step, this.end())), playing: false });
  }

  play(playing) {
    const [from, to] = this.range();
    this.playsTo = to;
    this.set(playing && this.at() >= to ? { playing, step: from } : { playing });
  }

  key(event) {
    const typing = event.target.matches("select");
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing) return;
    const lead = {
      ArrowLeft: () => this.before(),
      ArrowRight: () => this.after(),
      PageUp: () => this.leap(false),
      PageDown: () => this.leap(true),
      Home: () => 0,
      End: () => Infinity,
    }[event.key];
    const pressed = event.target.matches("button") && event.target !== this.playButton;
    if (lead) this.go(lead());
    else if (event.key === " " && !pressed) this.play(!this.model.get("playing"));
    else return;
    event.preventDefault();
  }

  update() {
    const [step, last] = [this.at(), this.end()];
    this.slider.max = last;
    this.slider.value = step;
    this.slider.disabled = last === 0;
    this.slider.style.setProperty("--vm-done", last ? step / last : 0);
    this.slider.setAttribute("aria-valuetext", say("step {step} of {last}", { step, last }));
    this.count.textContent = `${step} / ${last}`;
    this.count.style.minWidth = `${2 * String(last).length + 3}ch`;
    // Not `disabled`: a button that loses the focus would end a walk by keyboard.
    for (const node of [this.first, this.back]) node.setAttribute("aria-disabled", step === 0);
    for (const node of [this.next, this.last]) node.setAttribute("aria-disabled", step === last);
    this.playButton.disabled = last === 0;
    this.speed.value = this.model.get("speed");
    this.showMarks(last);
    this.tick();
  }

  showMarks(last) {
    const all = last ? this.model.get("marks") : [];
    const marks = all.length > MOST_TICKS ? [] : all;
    const drawn = `${marks} ${last}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.ticks.replaceChildren(...marks.map((mark) => {
      const tick = make("i");
      tick.style.left = `${(100 * mark) / last}%`;
      return tick;
    }));
  }

  /** While it plays, one picture after another; that of a step comes before the next. */
  tick() {
    const playing = this.model.get("playing");
    if (playing !== this.wasPlaying) {
      this.playButton.replaceChildren(icon(playing ? "pause" : "play"));
      const label = playing ? say("Pause") : say("Play");
      this.playButton.setAttribute("aria-label", label);
      this.playButton.title = label;
    }
    this.wasPlaying = playing;
    clearTimeout(this.timer);
    if (!playing) return;
    this.timer = setTimeout(() => {
      const to = this.playsTo ?? this.range()[1];
      if (this.at() >= to) this.set({ playing: false });
      else this.set({ step: Math.min(this.after(), to) });
    }, 1000 / this.model.get("speed"));
  }
}
