// What is told in rows: the comparison of both scenarios, and the story of a municipality.

import { interval, number, t, written } from "./words.js";

export function fillComparison(body, kpis, runs, comparison) {
  body.replaceChildren(...kpis.map((name) => {
    const row = document.createElement("tr");
    row.dataset.kpi = name;
    const entry = comparison?.kpis[name][1];
    const isSure = entry && entry.low !== null && (entry.low > 0 || entry.high < 0);
    const cells = [
      ["", t(`kpi_${name}`), null],
      ["a", written(name, runs.a?.kpis[name] ?? NaN), runs.a?.kpis[name]],
      ["b", written(name, runs.b?.kpis[name] ?? NaN), runs.b?.kpis[name]],
      [isSure ? "sure" : "unsure", entry ? interval(name, entry) : "…", entry?.difference],
    ];
    for (const [place, [kind, words, value]] of cells.entries()) {
      const cell = row.appendChild(document.createElement(place ? "td" : "th"));
      if (!place) cell.scope = "row";
      cell.className = kind;
      cell.textContent = words;
      if (value !== null && value !== undefined) cell.dataset.value = value;
    }
    return row;
  }));
}

const element = (tag, words) => Object.assign(document.createElement(tag), { textContent: words });

// Without a life the panel shows its title alone.
export function showLife(panel, life, title) {
  if (!life) { panel.replaceChildren(element("p", title)); return; }
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const key of ["lot", "decided", "cause", "live", "late", "vendor"]) head.append(Object.assign(element("th", t(`life_${key}`)), { scope: "col" }));
  const body = table.createTBody();
  for (const row of life.lots) {
    const late = row.late ? `${row.late}/${row.systems} ${row.reason}` : "0";
    const line = body.insertRow();
    line.append(Object.assign(element("th", row.lot), { scope: "row" }));
    for (const [words, className] of [[row.decided, "when"], [row.cause, ""], [row.live, "when"], [late, ""], [row.vendor, ""]]) {
      line.append(Object.assign(element("td", words), { className }));
    }
  }
  const list = document.createElement("ul");
  for (const { month, words } of life.events) list.append(element("li", `${month} ${words}`));
  const costs = { before: number(life.baseline_cost / 1e6), after: number(life.running_2035 / 1e6) };
  panel.replaceChildren(
    element("h3", title),
    element("p", `${t("life_ready", { rank: life.rank, municipalities: life.municipalities })}; ${t("life_cost", costs)}`),
    table, element("h3", t("life_events")), list,
  );
}
