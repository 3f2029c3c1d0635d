// What Graphviz wrote, as a tree of parts that can be compared: shapes, and groups of parts.
//
// In every layout everything has new coordinates. So a part says how it looks apart from where it
// is: `look` is its text as seen from its own corner, which lies at (x, y) in the group around it.

const HEAD =
  /^<svg [^>]*>\n<g id="[^"]*" class="graph" transform="scale\(1 1\) rotate\(0\) translate\((\S+) (\S+)\)">\n/;
const GROUP = /^<g id="([^"]*)"(?: class="[^"]*")?>(?:<a xlink:title="[^"]*">)?$/;
const SHAPE = /^<(?:polygon|polyline|path|ellipse) [^<>]*\/>$|^<text [^<>]*>[^<]*<\/text>$/;
const NOTHING = /^<title>[^<]*<\/title>$|^<!-- .* -->$|^<\/a>$/;
const TURNED = / transform="/;
const LINE = / (points|d)="([^"]*)"/;
const POINT = /(-?[\d.]+),(-?[\d.]+)/g;
const CENTRE = / c?x="(-?[\d.]+)" c?y="(-?[\d.]+)"/;

const short = (number) => Math.round(number * 100) / 100;

function shape(line) {
  if (!SHAPE.test(line) || TURNED.test(line)) return null;
  const centre = CENTRE.exec(line);
  if (centre) return { look: line.replace(centre[0], ""), x: Number(centre[1]), y: Number(centre[2]) };
  const [whole, name, path] = LINE.exec(line) ?? [];
  const points = [...(path ?? "").matchAll(POINT)];
  if (!points.length) return null;
  const x = Math.min(...points.map((point) => point[1]));
  const y = Math.min(...points.map((point) => point[2]));
  const near = path.replace(POINT, (_, px, py) => `${short(px - x)},${short(py - y)}`);
  return { look: line.replace(whole, ` ${name}="${near}"`), x, y };
}

function close(group) {
  const { parts } = group;
  group.x = Math.min(...parts.map((part) => part.x));
  group.y = Math.min(...parts.map((part) => part.y));
  for (const part of parts) {
    part.x = short(part.x - group.x);
    part.y = short(part.y - group.y);
  }
  // Graphviz puts a node with a tooltip into a second group: they are one object.
  group.frame = group.open + (parts[0].key === `a_${group.key}` ? parts[0].frame : "");
  group.look = group.frame + parts.map((part) => place(part) + part.look).join("\n");
}

/** Read the parts of a drawing by Graphviz; null if it is none. */
export function read(text) {
  const head = HEAD.exec(text);
  if (!head) return null;
  const root = { parts: [], x: Number(head[1]), y: Number(head[2]) };
  const around = [root];
  for (const line of text.slice(head[0].length).split("\n")) {
    const group = around.at(-1);
    const opened = GROUP.exec(line);
    if (opened) {
      const edge = line.includes('class="edge"');
      around.push({ open: line, key: opened[1], edge, linked: line.includes("<a "), parts: [] });
      group.parts.push(around.at(-1));
    } else if (line === "</g>") {
      around.pop();
      if (group === root) return { head: head[0], root };
      if (!group.parts.length) return null;
      close(group);
    } else if (!NOTHING.test(line)) {
      const found = shape(line);
      if (!found) return null;
      group.parts.push(found);
    }
  }
  return null;
}

/** Where a part stands in the group around it, as its attribute says. */
export const place = ({ x, y }) => `translate(${x} ${y})`;

/** A part as SVG text. */
export function markup({ look, open, linked, parts, ...at }) {
  const placed = `$& transform="${place(at)}"`;
  if (!parts) return look.replace(/^<\w+/, placed);
  return [open.replace("<g", placed), ...parts.map(markup), linked ? "</a></g>" : "</g>"].join("");
}
