// The helpers that all views share: `dom.js`, `menu.js`.

import assert from "node:assert/strict";
import { test } from "node:test";

import { event, Model, mount, settled } from "./page.js";
import { arrange, button, follow, icon, letter, make, put, undoes, unique, widget } from "../../vmlab/widgets/frontend/dom.js";
import { menu } from "../../vmlab/widgets/frontend/menu.js";

test("an element is made with attributes and children", () => {
  const node = make("p", { id: "a", title: "", hidden: true, lang: null, dir: false }, "text", make("b"));
  assert.equal(node.outerHTML, '<p id="a" title="" hidden="">text<b></b></p>');
});

test("text stays text", () => {
  assert.equal(make("p", { title: '"><script>' }, "<script>").querySelector("script"), null);
});

test("an attribute that has its value already is not touched", async () => {
  const node = make("p", { title: "a" });
  let touched = 0;
  const observer = new window.MutationObserver((records) => (touched += records.length));
  observer.observe(node, { attributes: true });
  put(node, "title", "a");
  await settled();
  assert.equal(touched, 0);
  put(node, "title", "b");
  await settled();
  assert.equal(touched, 1);
  assert.equal(node.title, "b");
});

test("elements are arranged, and those that stay are not moved", async () => {
  const holder = make("div");
  const all = "abcdef".split("").map((name) => make("p", {}, name));
  const orders = ["abc", "abc", "cab", "", "fedcba", "bd", "abcdef", "adbc"];
  for (const order of orders) {
    const before = [...holder.children];
    const wanted = [...order].map((name) => all["abcdef".indexOf(name)]);
    const moved = [];
    const observer = new window.MutationObserver((records) => moved.push(...records));
    observer.observe(holder, { childList: true });
    arrange(holder, wanted);
    await settled();
    observer.disconnect();
    assert.deepEqual([...holder.children], wanted, order);
    if (before.length === wanted.length && before.every((child, i) => child === wanted[i])) assert.deepEqual(moved, []);
  }
});

test("no two prefixes are the same", () => {
  assert.notEqual(unique(), unique());
});

test("a button has a name, a tooltip and an icon that is not read", () => {
  let pressed = 0;
  const node = button("Zoom in", icon("plus"), () => pressed++);
  node.click();
  assert.equal(pressed, 1);
  assert.equal(node.getAttribute("aria-label"), "Zoom in");
  assert.equal(node.title, "Zoom in");
  assert.equal(node.querySelector("svg").getAttribute("aria-hidden"), "true");
  assert.ok(node.querySelector("path").getAttribute("d"));
});

test("many changes at once are followed once, and none after the end", async () => {
  const model = new Model();
  const life = new AbortController();
  let followed = 0;
  follow(model, ["step", "count"], () => followed++, life.signal);
  model.set("step", 1);
  model.set("count", 2);
  model.set("step", 3);
  await settled();
  assert.equal(followed, 1);
  model.set("other", 1);
  await settled();
  assert.equal(followed, 1);
  model.set("step", 4);
  life.abort();
  await settled();
  model.set("step", 5);
  await settled();
  assert.equal(followed, 1);
});

test("keys pressed in a view are kept from the notebook, except its own", () => {
  const view = widget("test", (_, el) => el.append(make("button")));
  const { el, close } = mount(view, {});
  assert.deepEqual([...el.classList], ["vm", "vm-test"]);
  const key = el.querySelector("button");
  const kept = (properties) => {
    key.dispatchEvent(event("keydown", properties));
    return key.hasAttribute("data-lm-suppress-shortcuts");
  };
  assert.equal(kept({ key: "d" }), true);
  assert.equal(kept({ key: "s", ctrlKey: true }), false);
  close();
  document.body.append(el);
  assert.equal(kept({ key: "d" }), false, "the view is gone");
});

test("a menu opens, does one thing and closes", () => {
  const done = [];
  const place = menu("More", [["Save", () => done.push("save")], ["Print", () => done.push("print")]]);
  document.body.append(place);
  const [opener, list] = place.children;
  assert.equal(opener.getAttribute("aria-expanded"), "false");
  opener.click();
  assert.equal(opener.getAttribute("aria-expanded"), "true");
  assert.equal(document.activeElement, list.firstChild, "the keyboard is in the list");
  list.lastChild.click();
  assert.deepEqual(done, ["print"]);
  assert.equal(opener.getAttribute("aria-expanded"), "false");
  assert.equal(document.activeElement, opener, "the keyboard is where it was");
  place.remove();
});

test("a key is known by its Latin letter, whatever it types", () => {
  const pressed = [
    [{ key: "m", code: "KeyM" }, "m"],
    [{ key: "M", code: "KeyM" }, "m"],
    [{ key: "ㅡ", code: "KeyM" }, "m"],
    [{ key: "Process", code: "KeyF" }, "f"],
    [{ key: "z", code: "KeyW" }, "z"], // a French keyboard
    [{ key: "Enter", code: "Enter" }, "enter"],
    [{ key: "m" }, "m"],
  ];
  for (const [properties, name] of pressed) assert.equal(letter(event("keydown", properties)), name);
  assert.ok(undoes(event("keydown", { key: "ㅋ", code: "KeyZ", ctrlKey: true })));
});
