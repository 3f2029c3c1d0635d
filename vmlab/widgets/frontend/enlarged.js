// A picture that fills the window and comes back.
//
// It stays where it is in the page's tree, so what has the focus keeps it, and keys go the same way.

import { showAbove, hideAbove } from "./host.js";

export class Enlarged {
  /** `frame`, which is all of `el`, is what is enlarged; `opener` the button for it. */
  constructor(el, frame, opener, tell, signal) {
    Object.assign(this, { el, frame, opener, tell, on: false });
    opener.setAttribute("aria-pressed", "false");
    document.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  toggle() {
    const { activeElement } = document;
    this.on = !this.on;
    // Its place in the page is kept for it.
    this.el.style.minHeight = this.on ? `${this.el.offsetHeight}px` : "";
    if (this.on) {
      this.frame.setAttribute("popover", "manual");
      showAbove(this.frame);
    } else {
      hideAbove(this.frame);
      this.frame.removeAttribute("popover");
    }
    this.opener.setAttribute("aria-pressed", String(this.on));
    this.tell(this.on);
    if (activeElement !== document.activeElement) activeElement.focus({ preventScroll: true });
  }

  key(event) {
    if (!this.on || event.defaultPrevented) return;
    if (event.key === "Escape" && !this.frame.querySelector('[aria-expanded="true"]')) {
      event.preventDefault();
      this.toggle();
    } else if (event.key === "Tab") {
      // What lies below cannot be seen: the keyboard goes round.
      setTimeout(() => this.frame.contains(document.activeElement) || this.opener.focus());
    }
  }
}
