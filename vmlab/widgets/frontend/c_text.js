// C text in colours: for the eye only, so what is not C is merely shown plain.

import { make } from "./dom.js";

const COMMENT = /\/\/.*|\/\*(?:(?!\*\/).)*(?:\*\/)?/;
const STRING = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?/;
const MACRO = /^\s*#\s*\w+/;
const KEYWORD = RegExp(
  "\\b(?:auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|long" +
  "|register|return|short|signed|sizeof|static|struct|switch|typedef|union|unsigned|void|volatile|while)\\b",
);
const COLOURED = RegExp(
  `(?<comment>${COMMENT.source})|(?<string>${STRING.source})|(?<macro>${MACRO.source})|(?<word>${KEYWORD.source})`,
  "g",
);

/** Return what stands in each line: texts, and elements around what has a colour. */
export function colours(lines) {
  let open = false; // a comment that began in a line before
  const coloured = (kind, text) => make("span", { class: `vm-c-${kind}` }, text);
  return lines.map((line) => {
    const parts = [];
    let at = 0;
    if (open) {
      const end = line.indexOf("*/");
      open = end < 0;
      at = open ? line.length : end + 2;
      parts.push(coloured("comment", line.slice(0, at)));
    }
    const rest = line.slice(at);
    const from = at;
    for (const found of rest.matchAll(COLOURED)) {
      const [text] = found;
      const [kind] = Object.entries(found.groups).find(([, part]) => part !== undefined);
      parts.push(line.slice(at, from + found.index), coloured(kind, text));
      at = from + found.index + text.length;
      open = text.startsWith("/*") && !(text.length > 3 && text.endsWith("*/"));
    }
    parts.push(line.slice(at));
    return parts;
  });
}
