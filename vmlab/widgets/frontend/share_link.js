// A link that opens a machine, and where such links lead.

import { make } from "./dom.js";
import { say } from "./words.js";

/** The address of the site that a page belongs to, which JupyterLite tells; "" where it is no page of one. */
export function siteOf(page) {
  const config = page.querySelector("#jupyter-config-data[data-jupyter-lite-root]");
  return config ? new URL(JSON.parse(config.textContent).baseUrl, page.baseURI).href : "";
}

/** A field with a link, which is copied where the browser allows it, and a button that copies it. */
export function linkField(link) {
  const field = make("input", { type: "text", readonly: true, value: link, "aria-label": say("Link") });
  const button = make("button", { type: "button", class: "vm-choice" }, say("Copy"));
  const copy = async () => {
    field.select();
    await navigator.clipboard.writeText(link);
    button.textContent = say("Copied");
  };
  // Where the page may not copy, the reader can: the link is selected.
  const tryToCopy = () => copy().catch(() => {});
  button.addEventListener("click", tryToCopy);
  requestAnimationFrame(tryToCopy);
  return make("div", { class: "vm-link" }, field, button);
}
