// Shows real processes in a page of its own: pictures, their words, and all regions.

import { make } from "./dom.js";
import { LocalModel } from "./local_model.js";
import { unpacked } from "./played_data.js";
import { RegionsTable } from "./regions_table.js";
import { speak } from "./words.js";

/** Show what the page holds; `views` show its parts. */
export async function showProcesses(views) {
  const root = document.querySelector("main");
  const data = await unpacked(document.querySelector("#vmlab-data").textContent);
  speak({ get: () => data.words });
  const { pictures } = data;
  const tabs = pictures.map(({ tab }) => tab);
  const shown = (tab) => {
    const { svg, label, words } = pictures[Math.max(tabs.indexOf(tab), 0)];
    return { svg, label, description: words };
  };
  const place = make("div");
  const model = new LocalModel({
    headline: "", hint: "", announcement: "", hints: {}, highlight: [], lacking: false, elsewhere: [],
    tabs, tab: tabs[0] ?? "", duration: 280, menus: [], without_menu: [], ...shown(tabs[0]),
  }, {
    changed: () => model.update(shown(model.get("tab"))),
    told: ({ type, id }) => type === "click" && table.goTo(id),
  });
  const table = new RegionsTable(data, model, new AbortController().signal);
  const notes = data.notes.map((note) => make("li", {}, note));
  root.classList.add("vm-seen");
  root.replaceChildren(
    make("h1", {}, data.title), ...(notes.length ? [make("ul", { class: "vm-notes" }, ...notes)] : []),
    make("div", { class: "vm-both" }, place, table.el),
  );
  if (pictures.length) views.diagram_view.render({ model, el: place });
}
