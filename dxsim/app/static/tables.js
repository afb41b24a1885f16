// What is told in rows: the comparison of both scenarios, and the story of a municipality.

import { element } from "./pages.js";
import { compared, money, t, written } from "./words.js";

// Means over the pairs of runs; while there are none yet, the one run that is drawn.
export function fillComparison(body, kpis, runs, comparison) {
  body.replaceChildren(...kpis.map((name) => {
    const row = document.createElement("tr");
    row.dataset.kpi = name;
    row.append(Object.assign(document.createElement("th"), { scope: "row", textContent: t(`kpi_${name}`) }));
    const entries = comparison?.kpis[name];
    const kind = entries ? "" : " one";
    const words = entries ? compared(name, entries) : { a: written(name, runs.a?.kpis[name] ?? null), b: written(name, runs.b?.kpis[name] ?? null), difference: "…", interval: "" };
    const [first, entry] = entries ?? [{}, {}];
    const cells = [
      [`a${kind}`, words.a, entries ? entry.before ?? first.mean : runs.a?.kpis[name]],
      [`b${kind}`, words.b, entries ? entry.after ?? entry.mean : runs.b?.kpis[name]],
      [words.verdict === "proven" ? "sure" : "unsure", words.difference, entry.difference],
      [words.verdict === "proven" ? "sure" : "unsure", words.interval, null],
    ];
    for (const [className, text, value] of cells) {
      const cell = Object.assign(row.appendChild(document.createElement("td")), { className, textContent: text });
      if (value !== null && value !== undefined) cell.dataset.value = value;
    }
    if (words.verdict === "open") row.lastChild.append(" ", Object.assign(document.createElement("span"), { className: "open", textContent: t("not_proven") }));
    return row;
  }));
}

// Without a life the panel shows its title alone.
export function showLife(panel, life, title) {
  if (!life) { panel.replaceChildren(element("p", title)); return; }
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const key of ["lot", "decided", "live", "vendor"]) head.append(Object.assign(element("th", t(`life_${key}`)), { scope: "col" }));
  const body = table.createTBody();
  for (const row of life.lots) {
    const line = body.insertRow();
    line.append(Object.assign(element("th", row.lot), { scope: "row" }));
    const late = row.late ? t("life_late", { late: row.late, systems: row.systems, reason: row.reason }) : "";
    for (const [when, words] of [[row.decided, row.cause], [row.live, late]]) {
      const cell = line.insertCell();
      cell.append(Object.assign(element("span", when), { className: "when" }), " ", element("span", words));
    }
    line.append(element("td", row.vendor));
  }
  const list = document.createElement("ul");
  for (const { month, words } of life.events) list.append(element("li", `${month} ${words}`));
  const costs = { before: money(life.baseline_cost), after: money(life.running_2035) };
  panel.replaceChildren(
    element("h3", title),
    element("p", `${t("life_ready", { rank: life.rank, municipalities: life.municipalities })}; ${t("life_cost", costs)}`),
    table, element("h3", t("life_events")), list,
  );
}
