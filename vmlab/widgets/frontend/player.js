// Goes through the steps of a recording: buttons, slider, keys, and a clock while it plays.

import { button, follow, icon, make, unique, widget } from "./dom.js";
import { say } from "./words.js";

const MOST_TICKS = 100; // more of them would be a grey bar

class Player {
  constructor(model, el, signal) {
    Object.assign(this, { model, el, signal, prefix: unique() });
    this.build();
    el.addEventListener("keydown", (event) => this.key(event), { signal });
    follow(model, ["step", "count", "playing", "speed", "marks"], () => this.update(), signal);
    signal.addEventListener("abort", () => clearTimeout(this.timer));
    this.update();
  }

  build() {
    const go = (label, name, to) => button(label, icon(name), () => this.go(to()));
    const last = () => this.model.get("count") - 1;
    const at = () => this.model.get("step");
    this.first = go(say("First step"), "first", () => 0);
    this.back = go(say("Previous step"), "back", () => at() - 1);
    this.playButton = button(say("Play"), icon("play"), () => this.play(!this.model.get("playing")));
    this.playButton.classList.add("vm-play");
    this.next = go(say("Next step"), "next", () => at() + 1);
    this.last = go(say("Last step"), "last", last);
    this.slider = make("input", { type: "range", min: 0, step: 1, "aria-label": say("Step") });
    this.slider.addEventListener("input", () => this.go(this.slider.valueAsNumber));
    this.ticks = make("div", { class: "vm-ticks", "aria-hidden": "true" });
    this.count = make("output", { class: "vm-count" });
    this.speed = make("select", { "aria-label": say("Speed in steps per second") });
    this.speed.addEventListener("change", () => this.set({ speed: Number(this.speed.value) }));
    this.speed.append(...this.model.get("speeds").map((n) => make("option", { value: n }, say("{n} / s", { n }))));
    const buttons = make("div", { class: "vm-keys" });
    buttons.append(this.first, this.back, this.playButton, this.next, this.last);
    const track = make("div", { class: "vm-track" }, this.ticks, this.slider);
    this.el.setAttribute("role", "group");
    this.el.setAttribute("aria-label", say("Steps of the recording"));
    this.el.append(buttons, track, this.count, this.speed);
  }

  set(traits) {
    if (this.el.classList.contains("jupyter-widgets-disconnected")) return; // no kernel draws the step
    for (const [name, value] of Object.entries(traits)) this.model.set(name, value);
    this.model.save_changes();
  }

  go(step) {
    const inside = Math.max(0, Math.min(step, this.model.get("count") - 1));
    this.set({ step: inside, playing: false });
  }

  play(playing) {
    const atEnd = this.model.get("step") >= this.model.get("count") - 1;
    this.set(playing && atEnd ? { playing, step: 0 } : { playing });
  }

  key(event) {
    const { step, marks } = { step: this.model.get("step"), marks: this.model.get("marks") };
    const typing = event.target.matches("select");
    if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
    const to = {
      ArrowLeft: step - 1,
      ArrowRight: step + 1,
      PageUp: marks.filter((mark) => mark < step).at(-1) ?? 0,
      PageDown: marks.find((mark) => mark > step) ?? Infinity,
      Home: 0,
      End: Infinity,
    }[event.key];
    const pressed = event.target.matches("button") && event.target !== this.playButton;
    if (to !== undefined) this.go(to);
    else if (event.key === " " && !pressed) this.play(!this.model.get("playing"));
    else return;
    event.preventDefault();
  }

  update() {
    const [step, last] = [this.model.get("step"), this.model.get("count") - 1];
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

  /** While it plays, one step after another; the picture of a step comes before the next. */
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
      const [step, last] = [this.model.get("step"), this.model.get("count") - 1];
      if (step >= last) this.set({ playing: false });
      else this.set({ step: step + 1 });
    }, 1000 / this.model.get("speed"));
  }
}

export default widget("player", (model, el, signal) => new Player(model, el, signal));
