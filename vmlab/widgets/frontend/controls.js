// A row of buttons, one a call; below it the fields of one call, as C writes it, and its answer.

import { composing, follow, make, unique, widget } from "./dom.js";
import { groupBy } from "./host.js";
import { oneStop } from "./one_stop.js";
import { popup } from "./popup.js";
import { say } from "./words.js";

const SIGN = { none: "", good: "✓", error: "✗", signal: "⚡" };

class Controls {
  constructor(model, el, signal) {
    Object.assign(this, { model, el, prefix: unique(), inputs: new Map(), buttons: new Map() });
    this.chooser = make("select", { id: `${this.prefix}-pid` });
    this.chooser.addEventListener("change", () => this.set("pid", Number(this.chooser.value)));
    const label = make("label", { for: this.chooser.id, class: "vm-sr" }, say("Process"));
    this.who = make("span", { class: "vm-who" }, label, this.chooser);
    this.bar = make("div", { class: "vm-buttons", "aria-label": say("Calls") });
    this.keepOneStop = oneStop(this.bar, ".vm-run", signal);
    this.row = make("div", { class: "vm-row" }, this.who, this.bar);
    this.form = make("div", { class: "vm-form" });
    this.answer = make("div", { class: "vm-answer", role: "status" });
    this.note = make("span", { class: "vm-note", role: "status" });
    const fields = make("div", { class: "vm-fields" }, this.form, this.answer, this.note);
    el.append(this.row, fields);
    this.build();
    follow(model, ["forms"], () => this.build(), signal);
    follow(model, ["chosen"], () => this.model.get("chosen") !== this.shown && this.open(), signal);
    follow(model, ["texts", "processes", "pid", "problem", "note", "answer"], () => this.update(), signal);
  }

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  call(name) {
    return this.model.get("forms").find((call) => call.name === name);
  }

  build() {
    const forms = this.model.get("forms");
    this.buttons.clear();
    this.bar.replaceChildren(...forms.filter((call) => !call.group).map((call) => this.button(call)));
    const others = groupBy(forms.filter((call) => call.group), (call) => call.group);
    if (others.size) this.bar.append(this.more(others));
    this.keepOneStop();
    this.open();
  }

  button(call) {
    const node = make("button", { type: "button", class: "vm-run", title: call.does }, call.name);
    node.addEventListener("click", () => this.press(call));
    this.buttons.set(call.name, node);
    return node;
  }

  /** The calls that are not in the row, by what they are about. */
  more(groups) {
    const { place, opener, list, close } = popup(say("More calls"), [say("more"), " ▾"]);
    opener.classList.replace("vm-button", "vm-run");
    list.classList.add("vm-more-calls");
    for (const [title, calls] of groups) {
      const group = make("div", { role: "group", "aria-label": title }, make("div", { class: "vm-group-title" }, title));
      for (const call of calls) {
        const choice = make("button", { type: "button", class: "vm-choice", title: call.does }, call.name);
        choice.addEventListener("click", () => {
          close();
          this.press(call);
        });
        group.append(choice);
      }
      list.append(group);
    }
    this.opener = opener;
    return place;
  }

  /** Make a call that needs nothing, or whose fields are open; otherwise open them. */
  press(call) {
    if (!call.fields.length) this.set("chosen", "");
    if (!call.fields.length || this.shown === call.name) return this.make(call);
    this.set("chosen", call.name);
    this.open();
    const inputs = [...this.inputs.values()];
    (inputs.find((input) => !input.value) ?? inputs[0]).focus({ preventScroll: true });
  }

  make(call) {
    this.model.send({ type: "call", name: call.name, texts: this.typed(call) });
  }

  /** Show the fields of the chosen call. */
  open() {
    const call = this.call(this.model.get("chosen"));
    this.shown = call?.name ?? "";
    this.inputs.clear();
    this.form.replaceChildren(...(call ? [this.fieldsOf(call)] : []));
    for (const [name, node] of this.buttons) {
      if (this.call(name).fields.length) node.setAttribute("aria-expanded", String(name === this.shown));
    }
    this.opener?.classList.toggle("vm-open", Boolean(call?.group));
    this.update();
  }

  fieldsOf(call) {
    const form = make("form", { class: "vm-call", "aria-label": call.name, autocomplete: "off" });
    const run = make("button", { type: "submit", class: "vm-name", title: call.does }, call.name);
    form.append(run, make("span", { class: "vm-paren", "aria-hidden": "true" }, "("));
    const last = call.fields.length - 1;
    form.append(...call.fields.map((field, i) => this.field(call, field, i < last ? "," : ")")));
    form.append(make("div", { class: "vm-problem", id: `${this.prefix}-problem`, role: "alert" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.make(call);
    });
    // JupyterLab keeps the Enter key from submitting a form inside a cell.
    form.addEventListener("keydown", (event) => {
      if (composing(event)) return event.stopPropagation();
      const enters = event.key === "Enter" && event.target.matches("input");
      if (!enters && event.key !== "Escape") return;
      event.preventDefault();
      if (enters) form.requestSubmit();
      else this.close(call);
    });
    return form;
  }

  close(call) {
    this.set("chosen", "");
    this.open();
    (this.buttons.get(call.name) ?? this.opener)?.focus();
  }

  field(call, field, after) {
    const id = `${this.prefix}-${call.name}-${field.name}`;
    const input = make("input", {
      id,
      type: "text",
      placeholder: field.hint ?? "",
      spellcheck: "false",
      autocapitalize: "off",
      style: `--vm-width: ${field.width}ch`,
      list: field.options ? `${id}-options` : null,
    });
    input.value = this.model.get("texts")[call.name]?.[field.name] ?? "";
    input.addEventListener("change", () => this.keep(call));
    input.addEventListener("input", () => this.answer.classList.add("vm-old"));
    this.inputs.set(field.name, input);
    const options = make("datalist", { id: `${id}-options` });
    options.append(...(field.options ?? []).map((value) => make("option", { value })));
    const label = make("label", { class: "vm-field" }, make("span", {}, field.name), input);
    if (field.options) label.append(options);
    label.append(make("span", { class: "vm-after", "aria-hidden": "true" }, after));
    return label;
  }

  /** What stands in the fields of a call: those that are open, or what they would open with. */
  typed(call) {
    if (this.shown !== call.name) return this.model.get("texts")[call.name] ?? {};
    return Object.fromEntries([...this.inputs].map(([name, input]) => [name, input.value]));
  }

  keep(call) {
    this.set("texts", { ...this.model.get("texts"), [call.name]: this.typed(call) });
  }

  update() {
    const processes = this.model.get("processes");
    this.who.hidden = !processes.length;
    this.chooser.replaceChildren(...processes.map(({ pid, label }) => make("option", { value: pid, disabled: !pid }, label)));
    this.chooser.value = this.model.get("pid");
    this.note.textContent = this.model.get("note");
    const texts = this.model.get("texts")[this.shown] ?? {};
    for (const [field, text] of Object.entries(texts)) this.fill(field, text);
    this.showProblem();
    this.showAnswer();
  }

  showAnswer() {
    const { call = "", answer = "", outcome = "none", words = "" } = this.model.get("answer");
    this.answer.dataset.outcome = outcome;
    // What is typed now, or could not be read, has no answer yet.
    this.answer.classList.toggle("vm-old", Boolean(this.model.get("problem").call));
    const part = (name, text) => make("span", { class: `vm-${name}` }, text);
    const between = answer && (outcome === "signal" ? " → " : " = ");
    const said = part("said", call);
    // The fields beside it say it already.
    said.classList.toggle("vm-sr", Boolean(this.shown) && call.startsWith(`${this.shown}(`));
    this.answer.title = call + between + answer;
    this.answer.replaceChildren(
      make("span", { class: "vm-sign", "aria-hidden": "true" }, SIGN[outcome]),
      make("code", {}, said, part("between", between), part("gave", answer)),
      part("why", call && words ? ` · ${words}` : words),
    );
    const idle = !call && !words && !this.shown && !this.model.get("note");
    if (idle) this.answer.replaceChildren(part("why", say("Choose a call, or click in the picture.")));
  }

  /** Put a text into a field, and let the eye find it when it was not typed there. */
  fill(field, text) {
    const input = this.inputs.get(field);
    if (!input || input.value === text) return;
    input.value = text;
    input.classList.remove("vm-filled");
    void input.offsetWidth; // restarts the animation
    input.classList.add("vm-filled");
  }

  showProblem() {
    const { call, field, words } = this.model.get("problem");
    const mine = call === this.shown;
    const told = this.form.querySelector(".vm-problem");
    if (told) told.textContent = mine ? words ?? "" : "";
    for (const [name, input] of this.inputs) {
      const wrong = mine && name === field;
      if (wrong) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
      if (wrong) input.setAttribute("aria-describedby", `${this.prefix}-problem`);
      else input.removeAttribute("aria-describedby");
    }
  }
}

export default widget("controls", (model, el, signal) => new Controls(model, el, signal));
