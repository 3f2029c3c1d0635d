// Hover is shared by all views of a page: no Python in between, so it is immediate.

const EVENT = "vmlab:hover";

/** Tell every view of the page which objects are pointed at; an empty list means none. */
export function pointAt(ids) {
  document.dispatchEvent(new CustomEvent(EVENT, { detail: { ids } }));
}

/** Call `show` with a set of object ids whenever another is pointed at. */
export function onPointed(show, signal) {
  document.addEventListener(EVENT, (event) => show(new Set(event.detail.ids)), { signal });
}
