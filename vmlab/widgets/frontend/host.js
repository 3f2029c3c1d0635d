// What a page may lack, and what is done without it: Colab, VS Code and old browsers differ.

/** Calls `tell` with what ResizeObserver says of the size of an element; without it only once. */
export function watchSize(element, tell, signal) {
  if (!globalThis.ResizeObserver) {
    queueMicrotask(() => tell([{ contentRect: element.getBoundingClientRect() }]));
    return;
  }
  const sizes = new ResizeObserver(tell);
  sizes.observe(element);
  signal.addEventListener("abort", () => sizes.disconnect());
}

/** The items of each key, in their order. */
export function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (groups.has(key)) groups.get(key).push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Begin an animation; undefined where nothing can move. */
export const animate = (element, frames, options) => element.animate?.(frames, options);

/** Whether what `showAbove` or `hideAbove` last said of an element is that it is open. */
export const isOpen = (element) =>
  element.showPopover ? element.matches(":popover-open") : element.classList.contains("vm-open");

function told(element, open) {
  element.classList.toggle("vm-open", open);
  element.dispatchEvent(Object.assign(new Event("toggle"), { newState: open ? "open" : "closed" }));
}

/** Show a popover above everything else; where there are none, as a class that base.css knows. */
export function showAbove(element) {
  if (element.showPopover) element.showPopover();
  else if (!isOpen(element)) told(element, true);
}

export function hideAbove(element) {
  if (element.hidePopover) element.hidePopover();
  else if (isOpen(element)) told(element, false);
}

/** Open or close what closes by itself: by Esc and by a click elsewhere, as the browser does. */
export function toggleAbove(element) {
  if (element.togglePopover) {
    element.togglePopover();
    return;
  }
  if (isOpen(element)) {
    hideAbove(element);
    return;
  }
  showAbove(element);
  const life = new AbortController();
  const close = (event) => {
    const elsewhere = event.type === "pointerdown" && !element.parentNode?.contains(event.target);
    if (!elsewhere && event.key !== "Escape") return;
    hideAbove(element);
  };
  for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, close, { signal: life.signal });
  element.addEventListener("toggle", () => life.abort(), { once: true });
}
