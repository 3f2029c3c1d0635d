// A link that opens a machine, and where such links lead.

import { make } from "./dom.js";
import { copyText, showAbove } from "./host.js";
import { standAt } from "./popup.js";
import { say } from "./words.js";

/** The address of the site that a page belongs to, which JupyterLite tells; "" where it is no page of one. */
export function siteOf(page) {
  const config = page.querySelector("#jupyter-config-data[data-jupyter-lite-root]");
  return config ? new URL(JSON.parse(config.textContent).baseUrl, page.baseURI).href : "";
}

/** Show a link below an element until the reader goes on; it is copied where the browser allows that. */
export function showLink(link, element) {
  const field = make("input", { type: "text", readonly: true, value: link, "aria-label": say("Link") });
  const button = make("button", { type: "button", class: "vm-choice" }, say("Copy"));
  const list = make("div", { class: "vm-menu vm-link", popover: true, role: "group", "aria-label": say("Link") });
  list.append(field, button);
  // Where the page may not copy, the reader can: the link is selected.
  const copy = () => {
    field.select();
    const copied = () => (button.textContent = say("Copied"));
    copyText(link).then(copied, () => {});
  };
  button.addEventListener("click", copy);
  list.addEventListener("toggle", ({ newState }) => newState === "closed" && list.remove());
  element.after(list);
  showAbove(list);
  const at = element.getBoundingClientRect();
  standAt(list, at.right - list.offsetWidth, at.bottom + 4);
  copy();
}
