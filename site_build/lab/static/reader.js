// What the reader has: a page, a browser, a language.

export const option = (name) => JSON.parse(document.getElementById("jupyter-config-data").textContent)[name];

/** The first of the reader's languages that has lessons; English is the last resort. */
export function language() {
  const known = option("vmlabLanguages");
  const wanted = navigator.languages.map((code) => code.split("-")[0]);
  return wanted.find((code) => known.includes(code)) ?? known[0];
}

/** The path of the first lesson in that language. */
export function first() {
  const code = language();
  return `${code === option("vmlabLanguages")[0] ? "" : `${code}/`}${option("vmlabFirst")}`;
}
