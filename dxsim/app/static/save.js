// Figures and tables of what is on the screen, as files.

import { curves } from "./charts.js";
import { CanvasPen, SvgPen, TYPE, broken } from "./pen.js";
import { palette } from "./theme.js";
import { monthName, t } from "./words.js";

const WIDTH = 1200;
const HEIGHT = 730;
const PNG_SCALE = 2;

export function offer(content, type, name) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const anchor = Object.assign(document.createElement("a"), { href: url, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// Both maps, the legend, the curves and the second chart on one sheet, in the colours for paper.
function sheet(pen, { atlas, state, runs, start, titles, curves: given, second }) {
  pen.rect(0, 0, WIDTH, HEIGHT, pen.colours.paper);
  const side = second ? 720 : 1180;
  pen.text(14, 24, `${t(`layer_${state.layer}`)} – ${monthName(start.months[state.month])}`, { size: 16, weight: 600 });
  ["a", "b"].forEach((arm, k) => {
    if (!runs[arm]?.[`layer_${state.layer}`]) return;
    const x = 10 + k * 360;
    const { title, changes } = titles[k];
    const lines = [...broken(pen, `${arm.toUpperCase()}: ${title}`, 336, TYPE, 600).slice(0, 2), ...broken(pen, changes.join(" · "), 336).filter(Boolean).slice(0, 2)];
    lines.forEach((line, row) => pen.text(x + 4, 46 + 17 * row, line, { weight: row ? 400 : 600, colour: row ? pen.colours.ink : pen.colours[arm] }));
    pen.text(x + 4, 46 + 17 * lines.length, atlas.heading(runs[arm], state.layer, state.month));
    pen.within(x, 108, 350, 270, (inside) => atlas.draw(inside, 350, 270, runs[arm], state));
  });
  pen.within(10, 384, 700, 44, (inside) => atlas.legend(inside, 700, state.layer));
  pen.within(10, 432, side - 20, 274, (inside) => curves(inside, side - 20, 274, given));
  if (second) pen.within(730, 30, 460, 676, (inside) => second.paint(inside, 460, 676, second.given));
  pen.text(14, HEIGHT - 8, `dxsim ${start.version} · seed ${state.seed} · ${t("not_forecast")} ${atlas.credit()}`, { colour: pen.colours.faint });
}

export function figure(kind, given) {
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH * PNG_SCALE, height: HEIGHT * PNG_SCALE });
  const context = canvas.getContext("2d");
  context.scale(PNG_SCALE, PNG_SCALE);
  const brush = new CanvasPen(context, palette(true));
  if (kind === "svg") {
    const pen = new SvgPen(brush);
    sheet(pen, given);
    return pen.document(WIDTH, HEIGHT, t("title"));
  }
  sheet(brush, given);
  return canvas;
}

export function saveFigure(kind, given) {
  const made = figure(kind, given);
  if (kind === "svg") offer(made, "image/svg+xml", "dxsim.svg");
  else made.toBlob((blob) => offer(blob, "image/png", "dxsim.png"));
}

const cell = (value) => {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const csv = (rows) => `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;

export function table(kind, { atlas, state, runs, comparison, start }) {
  const arms = ["a", "b"].filter((arm) => runs[arm]);
  const types = [...atlas.nation.types, "all"];
  if (kind === "curves") {
    return [["month", "scenario", "type", ...start.series], ...start.months.flatMap((month, k) => arms.flatMap((arm) =>
      types.map((type, place) => [month, arm.toUpperCase(), type, ...start.series.map((name) => runs[arm][`series_${name}`][k * types.length + place])])))];
  }
  if (kind === "map") {
    return [["code", "name", "type", "population", "month", "scenario", "systems", ...start.layers], ...atlas.nation.code.flatMap((code, municipality) =>
      arms.map((arm) => [code, atlas.nation.name[municipality], atlas.nation.types[atlas.nation.kind[municipality]], atlas.nation.population[municipality], start.months[state.month], arm.toUpperCase(), atlas.nation.systems[municipality],
        ...start.layers.map((layer) => {
          const value = runs[arm][`layer_${layer}`][state.month * atlas.count + municipality];
          return layer === "group" ? (value < 0 ? "" : atlas.nation.code[value]) : value;
        })]))];
  }
  const rows = [["measure", "size_class", "mean_a", "mean_b", "difference", "low", "high", "pairs"]];
  const add = (name, size, [a, b]) => rows.push([name, size, b.before ?? a.mean, b.after ?? b.mean, b.difference, b.low, b.high, b.pairs]);
  if (comparison) {
    for (const [name, entries] of Object.entries(comparison.kpis)) add(name, "", entries);
    for (const [name, classes] of Object.entries(comparison.strata)) classes.forEach((entries, k) => add(name, atlas.nation.size_classes[k], entries));
  }
  return rows;
}

export function saveTable(kind, given) {
  offer(csv(table(kind, given)), "text/csv", `dxsim-${kind}.csv`);
}
