// The charts: curves over time, bars by size class, sizes of groups, steps of a lever.

import { interval, monthName, number, t, written } from "./words.js";

const INK = "#222222";
const FAINT = "#6b6b6b";
const GRID = "#e6e6e6";
const BOX = { left: 46, right: 10, top: 20, bottom: 22 };
const GROUP_SIZES = [[1, 1], [2, 2], [3, 3], [4, 4], [5, 6], [7, 10], [11, 999]];
const SHARES = ["committed", "live", "late", "excluded", "overloaded", "cooperating"];

// Round steps for an axis from low to high.
function ticks(low, high, wanted = 4) {
  const rough = (high - low) / wanted || 1;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((candidate) => candidate >= rough);
  const found = [];
  for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + step * 1e-9; value += step) found.push(Math.abs(value) < step / 1e6 ? 0 : value);
  return found;
}

function axis(pen, box, low, high, format) {
  const y = (value) => box.y + box.height * (1 - (value - low) / (high - low || 1));
  for (const value of ticks(low, high)) {
    pen.line([[box.x, y(value)], [box.x + box.width, y(value)]], GRID);
    pen.text(box.x - 5, y(value) + 3.5, format(value), { size: 10, anchor: "end", colour: FAINT });
  }
  return y;
}

const inner = (width, height) => ({
  x: BOX.left, y: BOX.top, width: width - BOX.left - BOX.right, height: height - BOX.top - BOX.bottom,
});

const short = (name, value) => {
  if (SHARES.includes(name) || name.endsWith("share")) return number(100 * value, Math.abs(value) < 0.01 && value ? 1 : 0);
  return number(value, Math.abs(value) < 10 && value % 1 ? 1 : 0);
};

export function curves(pen, width, height, { runs, series, type, types, month, months, colours }) {
  const columns = types.length + 1;
  const column = type === "all" ? types.length : types.indexOf(type);
  const shown = [];
  for (const arm of ["a", "b"]) {
    if (!runs[arm]) continue;
    const values = runs[arm][`series_${series}`];
    const of = (place) => Array.from(months, (_, k) => values[k * columns + place]);
    const style = { colour: colours.cases[arm === "a" ? 0 : 1], dash: arm === "a" ? [] : [7, 3], width: 2.4 };
    if (type === "each") {
      types.forEach((name, place) => {
        const line = of(place);
        if (line.some(Number.isFinite)) shown.push({ line, ...style, width: 1.7, colour: colours.types[place], name });
      });
    } else shown.push({ line: of(column), ...style });
  }
  const isEach = type === "each";
  const drawn = types.map((name, k) => ({ key: name, name: t(`type_${name}`), colour: colours.types[k] })).filter(({ key }) => shown.some(({ name }) => name === key));
  const arms = ["A", "B"].map((name, k) => ({ name, colour: isEach ? FAINT : colours.cases[k], dash: k ? [7, 3] : [] }));
  const keys = placeKeys(pen, width, isEach ? [...arms, ...drawn] : arms, isEach);
  const box = inner(width, height);
  const lift = keys[keys.length - 1].y - 12;
  Object.assign(box, { y: box.y + lift, height: box.height - lift });
  const highest = Math.max(...shown.flatMap(({ line }) => line.filter(Number.isFinite)), 0);
  const isShare = SHARES.includes(series);
  const high = isShare ? (highest > 0.5 ? 1 : highest * 1.1 || 0.05) : highest * 1.08 || 1;
  pen.text(box.x - 38, 12, t(`series_${series}`), { size: 11.5, weight: 600 });
  const y = axis(pen, box, 0, high, (value) => short(series, value));
  const x = (at) => box.x + (box.width * (at + 1)) / months.length;
  months.forEach((name, k) => {
    if (name.endsWith("-01") && Number(name.slice(0, 4)) % 2 === 0) {
      pen.line([[x(k - 1), box.y + box.height], [x(k - 1), box.y + box.height + 4]], FAINT);
      pen.text(x(k - 1), box.y + box.height + 15, name.slice(0, 4), { size: 10, anchor: "middle", colour: FAINT });
    }
  });
  pen.line([[box.x, box.y + box.height], [box.x + box.width, box.y + box.height]], FAINT);
  const theory = runs.a?.limit_share ? runs.a : runs.b?.limit_share ? runs.b : null;
  if (theory && series === "committed" && type === "all") {
    const upper = months.map((_, k) => [x(k), y(theory.limit_high[k])]);
    const lower = months.map((_, k) => [x(k), y(theory.limit_low[k])]);
    pen.area([...upper, ...lower.reverse()], "#dddddd");
    pen.line(months.map((_, k) => [x(k), y(theory.limit_share[k])]), "#000000", 1.4, [2, 3]);
    pen.text(box.x + box.width - 4, box.y + box.height - 22, `·· ${t("theory")}`, { anchor: "end", size: 11 });
    pen.text(box.x + box.width - 4, box.y + box.height - 8, `░ ${t("theory_band")}`, { anchor: "end", size: 10.5, colour: FAINT });
  }
  for (const { line, colour, dash, width: thick } of shown) {
    pen.line(line.map((value, k) => [x(k), y(value)]), colour, thick, dash);
  }
  pen.line([[x(month), box.y], [x(month), box.y + box.height]], "#e69f00", 1.5);
  const ends = [runs.a?.deadline, runs.b?.deadline];
  [...new Set(ends.filter((end) => end !== undefined))].forEach((end, k) => {
    const which = ends[0] === ends[1] || ends[1] === undefined ? t("deadline") : t("deadline_of", { which: ends[0] === end ? "A" : "B" });
    pen.line([[x(end - 1), box.y], [x(end - 1), box.y + box.height]], INK, 1, [4, 3]);
    pen.text(x(end - 1) - 4, box.y + 9 + 12 * k, which, { size: 10.5, anchor: "end" });
  });
  keys.forEach(({ name, colour, dash, x: left, y: top }) => {
    pen.line([[left, top - 4], [left + 19, top - 4]], colour, 2.4, dash);
    pen.text(left + 24, top, name, { size: 11 });
  });
}

// Where the names of lines stand: A and B beside the title; with types too, all in rows under it.
function placeKeys(pen, width, entries, isLong) {
  const wide = ({ name }) => pen.width(name, 11) + 36;
  let x = isLong ? 8 : width - BOX.right + 12 - entries.reduce((sum, entry) => sum + wide(entry), 0);
  let y = isLong ? 27 : 12;
  return entries.map((entry) => {
    if (isLong && x + wide(entry) > width && x > 8) { x = 8; y += 14; }
    const placed = { ...entry, x, y };
    x += wide(entry);
    return placed;
  });
}

export function describeCurves({ runs, series, type, types, month, months }) {
  const value = (run) => (run ? written(series, run[`series_${series}`][month * (types.length + 1) + (types.includes(type) ? types.indexOf(type) : types.length)]) : "–");
  return t("curve_description", {
    series: t(`series_${series}`), type: t(type === "each" ? "type_all" : `type_${type}`),
    month: monthName(months[month]), a: value(runs.a), b: value(runs.b),
  });
}

// Means of A and B by size class above, their difference with its interval below.
export function bySize(pen, width, height, { comparison, measure, classes, colours }) {
  pen.text(8, 12, t("by_size", { measure: t(`strata_${measure}`) }), { size: 11.5, weight: 600 });
  if (!comparison) { pen.text(width / 2, height / 2, t("working"), { anchor: "middle", colour: FAINT }); return; }
  const rows = comparison.strata[measure];
  const half = (height - BOX.top - BOX.bottom - 32) / 2;
  const upper = { x: BOX.left, y: BOX.top + 4, width: width - BOX.left - BOX.right, height: half };
  const lower = { ...upper, y: upper.y + half + 20 };
  const x = (k) => upper.x + (upper.width * (k + 0.5)) / classes.length;
  const means = rows.flatMap((row) => row.slice(0, 2).map(({ mean }) => mean ?? 0));
  const y = axis(pen, upper, 0, Math.max(...means) * 1.08 || 1, (value) => short(measure, value));
  const bar = Math.min(15, upper.width / classes.length / 3);
  rows.forEach((row, k) => {
    row.slice(0, 2).forEach(({ mean }, arm) => {
      if (mean !== null) pen.rect(x(k) + (arm - 1) * bar, y(mean), bar - 1, y(0) - y(mean), colours.cases[arm]);
    });
    pen.text(x(k), height - 5, t(`size_axis_${classes[k]}`), { size: 9.5, anchor: "middle" });
  });
  pen.text(upper.x - 38, lower.y - 7, `B − A`, { size: 11, weight: 600 });
  pen.text(width - BOX.right, lower.y - 7, t("mean_of", { count: comparison.seeds }), { size: 9.5, anchor: "end", colour: FAINT });
  const ends = rows.flatMap((row) => [row[1]?.low, row[1]?.high, row[1]?.difference]).filter((value) => value !== null && value !== undefined);
  const low = Math.min(0, ...ends);
  const high = Math.max(0, ...ends);
  const room = (high - low) * 0.06 || 1e-9;
  const z = axis(pen, lower, low - room, high + room, (value) => short(measure, value));
  pen.line([[lower.x, z(0)], [lower.x + lower.width, z(0)]], INK);
  rows.forEach((row, k) => {
    const entry = row[1];
    if (!entry || entry.difference === null) return;
    if (entry.low !== null) {
      pen.line([[x(k), z(entry.low)], [x(k), z(entry.high)]], INK, 2);
      for (const end of [entry.low, entry.high]) pen.line([[x(k) - 4, z(end)], [x(k) + 4, z(end)]], INK, 1.5);
    }
    pen.circle(x(k), z(entry.difference), 3.6, colours.cases[1]);
  });
}

export function describeBySize({ comparison, measure, classes }) {
  if (!comparison) return t("working");
  const values = comparison.strata[measure].map((row, k) => {
    if (row[1]?.difference === null || row[1] === undefined) return null;
    return `${t(`size_${classes[k]}`)} ${interval(measure, row[1])}`;
  });
  return t("size_description", {
    measure: t(`strata_${measure}`), count: comparison.seeds, values: values.filter(Boolean).join("; "),
  });
}

export function groupSizes(run, month, count) {
  const group = run.layer_group.subarray(month * count, (month + 1) * count);
  const members = new Map();
  group.forEach((lead) => { if (lead >= 0) members.set(lead, (members.get(lead) ?? 0) + 1); });
  const municipalities = GROUP_SIZES.map(() => 0);
  group.forEach((lead) => {
    const size = lead < 0 ? 1 : members.get(lead);
    municipalities[GROUP_SIZES.findIndex(([low, high]) => size >= low && size <= high)] += 1;
  });
  return municipalities;
}

const sizeName = ([low, high]) => (low === 1 ? t("alone") : low === high ? `${low}` : high === 999 ? `${low}+` : `${low}–${high}`);

export function groups(pen, width, height, { runs, month, months, count, colours }) {
  const box = inner(width, height - 12);
  pen.text(8, 12, t("groups_title", { month: monthName(months[month]) }), { size: 11.5, weight: 600 });
  const arms = ["a", "b"].filter((arm) => runs[arm]).map((arm) => groupSizes(runs[arm], month, count));
  const y = axis(pen, box, 0, Math.max(...arms.flat(), 1) * 1.08, (value) => number(value));
  const bar = box.width / GROUP_SIZES.length / 3;
  GROUP_SIZES.forEach((size, k) => {
    const x = box.x + (box.width * (k + 0.5)) / GROUP_SIZES.length;
    arms.forEach((municipalities, arm) => {
      const left = x + (arm - 1) * bar;
      pen.rect(left, y(municipalities[k]), bar - 1, y(0) - y(municipalities[k]), colours.cases[arm]);
      if (municipalities[k]) pen.text(left + bar / 2, y(municipalities[k]) - 3, number(municipalities[k]), { size: 9.5, anchor: "middle" });
    });
    pen.text(x, height - 18, sizeName(size), { size: 10, anchor: "middle" });
  });
  pen.text(box.x + box.width / 2, height - 4, t("groups_x"), { size: 10, anchor: "middle", colour: FAINT });
}

export function describeGroups({ runs, month, months, count }) {
  const values = GROUP_SIZES.map((size, k) => `${sizeName(size)}: ${["a", "b"].filter((arm) => runs[arm]).map((arm) => `${arm.toUpperCase()} ${groupSizes(runs[arm], month, count)[k]}`).join(", ")}`);
  return t("groups_description", { month: monthName(months[month]), values: values.join("; ") });
}

// What a lesson found at each step of its lever.
export function steps(pen, width, height, { result, measure, names, title, colours, joined }) {
  pen.text(8, 12, title, { size: 11.5, weight: 600 });
  const entries = result.kpis[measure];
  const first = entries[0].mean;
  const box = inner(width, height);
  const ends = entries.flatMap(({ mean, low, high }) => [mean, first + (low ?? 0), first + (high ?? 0)]);
  const most = Math.max(...ends);
  const least = Math.min(...ends);
  const y = axis(pen, box, Math.max(0, least - 0.15 * (most - least)), most + 0.1 * (most - least) || 1, (value) => short(measure, value));
  const x = (k) => box.x + (box.width * (k + 0.5)) / entries.length;
  if (joined) pen.line(entries.map(({ mean }, k) => [x(k), y(mean)]), colours.cases[1], 2);
  entries.forEach(({ mean, low, high }, k) => {
    if (low !== null && k) pen.line([[x(k), y(first + low)], [x(k), y(first + high)]], INK, 2);
    pen.circle(x(k), y(mean), 4, colours.cases[k ? 1 : 0]);
    pen.text(x(k), box.y + box.height + 15, names[k], { size: 10, anchor: "middle" });
  });
  pen.text(width - BOX.right, 27, t("over_seeds", { count: result.seeds }), { size: 10, anchor: "end", colour: FAINT });
}

export function describeSteps({ result, measure, names, lever }) {
  const values = result.kpis[measure].map(({ mean }, k) => `${names[k]}: ${written(measure, mean)}`);
  return t("steps_description", { measure: t(`kpi_${measure}`), lever, count: result.seeds, values: values.join("; ") });
}

