// Save what is seen, as SVG or PNG, or print it, without a round trip.

import { say } from "./words.js";

const PAINT = ("fill fill-opacity stroke stroke-width stroke-dasharray stroke-opacity opacity stop-color " +
  "font-family font-size font-weight font-style text-decoration").split(" ");
// eslint-disable-next-line no-restricted-syntax -- names of elements
const DRAWN = "text, tspan, polygon, polyline, path, ellipse, circle, rect, line, stop";
const SHARPNESS = 3; // pixels of a PNG per CSS pixel: sharp on a projector

/** The whole drawing as text that needs no stylesheet: every style written into it. */
export function standalone(svg, whole) {
  const copy = svg.cloneNode(true);
  const seen = [svg, ...svg.querySelectorAll("*")];
  const made = [copy, ...copy.querySelectorAll("*")];
  seen.forEach((element, i) => {
    if (element.matches(DRAWN)) {
      const style = getComputedStyle(element);
      for (const name of PAINT) made[i].style.setProperty(name, style.getPropertyValue(name));
    }
    if (element.dataset.vmKey) made[i].id = element.dataset.vmKey;
    for (const name of ["tabindex", "role", "class", "data-vm-key", "data-vm-id"]) {
      made[i].removeAttribute(name);
    }
  });
  for (const rect of copy.querySelectorAll(".vm-ring")) rect.remove();
  const [x, y, width, height] = whole;
  const paper = document.createElementNS(svg.namespaceURI, "rect");
  const behind = getComputedStyle(svg.closest(".vm-stage")).backgroundColor;
  for (const [name, value] of Object.entries({ x, y, width, height, fill: behind })) {
    paper.setAttribute(name, value);
  }
  copy.prepend(paper);
  for (const name of ["aria-describedby", "aria-roledescription", "style"]) copy.removeAttribute(name);
  copy.setAttribute("viewBox", whole.join(" "));
  copy.setAttribute("width", `${width}pt`);
  copy.setAttribute("height", `${height}pt`);
  return new XMLSerializer().serializeToString(copy);
}

/** Let the reader keep a file. */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function saveSvg(svg, whole, name) {
  download(new Blob([standalone(svg, whole)], { type: "image/svg+xml" }), `${name}.svg`);
}

export async function savePng(svg, whole, name) {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(standalone(svg, whole))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * SHARPNESS;
  canvas.height = image.naturalHeight * SHARPNESS;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  if (!blob) throw new Error(say("the picture is too large for a PNG; save it as SVG"));
  download(blob, `${name}.png`);
}

// eslint-disable-next-line no-restricted-syntax -- CSS
const PAGE = `
  @page { margin: 12mm; }
  html { color-scheme: light; background: white; }
  body { margin: 0; }
  svg { display: block; max-width: 100%; max-height: 96vh; margin: auto; print-color-adjust: exact; }
  text { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }`;

/** Print this one picture on white paper; the browser's printer may be a PDF file. */
export async function printPicture(svg, whole, name) {
  const [, , width, height] = whole;
  const copy = svg.cloneNode(true);
  for (const rect of copy.querySelectorAll(".vm-ring")) rect.remove();
  copy.removeAttribute("style");
  copy.setAttribute("viewBox", whole.join(" "));
  copy.setAttribute("width", `${width}pt`);
  copy.setAttribute("height", `${height}pt`);
  const turn = width > height ? "@page { size: landscape; }" : "";
  document.querySelector("iframe.vm-print")?.remove(); // not every browser says when it has printed
  const page = document.createElement("iframe");
  page.className = "vm-print";
  page.setAttribute("aria-hidden", "true");
  page.tabIndex = -1;
  page.style.cssText = "position: fixed; width: 0; height: 0; border: 0; visibility: hidden";
  page.sandbox = "allow-same-origin allow-modals"; // no script runs there; to print is a modal
  page.srcdoc = "<!doctype html>";
  await new Promise((loaded) => {
    page.addEventListener("load", loaded, { once: true });
    document.body.append(page);
  });
  const { contentDocument: paper, contentWindow: { CSSStyleSheet: Sheet } } = page;
  paper.title = name; // what the browser calls the file
  const sheet = new Sheet(); // no element: a page may have forbidden styles that come later
  sheet.replaceSync(PAGE + turn);
  paper.adoptedStyleSheets = [sheet];
  paper.body.append(paper.importNode(copy, true)); // as it is: text that is read again may become something else
  page.contentWindow.addEventListener("afterprint", () => page.remove());
  page.contentWindow.print();
}
