// The page of real processes: the table of regions, its search and order, and how it goes with the picture.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";

import { event, settled } from "./page.js";
import { svgOf } from "./graphviz.js";
import { LocalModel } from "../../vmlab/widgets/frontend/local_model.js";
import { RegionsTable, found, sized } from "../../vmlab/widgets/frontend/regions_table.js";
import { showProcesses } from "../../vmlab/widgets/frontend/seen.js";
import diagram_view from "../../vmlab/widgets/frontend/diagram_view.js";

const DATA = {
  columns: ["addresses", "rights", "size", "name"],
  sizes: [false, false, true, false],
  rows: [
    ["vma_1_1000", "00001000-00002000", "r-xp", 4, "/bin/cat"],
    ["vma_1_5000", "00005000-00009000", "rw-p", 16, "[heap]"],
    ["vma_1_a000", "0000a000-0000b000", "rw-p", -1, "<img src=x onerror=alert(1)>"],
  ],
};
const table = (data = DATA) => new RegionsTable(data, new LocalModel({}), new AbortController().signal);
const shown = ({ body }) => [...body.children].map((row) => row.dataset.vmId);

test("sizes are in the unit that a person would choose", () => {
  assert.deepEqual([-1, 0, 4, 1023, 1024, 12_000, 300_000, 1 << 20, 2 ** 30].map(sized),
    ["", "0", "4 KiB", "1023 KiB", "1.0 MiB", "12 MiB", "293 MiB", "1.0 GiB", "1.0 TiB"]);
});

test("every word of a search must stand in a row", () => {
  const regions = table();
  for (const [search, ids] of [["", 3], ["RW-P", 2], ["rw-p heap", 1], ["cat heap", 0], ["5000", 1]]) {
    assert.equal(found(regions.rows, search, null, false).length, ids, search);
  }
  regions.search.value = "heap";
  regions.search.dispatchEvent(event("input"));
  assert.deepEqual(shown(regions), ["vma_1_5000"]);
  assert.equal(regions.count.textContent, "1 of 3 regions");
});

test("a column sorts, the other way round, and not any more", () => {
  const regions = table();
  const sort = (column) => regions.head.children[column].querySelector("button").dispatchEvent(event("click"));
  sort(2);
  assert.deepEqual(shown(regions), ["vma_1_5000", "vma_1_1000", "vma_1_a000"]);
  assert.equal(regions.head.children[2].getAttribute("aria-sort"), "descending");
  sort(2);
  assert.deepEqual(shown(regions), ["vma_1_a000", "vma_1_1000", "vma_1_5000"]);
  sort(2);
  assert.deepEqual(shown(regions), ["vma_1_1000", "vma_1_5000", "vma_1_a000"]);
  sort(3);
  assert.equal(regions.head.children[3].getAttribute("aria-sort"), "ascending");
});

test("a name is text, whatever stands in it", () => {
  const regions = table();
  assert.equal(regions.el.querySelector("img"), null);
  assert.match(regions.body.textContent, /<img src=x/);
});

test("of very many rows the first are shown", () => {
  const rows = Array.from({ length: 1000 }, (_, i) => [`vma_1_${i}`, `${i}`, "rw-p", i, ""]);
  const regions = table({ ...DATA, rows });
  assert.equal(regions.body.children.length, 400);
  assert.equal(regions.count.textContent, "1000 of 1000 regions, the first 400 are shown");
});

test("the page shows its pictures, and a click on a region finds its row", async () => {
  const svg = svgOf('digraph { node [shape=box]; a [id=vma_1_5000 label="heap" tooltip="heap"] }');
  const pictures = [{ tab: "One", label: "One", svg, words: "one" }, { tab: "Two", label: "Two", svg, words: "two" }];
  const data = { ...DATA, words: {}, language: "en", title: "pid 1", notes: ["a note"], pictures };
  const packed = deflateRawSync(Buffer.from(JSON.stringify(data))).toString("base64");
  document.body.innerHTML = '<main></main><script type="text/plain" id="vmlab-data"></script>';
  document.querySelector("#vmlab-data").textContent = packed;
  await showProcesses({ diagram_view });
  await settled();
  const main = document.querySelector("main");
  assert.equal(main.querySelector("h1").textContent, "pid 1");
  assert.equal(main.querySelector(".vm-notes").textContent, "a note");
  assert.deepEqual([...main.querySelectorAll(".vm-tab")].map((tab) => tab.textContent), ["One", "Two"]);
  assert.equal(main.querySelectorAll("tbody tr").length, 3);
  main.querySelector('[data-vm-id="vma_1_5000"], [data-vm-key="vma_1_5000"]').dispatchEvent(event("click"));
  await settled();
  assert.equal(main.querySelector(".vm-search").value, "[heap]");
  assert.deepEqual([...main.querySelectorAll("tbody tr")].map((row) => row.dataset.vmId), ["vma_1_5000"]);
});
