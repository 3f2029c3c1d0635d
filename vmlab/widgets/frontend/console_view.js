// What programs wrote to the terminal, and a field for a line that they can read.

import { follow, make, unique, widget } from "./dom.js";
import { say } from "./words.js";

function show(model, el, signal) {
  const id = unique();
  const before = make("div", { class: "vm-lines-before" });
  const text = make("pre", { class: "vm-console-text" });
  const scroller = make("div", { class: "vm-console-lines", tabindex: "0", role: "log", "aria-label": say("Console") }, before, text);
  const input = make("input", { id, type: "text", spellcheck: "false", autocapitalize: "off", autocomplete: "off", placeholder: say("a line that programs read next") });
  const label = make("label", { for: id, class: "vm-sr" }, say("Type a line for the program"));
  const enter = make("button", { type: "submit", class: "vm-button" }, say("Enter"));
  const form = make("form", { class: "vm-typing" }, make("span", { class: "vm-prompt", "aria-hidden": "true" }, "›"), label, input, enter);
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", say("Console"));
  el.append(scroller, form);

  const type = (event) => {
    event.preventDefault();
    model.send({ type: "line", text: input.value });
    input.value = "";
  };
  form.addEventListener("submit", type, { signal });
  // JupyterLab keeps the Enter key from submitting a form inside a cell.
  input.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && type(event), { signal });
  function update() {
    const lines = model.get("before");
    before.textContent = lines ? say("… {n} lines before", { n: lines }) : "";
    before.hidden = !lines;
    text.textContent = model.get("text");
    scroller.classList.toggle("vm-empty", !model.get("text"));
    scroller.scrollTop = scroller.scrollHeight;
  }
  follow(model, ["text", "before"], update, signal);
  update();
}

export default widget("console", show);
