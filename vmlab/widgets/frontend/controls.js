// One form a call, written as C writes it: the name is the button, the arguments are fields.

import { follow, make, unique, widget } from "./dom.js";
import { say } from "./words.js";

const SIGN = { none: "", good: "✓", error: "✗", signal: "⚡" };

class Controls {
  constructor(model, el, signal) {
    Object.assign(this, { model, el, prefix: unique(), inputs: new Map() });
    this.chooser = make("select", { id: `${this.prefix}-pid` });
    this.chooser.addEventListener("change", () => this.choose());
    const label = make("label", { for: this.chooser.id }, say("Process"));
    this.note = make("span", { class: "vm-note", role: "status" });
    this.forms = make("div", { class: "vm-forms" });
    this.who = make("div", { class: "vm-who" }, label, this.chooser, this.note);
    this.answer = make("div", { class: "vm-answer", role: "status" });
    el.append(this.who, this.forms, this.answer);
    el.setAttribute("role", "group");
    el.setAttribute("aria-label", say("Calls"));
    this.build();
    follow(model, ["forms"], () => this.build(), signal);
    follow(model, ["texts", "processes", "pid", "problem", "note", "answer"], () => this.update(), signal);
  }

  build() {
    this.inputs.clear();
    this.forms.replaceChildren(...this.model.get("forms").map((call) => this.form(call)));
    this.update();
  }

  form(call) {
    const form = make("form", { class: "vm-call", "aria-label": call.name, autocomplete: "off" });
    const run = make("button", { type: "submit", class: "vm-run", title: call.does }, call.name);
    form.append(run, make("span", { class: "vm-paren", "aria-hidden": "true" }, "("));
    const last = call.fields.length - 1;
    const fields = call.fields.map((field, i) => this.field(call, field, i < last ? "," : ")"));
    form.append(...(fields.length ? fields : [make("span", { "aria-hidden": "true" }, ")")]));
    form.append(make("div", { class: "vm-problem", id: `${this.prefix}-${call.name}-problem`, role: "alert" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.model.send({ type: "call", name: call.name, texts: this.typed(call.name) });
    });
    // JupyterLab keeps the Enter key from submitting a form inside a cell.
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || !event.target.matches("input")) return;
      event.preventDefault();
      form.requestSubmit();
    });
    return form;
  }

  field(call, field, after) {
    const id = `${this.prefix}-${call.name}-${field.name}`;
    const input = make("input", {
      id,
      type: "text",
      placeholder: field.hint,
      spellcheck: "false",
      autocapitalize: "off",
      style: `--vm-width: ${field.width}ch`,
      list: field.options.length ? `${id}-options` : null,
    });
    input.addEventListener("change", () => this.keep(call.name));
    this.inputs.set(`${call.name} ${field.name}`, input);
    const options = make("datalist", { id: `${id}-options` });
    options.append(...field.options.map((value) => make("option", { value })));
    const label = make("label", { class: "vm-field" }, make("span", {}, field.name), input);
    if (field.options.length) label.append(options);
    label.append(make("span", { class: "vm-after", "aria-hidden": "true" }, after));
    return label;
  }

  typed(name) {
    const form = this.model.get("forms").find((call) => call.name === name);
    return Object.fromEntries(form.fields.map((f) => [f.name, this.inputs.get(`${name} ${f.name}`).value]));
  }

  keep(name) {
    this.model.set("texts", { ...this.model.get("texts"), [name]: this.typed(name) });
    this.model.save_changes();
  }

  choose() {
    this.model.set("pid", Number(this.chooser.value));
    this.model.save_changes();
  }

  update() {
    const processes = this.model.get("processes");
    this.who.hidden = !processes.length && !this.model.get("note");
    this.chooser.replaceChildren(...processes.map(({ pid, label }) => make("option", { value: pid }, label)));
    this.chooser.value = this.model.get("pid");
    this.note.textContent = this.model.get("note");
    for (const [call, fields] of Object.entries(this.model.get("texts"))) {
      for (const [field, text] of Object.entries(fields)) this.fill(call, field, text);
    }
    this.showProblem();
    this.showAnswer();
  }

  showAnswer() {
    const { call = "", answer = "", outcome = "none", words = "" } = this.model.get("answer");
    this.answer.dataset.outcome = outcome;
    const part = (name, text) => make("span", { class: `vm-${name}` }, text);
    const between = answer && (outcome === "signal" ? " → " : " = ");
    this.answer.replaceChildren(
      make("span", { class: "vm-sign", "aria-hidden": "true" }, SIGN[outcome]),
      make("code", {}, call, part("between", between), part("gave", answer)),
      part("why", words && ` · ${words}`),
    );
  }

  /** Put a text into a field, and let the eye find it when it was not typed there. */
  fill(call, field, text) {
    const input = this.inputs.get(`${call} ${field}`);
    if (!input || input.value === text) return;
    const first = !input.dataset.filled;
    input.dataset.filled = "yes";
    input.value = text;
    if (first) return;
    input.classList.remove("vm-filled");
    void input.offsetWidth; // restarts the animation
    input.classList.add("vm-filled");
  }

  showProblem() {
    const problem = this.model.get("problem");
    for (const form of this.forms.children) {
      const mine = form.getAttribute("aria-label") === problem.call;
      form.querySelector(".vm-problem").textContent = mine ? problem.words : "";
    }
    for (const [name, input] of this.inputs) {
      const wrong = name === `${problem.call} ${problem.field}`;
      input.toggleAttribute("aria-invalid", wrong);
      if (wrong) input.setAttribute("aria-invalid", "true");
      if (wrong) input.setAttribute("aria-describedby", `${this.prefix}-${problem.call}-problem`);
      else input.removeAttribute("aria-describedby");
    }
  }
}

export default widget("controls", (model, el, signal) => new Controls(model, el, signal));
