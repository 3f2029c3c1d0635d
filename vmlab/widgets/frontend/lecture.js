// An Explorer that fills the screen, with text that can be read from the last row.

import { showAbove, hideAbove, isOpen } from "./host.js";

/** `changed` is called after it began and after it ended. */
export class Lecture {
  constructor(explorer, signal, changed) {
    Object.assign(this, { explorer, changed });
    const left = () => this.on && document.fullscreenElement !== explorer && this.end();
    document.addEventListener("fullscreenchange", left, { signal });
    explorer.addEventListener("keydown", (event) => this.key(event), { signal });
    signal.addEventListener("abort", () => this.on && this.end());
  }

  get on() {
    return this.explorer.classList.contains("vm-lecture");
  }

  async begin() {
    if (this.on) return this.end();
    this.show(true);
    try {
      await this.explorer.requestFullscreen();
    } catch {
      // A frame that may not fill the screen: fill the page, above everything else on it.
      this.explorer.setAttribute("popover", "manual");
      showAbove(this.explorer);
    }
  }

  /** Esc leaves, unless it closes something that is open within. */
  key(event) {
    const open = [...this.explorer.querySelectorAll("[popover]")].some(isOpen);
    if (event.key === "Escape" && !event.defaultPrevented && this.on && !open) this.end();
  }

  end() {
    this.show(false);
    if (document.fullscreenElement === this.explorer) document.exitFullscreen();
    if (this.explorer.hasAttribute("popover")) {
      hideAbove(this.explorer);
      this.explorer.removeAttribute("popover");
    }
  }

  show(on) {
    this.explorer.classList.toggle("vm-lecture", on);
    this.changed();
    if (on) this.explorer.querySelector(".vm-story .vm-chip[aria-current], .vm-story button")?.focus();
    else this.explorer.scrollIntoView({ block: "nearest" });
  }
}
