// The link that a toolbar shows, and the site that it leads to.

import assert from "node:assert/strict";
import { test } from "node:test";

import { mount, settled } from "./page.js";
import { siteOf } from "../../vmlab/widgets/frontend/share_link.js";
import toolbar from "../../vmlab/widgets/frontend/toolbar.js";

const LINK = "https://example.org/site/#vmlab=q64FAA";

function clipboard(works) {
  const copied = [];
  const writeText = async (text) => (works() ? copied.push(text) : Promise.reject(new Error("not allowed")));
  Object.defineProperty(globalThis, "navigator", { value: { clipboard: { writeText } }, configurable: true });
  return copied;
}

async function shared(el, model) {
  await settled(); // it has come onto the page
  [...el.querySelectorAll(".vm-choice")].find((node) => node.textContent.startsWith("Share")).click();
  const { name, view } = model.sent.at(-1);
  assert.equal(name, "share");
  model.tell({ type: "link", view: `${view}0`, link: "https://example.org/somebody-else" });
  model.tell({ type: "link", view, link: LINK });
  await settled();
}

test("a link is shown and copied", async () => {
  const copied = clipboard(() => true);
  const { el, model, close } = mount(toolbar, { languages: [], does: {} });
  await shared(el, model);
  assert.equal(el.querySelector(".vm-link input").value, LINK);
  assert.deepEqual(copied, [LINK]);
  assert.equal(el.querySelector(".vm-link button").textContent, "Copied");
  el.querySelector(".vm-link").hidePopover();
  assert.equal(el.querySelector(".vm-link"), null);
  close();
});

test("where the page may not copy, the link stays selected, and the button tries again", async () => {
  let may = false;
  const copied = clipboard(() => may);
  const { el, model, close } = mount(toolbar, { languages: [], does: {} });
  await shared(el, model);
  const [field, button] = el.querySelectorAll(".vm-link > *");
  assert.equal(button.textContent, "Copy");
  assert.equal(field.selectionEnd - field.selectionStart, LINK.length);
  may = true;
  button.click();
  await settled();
  assert.deepEqual(copied, [LINK]);
  close();
});

test("a page of JupyterLite tells where its site is; another page has none", () => {
  const page = (html) => new DOMParser().parseFromString(html, "text/html");
  const script = '<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root="..">{"baseUrl": "/a/b/"}</script>';
  assert.equal(siteOf(page(script)), "http://localhost/a/b/");
  assert.equal(siteOf(page(script.replace(/ data.*?".."/, ""))), "");
  assert.equal(siteOf(page("<p>")), "");
});
