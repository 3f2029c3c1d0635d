// A lesson runs in its own page once its button is pressed; without this script the button is a link.
for (const button of document.querySelectorAll("a[data-frame]")) {
  button.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const frame = document.createElement("iframe");
    frame.className = "live-lab";
    frame.title = button.dataset.frame;
    frame.src = button.href;
    button.closest("p").after(frame);
    button.removeAttribute("data-frame");
    frame.focus();
  }, { once: true });
}

// The front page opens in the browser's language, until somebody chooses another.
const KEY = "vmlab-docs-language";
const stored = {
  get: () => { try { return localStorage.getItem(KEY); } catch { return null; } },
  set: (code) => { try { localStorage.setItem(KEY, code); } catch { /* it may not keep anything */ } },
};
const other = document.querySelector(".other-language a");
other?.addEventListener("click", () => stored.set(other.hreflang));
if (other && document.querySelector("[data-front]") && !stored.get()) {
  const wanted = navigator.language?.split("-")[0];
  if (wanted === other.hreflang && wanted !== "en") location.replace(other.href);
}
