// The objects of a drawing: their ids, their names, the rings drawn around them.

import { put } from "./dom.js";
import { groupBy } from "./host.js";

const MADE_UP = /^(a_)?(\w+_)?(node|edge|graph|clust)\d+(_\d+)?$/; // ids that Graphviz invents
const LONGEST_NAME = 160;

function nameOf(element) {
  const words = [...element.querySelectorAll("text")].map((text) => text.textContent.trim());
  const isFold = element.dataset.vmId.startsWith("more_"); // its tip says what a click does
  const name = ((!isFold && element.vmTip) || words.filter(Boolean).join(" ") || element.dataset.vmId).trim();
  if (isFold) return name.replace(/^\.{3} | \.{3}$/g, "");
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}

function tipOf(element) {
  const id = CSS.escape(element.dataset.vmKey);
  const link = element.querySelector(`:scope > a, :scope > g[id="a_${id}"] > a`);
  return link?.getAttribute("xlink:title");
}

/**
 * Give the objects of a drawing their names, and make them reachable.
 *
 * Graphviz puts the id of a table cell, and of a node with a tooltip, on a group called `a_ID`.
 * An object that is shown twice has further ids, `OBJECT.part`; `data-vm-key` keeps the whole.
 */
export function identify(svg) {
  for (const edge of svg.querySelectorAll("g.edge[id]")) edge.dataset.vmKey = edge.id;
  for (const group of svg.querySelectorAll("g.node[id], g[id^=a_]")) {
    const key = group.id.replace(/^a_/, "");
    if (MADE_UP.test(group.id) || group.closest(".edge")) continue;
    if (group.parentNode.closest(`[data-vm-key="${CSS.escape(key)}"]`)) continue;
    group.dataset.vmKey = key;
    group.dataset.vmId = key.split(".")[0];
    group.vmTip = tipOf(group);
  }
  for (const title of svg.querySelectorAll("title")) title.remove();
  for (const link of svg.querySelectorAll("a")) link.removeAttribute("xlink:title");
}

/** The elements of a drawing by object, called what they show now; one that holds others is no button. */
export function objectsIn(svg) {
  const elements = [...svg.querySelectorAll("[data-vm-id]")];
  for (const element of elements) {
    put(element, "aria-label", nameOf(element));
    put(element, "role", element.querySelector("[data-vm-id]") ? "group" : "button");
  }
  return groupBy(elements, (element) => element.dataset.vmId);
}

/** Forget what was drawn around an object, and how large it is: its inside changes. */
export function forget(element) {
  delete element.vmBox;
  for (const ring of element.querySelectorAll(":scope > .vm-ring")) ring.remove();
}

/** Draw or remove the ring of one kind (hover, related, focus) around an object. */
export function ring(group, kind, wanted) {
  const old = group.querySelector(`:scope > .vm-ring-${kind}`);
  if (!wanted) old?.remove();
  if (!wanted || old) return;
  // A ring is part of the group it surrounds: measure the group before its first ring.
  const measured = group.vmBox ?? group.getBBox();
  if (!measured.width) return;
  group.vmBox = measured;
  const gap = kind === "focus" ? 3.5 : 1;
  const box = { x: -gap, y: -gap, width: 2 * gap, height: 2 * gap };
  const rect = document.createElementNS(group.namespaceURI, "rect");
  rect.setAttribute("class", `vm-ring vm-ring-${kind}`);
  rect.setAttribute("rx", "3");
  for (const name of Object.keys(box)) rect.setAttribute(name, group.vmBox[name] + box[name]);
  group.append(rect);
}

/** Make the arrow of an object stand out, or stop it. */
export function lightArrow(svg, id, wanted) {
  const arrow = svg?.querySelector(`g.edge[data-vm-key="edge_${CSS.escape(id)}"]`);
  arrow?.classList.toggle("vm-lit", wanted);
}
