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
    groups.get(key)?.push(item) ?? groups.set(key, [item]);
  }
  return groups;
}

/** Put a text on the clipboard, where the page may. */
export const copyText = async (text) => navigator.clipboard.writeText(text);

/** Begin an animation; undefined where nothing can move. */
export const animate = (element, frames, options) => element.animate?.(frames, options);

/** Whether what `showAbove` or `hideAbove` last said of an element is that it is open. */
export const isOpen = (element) =>
  element.showPopover ? element.matches(":popover-open") : element.classList.contains("vm-open");

function toldOpen(element, open) {
  if (isOpen(element) === open) return;
  element.classList.toggle("vm-open", open);
  element.dispatchEvent(Object.assign(new Event("toggle"), { newState: open ? "open" : "closed" }));
}

/** Show a popover above everything else; where there are none, as a class that base.css knows. */
export const showAbove = (element) => (element.showPopover ? element.showPopover() : toldOpen(element, true));

export const hideAbove = (element) => (element.hidePopover ? element.hidePopover() : toldOpen(element, false));

/** Open or close what closes by itself: by Esc and by a click elsewhere, as the browser does. */
export function toggleAbove(element) {
  if (element.togglePopover) return element.togglePopover();
  if (isOpen(element)) return hideAbove(element);
  showAbove(element);
  const life = new AbortController();
  const close = ({ key, target }) => {
    if (key ? key === "Escape" : !element.parentNode.contains(target)) hideAbove(element);
  };
  for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, close, life);
  element.addEventListener("toggle", () => life.abort(), { once: true });
}
