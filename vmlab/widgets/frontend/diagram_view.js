// Shows a drawing, lets the reader look at it closely, and says what was pointed at.

import { button, follow, icon, letter, make, put, reducedMotion, unique, widget } from "./dom.js";
import { Drawing } from "./patched_drawing.js";
import { Gestures } from "./gestures.js";
import { onPointed, pointer } from "./hover.js";
import { watchSize } from "./host.js";
import { menu } from "./menu.js";
import { glide } from "./glide.js";
import { Elsewhere } from "./elsewhere.js";
import { Enlarged } from "./enlarged.js";
import { lightArrow, objectsIn, ring } from "./named_objects.js";
import { ObjectMenu } from "./object_menu.js";
import { nextByKey, setTabStop } from "./arrow_keys.js";
import { oneStop } from "./one_stop.js";
import { printPicture, savePng, saveSvg } from "./picture_files.js";
import { Tabs } from "./tabs.js";
import { Viewport } from "./viewport.js";
import { say } from "./words.js";

const ZOOM = 1.25;

class DiagramView {
  constructor(model, el, signal) {
    Object.assign(this, { model, el, signal, prefix: unique(), drawing: new Drawing(), objects: new Map(), all: [], edges: [], shown: "", lit: "", pointed: "", wanted: [], related: new Set() });
    this.build();
    this.viewport = new Viewport(this.stage, (percent) => this.placed(percent));
    this.gestures = new Gestures(this.stage, this.viewport, (event) => this.menuAt(event), signal);
    this.menu = new ObjectMenu(model, this.body, () => this.objects, signal);
    this.enlarged = new Enlarged(this.el, this.frame, this.enlargeButton, (on) => this.enlarge(on), signal);
    this.pointTo = pointer(model, signal);
    this.listen();
    follow(model, ["svg", "highlight", "label", "description", "tabs", "tab", "lacking", "elsewhere"], () => this.update(), signal);
    follow(model, ["headline"], () => this.tellHeadline(), signal);
    follow(model, ["announcement"], () => this.announce(), signal);
    onPointed((id, related) => this.light(id, related), signal);
    const told = (message) => this.told(message);
    model.on("msg:custom", told);
    signal.addEventListener("abort", () => model.off("msg:custom", told));
    watchSize(this.stage, ([entry]) => this.resize(entry.contentRect), signal);
    this.update();
    this.tellHeadline();
  }

  build() {
    const p = this.prefix;
    this.title = make("div", { class: "vm-title", id: `${p}-title` });
    this.stage = make("div", { class: "vm-stage", id: `${p}-stage` });
    this.tabs = new Tabs(this.stage, (name) => this.chooseTab(name), this.signal);
    this.elsewhere = new Elsewhere((name) => this.tabs.go(name));
    this.zoomText = make("span", { class: "vm-zoom" });
    this.enlargeButton = button(say("Fill the window (f)"), icon("fit"), () => this.enlarged.toggle());
    const tools = make("div", { class: "vm-tools", "aria-label": say("Picture tools") });
    tools.append(
      button(say("Zoom out"), icon("minus"), () => this.viewport.zoom(1 / ZOOM)),
      button(say("Fit the whole picture"), this.zoomText, () => this.viewport.fit()),
      button(say("Zoom in"), icon("plus"), () => this.viewport.zoom(ZOOM)),
      this.enlargeButton,
      menu(say("More about this picture"), [
        [say("Show as text"), () => this.showWords()],
        [say("Save as SVG"), () => this.save(saveSvg)],
        [say("Save as PNG"), () => this.save(savePng)],
        [say("Print, or save as PDF"), () => this.save(printPicture)],
      ]),
    );
    oneStop(tools, ":scope > .vm-button, :scope > .vm-menu-place > .vm-button", this.signal);
    this.headline = make("div", { class: "vm-picture-headline" });
    this.status = make("div", { class: "vm-status", "aria-hidden": "true" });
    this.words = make("div", { class: "vm-words vm-sr", id: `${p}-words`, role: "region" });
    this.live = make("div", { class: "vm-sr", role: "status", "aria-live": "polite" });
    const head = make("div", { class: "vm-head" }, this.title, this.tabs.el, tools);
    this.body = make("div", { class: "vm-body" }, this.stage);
    const foot = make("div", { class: "vm-foot" }, this.status, this.elsewhere.el);
    this.frame = make("div", { class: "vm-frame" }, this.headline, head, this.body, foot, this.words, this.live);
    this.el.append(this.frame);
  }

  listen() {
    const on = (type, act, target = this.stage) => target.addEventListener(type, act, { signal: this.signal });
    on("click", (event) => this.click(event));
    on("keydown", (event) => this.key(event));
    on("contextmenu", (event) => this.menuAt(event));
    on("pointerover", (event) => this.hover(event), this.body);
    on("pointerleave", () => this.point(null), this.body);
    on("keydown", (event) => this.frameKey(event), this.frame);
    on("resize", () => this.viewport.resize(this.viewport.width), globalThis);
    on("focusin", (event) => this.focus(event));
    on("focusout", (event) => ring(this.hit(event) ?? this.stage, "focus", false));
  }

  // --- what Python says -------------------------------------------------------------------

  update() {
    const label = this.model.get("label");
    this.title.textContent = label;
    this.showTabs();
    this.elsewhere.show(this.model.get("lacking"), this.model.get("elsewhere"));
    const text = this.model.get("svg");
    if (text !== this.shown) this.draw(text);
    this.shown = text;
    this.mark();
    this.drawing.svg?.setAttribute("aria-label", label);
    this.words.textContent = this.model.get("description") || this.inWords();
    this.words.setAttribute("aria-label", say("{picture} as text", { picture: label }));
    this.pointAgain();
  }

  /** What belongs to the object that is pointed at may be something else now, if that is still there. */
  pointAgain() {
    const object = this.objects.get(this.pointed)?.[0];
    if (!object) return this.point(null);
    this.tellStatus(this.saidOf(object));
    this.pointTo.again();
  }

  /** Python asks to go to the first of some objects that is in the picture. */
  told({ type, ids }) {
    if (type !== "focus") return;
    this.wanted = ids;
    requestAnimationFrame(() => this.goToWanted());
  }

  goToWanted() {
    const object = this.wanted.map((id) => this.objects.get(id)?.[0]).find(Boolean);
    this.wanted = [];
    if (!object) return;
    object.focus({ preventScroll: true });
    this.viewport.reveal([object.getBoundingClientRect()]);
    ring(object, "focus", true);
  }

  draw(text) {
    const alike = this.drawnTab === this.model.get("tab");
    const held = this.stage.contains(document.activeElement) && document.activeElement.dataset.vmId;
    const { x, y, scale } = this.viewport;
    try {
      this.drawing.draw(text, alike);
    } catch (error) {
      this.drawing.clear();
      [this.objects, this.all, this.edges] = [new Map(), [], []];
      const words = text
        ? say("This picture cannot be drawn: {why}", { why: error.message })
        : say("No picture yet.");
      this.stage.replaceChildren(make("div", { class: "vm-empty", role: text ? "alert" : null }, words));
      return;
    }
    const { svg, whole, smallest } = this.drawing;
    this.objects = objectsIn(svg);
    this.edges = svg.querySelectorAll("g.edge[data-vm-key]");
    this.menu.point(null);
    this.viewport.show(svg, whole, smallest);
    if (!alike) this.viewport.fit();
    if (svg.parentNode !== this.stage) this.present(svg);
    this.drawnTab = this.model.get("tab");
    this.all = [...svg.querySelectorAll("[data-vm-id]")];
    setTabStop(this.all, this.objects.get(held || this.tabStop)?.[0] ?? this.all[0]);
    if (held && !this.stage.contains(document.activeElement)) {
      this.objects.get(held)?.[0].focus({ preventScroll: true });
    }
    const { moves } = this.drawing;
    requestAnimationFrame(() => moves === this.drawing.moves && this.settle(!alike, { x, y, scale }));
  }

  present(svg) {
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-roledescription", say("diagram"));
    svg.setAttribute("aria-describedby", `${this.prefix}-words`);
    this.stage.replaceChildren(svg);
  }

  /** What has to measure the drawing: once for all views of the page, just before it is painted. */
  settle(another, seen) {
    this.light(this.lit, this.related);
    const focused = this.stage.querySelector(":focus-visible");
    if (focused) ring(focused, "focus", true);
    this.reveal(another);
    const duration = this.model.get("duration");
    if (duration && !reducedMotion()) glide(this.drawing, seen, this.viewport, duration);
  }

  /** Bring what is highlighted into view; of another picture where nothing is, its first object. */
  reveal(another = false) {
    const marked = this.marked();
    const wanted = another && !marked.length ? this.all.slice(0, 1) : marked;
    if (wanted.length) this.viewport.reveal(wanted.map((element) => element.getBoundingClientRect()));
  }

  /** The drawing itself shows what the step is about; here those who do not see it are told. */
  mark() {
    const marked = new Set(this.marked());
    for (const element of this.all) {
      if (marked.has(element)) element.setAttribute("aria-current", "step");
      else element.removeAttribute("aria-current");
    }
  }

  /** The elements that the step is about. */
  marked() {
    return this.model.get("highlight").flatMap((id) => this.objects.get(id) ?? []);
  }

  /** What the objects are called, one a line: better than nothing where Python says nothing. */
  inWords() {
    const names = [...this.objects.values()].map(([first]) => first.getAttribute("aria-label"));
    return [this.model.get("label"), ...new Set(names)].join("\n");
  }

  showWords() {
    const hidden = this.words.classList.toggle("vm-sr");
    this.words.tabIndex = hidden ? -1 : 0; // long words scroll, by keyboard too
  }

  announce() {
    this.live.textContent = this.model.get("announcement");
  }

  showTabs() {
    const names = this.model.get("tabs");
    this.tabs.show(names, this.model.get("tab"));
    const several = names.length > 1;
    this.title.classList.toggle("vm-sr", several);
    put(this.stage, "role", several ? "tabpanel" : "presentation");
    if (several) put(this.stage, "aria-labelledby", this.title.id);
  }

  tellHeadline() {
    this.headline.textContent = this.model.get("headline");
  }

  placed(percent) {
    this.zoomText.textContent = `${percent}%`;
    if (!this.pointed) this.tellStatus(""); // whether there is more to see may have changed
  }

  // --- what the reader does ---------------------------------------------------------------

  chooseTab(name) {
    this.model.set("tab", name);
    this.model.save_changes();
  }

  hit(event) {
    if (this.menu.handle.contains(event.target)) return this.menu.object;
    return event.target.closest?.("[data-vm-id]");
  }

  tell(type, id, event) {
    this.model.send({ type, id, shift: Boolean(event?.shiftKey) });
  }

  click(event) {
    const object = this.hit(event);
    if (!object || this.gestures.dragging) return;
    this.menu.expect(object, { x: event.clientX, y: event.clientY });
    this.tell(event.detail > 1 ? "double_click" : "click", object.dataset.vmId, event);
  }

  /** Offer what can be done with the object under the pointer. */
  menuAt(event) {
    const object = this.hit(event);
    if (!this.menu.has(object)) return;
    event.preventDefault();
    event.stopPropagation(); // JupyterLab has a menu for outputs
    this.menu.ask(object, { x: event.clientX, y: event.clientY });
  }

  frameKey(event) {
    // eslint-disable-next-line no-restricted-syntax -- names of elements
    const typing = event.target.closest("input, select, textarea");
    if (letter(event) !== "f" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
    event.preventDefault();
    event.stopPropagation();
    this.enlarged.toggle();
  }

  enlarge(on) {
    this.viewport.enlarge(on);
    this.viewport.resize(this.stage.clientWidth);
    this.reveal(true);
    this.menu.point(null);
  }

  key(event) {
    const object = this.hit(event);
    const zoom = { "+": ZOOM, "=": ZOOM, "-": 1 / ZOOM }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (zoom) this.viewport.zoom(zoom);
    else if (event.key === "0") this.viewport.fit();
    else if (!object) return;
    else if (event.key === "Enter" || event.key === " ") {
      this.menu.expect(object);
      this.tell("click", object.dataset.vmId, event);
    } else if (letter(event) === "m" || event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) this.menu.ask(object);
    else if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") {
      nextByKey(this.all, object, event.key)?.focus({ preventScroll: true });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  focus(event) {
    const object = this.hit(event);
    if (!object) return;
    this.tabStop = object.dataset.vmId;
    setTabStop(this.all, object);
    if (object.matches(":focus-visible")) {
      this.viewport.reveal([object.getBoundingClientRect()]);
      ring(object, "focus", true);
    }
    this.point(object);
  }

  hover(event) {
    if (!this.gestures.dragging || !event.buttons) this.point(this.hit(event));
  }

  point(object) {
    this.pointed = object?.dataset.vmId ?? "";
    this.tellStatus(object ? this.saidOf(object) : "");
    this.pointTo(this.pointed);
    this.menu.point(object);
  }

  /** What an object is, and what a click on it does. */
  saidOf(object) {
    const { vmId: id } = object.dataset;
    const does = !this.model.get("without_menu").includes(id) && this.model.get("hints")[id.match(/^[a-z]*/)[0]];
    const name = object.getAttribute("aria-label");
    return does ? `${name} · ${does}` : name;
  }

  light(id, related) {
    const changed = new Set([this.lit, ...this.related, id, ...related]);
    [this.lit, this.related] = [id, related];
    for (const other of changed) {
      lightArrow(this.drawing.svg, other, other && (other === id || related.has(other)));
      for (const element of this.objects.get(other) ?? []) {
        ring(element, "hover", other === id);
        ring(element, "related", related.has(other));
      }
    }
    for (const edge of this.edges) {
      const { vmKey } = edge.dataset;
      const ends = vmKey.replace(/^edge_/, "").split(".")[0];
      edge.classList.toggle("vm-lit", [vmKey, ends].some((key) => related.has(key) || (id && key === id)));
    }
  }

  resize({ width, height }) {
    const high = this.viewport.enlarged && height !== this.viewport.height;
    if (width === this.viewport.width && !high) return;
    this.viewport.resize(width);
    this.reveal(!this.viewport.held);
  }

  tellStatus(words) {
    const drag = this.viewport.isPart ? say("Drag the picture to see the rest.") : "";
    this.status.textContent = words || [drag, this.model.get("hint")].filter(Boolean).join(" ");
    this.status.title = this.status.textContent; // where there is no room for all of it
  }

  async save(how) {
    const name = this.model.get("label").toLowerCase().replace(/[^\w]+/g, "-").replace(/^-|-$/g, "");
    try {
      await how(this.drawing.svg, this.viewport.whole, name || "picture");
    } catch (error) {
      this.tellStatus(say("Not saved: {why}", { why: error.message }));
    }
  }
}

export default widget("diagram", (model, el, signal) => new DiagramView(model, el, signal));
