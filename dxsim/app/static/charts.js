// The charts: curves over time, bars by size class, sizes of groups.

import { TYPE, broken } from "./pen.js";
import { interval, monthName, number, t, written } from "./words.js";

const BOX = { left: 56, right: 12, bottom: 24 };
const LINE = 17; // px from one line of text to the next
const GROUP_SIZES = [[1, 1], [2, 2], [3, 3], [4, 4], [5, 6], [7, 10], [11, 999]];
const SHARES = ["committed", "live", "late", "excluded", "overloaded", "cooperating"];
const NATIONWIDE = ["queue"]; // the same for every type
const DASH = [7, 3];
const EVENT_ROW = 14; // px

// Round steps for an axis from low to high.
function ticks(low, high, wanted) {
  const rough = (high - low) / wanted || 1;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((candidate) => candidate >= rough);
  const found = [];
  for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + step * 1e-9; value += step) found.push(Math.abs(value) < step / 1e6 ? 0 : value);
  return found;
}

function axis(pen, box, low, high, format, wanted = 4) {
  const y = (value) => box.y + box.height * (1 - (value - low) / (high - low || 1));
  for (const value of ticks(low, high, wanted)) {
    pen.line([[box.x, y(value)], [box.x + box.width, y(value)]], pen.colours.grid);
    pen.text(box.x - 6, y(value) + 4.5, format(value), { anchor: "end", colour: pen.colours.faint });
  }
  return y;
}

// What is left under a heading that is `top` high.
const inner = (width, height, top) => ({
  x: BOX.left, y: top, width: width - BOX.left - BOX.right, height: height - top - BOX.bottom,
});

// Writes a heading, broken into lines where it must be; returns where the next line stands.
function heading(pen, width, words) {
  const lines = broken(pen, words, width - 12, TYPE, 600);
  lines.forEach((line, k) => pen.text(6, 14 + k * LINE, line, { weight: 600 }));
  return 14 + lines.length * LINE;
}

const short = (name, value) => {
  if (SHARES.includes(name) || name.endsWith("share")) return number(100 * value, Math.abs(value) < 0.01 && value ? 1 : 0);
  return number(value, Math.abs(value) < 10 && value % 1 ? 1 : 0);
};

const caseColours = (pen) => [pen.colours.a, pen.colours.b];

// A bar: A's is full, B's is hollow, so that they differ in grey too.
function bar(pen, x, y, width, height, arm) {
  const colour = caseColours(pen)[arm];
  if (arm === 0) pen.rect(x, y, width, height, colour);
  else pen.rect(x + 1, y + 1, width - 2, Math.max(height - 1, 0.1), pen.colours.paper, colour, 2);
}

// Names of A and B with their bars.
function barKeys(pen, width, y) {
  ["A", "B"].forEach((name, k) => {
    const x = width - BOX.right - 76 + k * 42;
    bar(pen, x, y - 11, 13, 12, k);
    pen.text(x + 18, y, name);
  });
}

export function curves(pen, width, height, { runs, series, type, types, month, months, colours, events = [] }) {
  const isEach = type === "each" && !NATIONWIDE.includes(series);
  const columns = types.length + 1;
  const column = types.includes(type) ? types.indexOf(type) : types.length;
  const shown = [];
  for (const arm of ["a", "b"]) {
    if (!runs[arm]) continue;
    const values = runs[arm][`series_${series}`];
    const of = (place) => Array.from(months, (_, k) => values[k * columns + place]);
    const style = { colour: pen.colours[arm], dash: arm === "a" ? [] : DASH, width: 2.4 };
    if (isEach) {
      types.forEach((name, place) => {
        const line = of(place);
        if (line.some(Number.isFinite)) shown.push({ line, ...style, width: 1.7, colour: colours.types[place], name });
      });
    } else shown.push({ line: of(column), ...style });
  }
  const drawn = types.map((name, k) => ({ key: name, name: t(`type_${name}`), colour: colours.types[k] })).filter(({ key }) => shown.some(({ name }) => name === key));
  const arms = ["A", "B"].map((name, k) => ({ name, colour: isEach ? pen.colours.faint : caseColours(pen)[k], dash: k ? DASH : [] }));
  const keys = placeKeys(pen, width, isEach ? [...arms, ...drawn] : arms, heading(pen, width, t(`series_${series}`)));
  const named = keys[keys.length - 1].y;
  const rows = eventRows(events, (width - BOX.left - BOX.right) / months.length);
  const box = inner(width, height, named + 8 + EVENT_ROW * (Math.max(-1, ...rows) + 1));
  const highest = Math.max(...shown.flatMap(({ line }) => line.filter(Number.isFinite)), 0);
  const isShare = SHARES.includes(series);
  const high = isShare ? (highest > 0.5 ? 1 : highest * 1.1 || 0.05) : highest * 1.08 || 1;
  const y = axis(pen, box, 0, high, (value) => short(series, value));
  const x = (at) => box.x + (box.width * (at + 1)) / months.length;
  const years = box.width < 460 ? 4 : 2;
  months.forEach((name, k) => {
    if (name.endsWith("-01") && Number(name.slice(0, 4)) % years === 0) {
      pen.line([[x(k - 1), box.y + box.height], [x(k - 1), box.y + box.height + 4]], pen.colours.faint);
      pen.text(x(k - 1), box.y + box.height + 18, name.slice(0, 4), { anchor: "middle", colour: pen.colours.faint });
    }
  });
  pen.line([[box.x, box.y + box.height], [box.x + box.width, box.y + box.height]], pen.colours.faint);
  events.forEach(({ month: at, name }, k) => {
    const top = named + EVENT_ROW * (rows[k] + 1);
    pen.line([[x(at), top + 3], [x(at), box.y + box.height]], pen.colours.line, 1, [2, 3]);
    pen.text(x(at), top + 1, name, { anchor: "middle", colour: pen.colours.faint });
  });
  const theory = runs.a?.limit_share ? runs.a : runs.b?.limit_share ? runs.b : null;
  if (theory && series === "committed" && type === "all") {
    const upper = months.map((_, k) => [x(k), y(theory.limit_high[k])]);
    const lower = months.map((_, k) => [x(k), y(theory.limit_low[k])]);
    pen.area([...upper, ...lower.reverse()], pen.colours.line);
    pen.line(months.map((_, k) => [x(k), y(theory.limit_share[k])]), pen.colours.ink, 1.4, [2, 3]);
    pen.text(box.x + box.width - 4, box.y + box.height - 26, `·· ${t("theory")}`, { anchor: "end" });
    pen.text(box.x + box.width - 4, box.y + box.height - 8, `░ ${t("theory_band")}`, { anchor: "end", colour: pen.colours.faint });
  }
  for (const { line, colour, dash, width: thick } of shown) {
    pen.line(line.map((value, k) => [x(k), y(value)]), colour, thick, dash);
  }
  pen.line([[x(month), box.y], [x(month), box.y + box.height]], pen.colours.month, 2);
  const ends = [runs.a?.deadline, runs.b?.deadline];
  [...new Set(ends.filter((end) => end !== undefined))].forEach((end, k) => {
    const which = ends[0] === ends[1] || ends[1] === undefined ? t("deadline") : t("deadline_of", { which: ends[0] === end ? "A" : "B" });
    pen.line([[x(end - 1), box.y], [x(end - 1), box.y + box.height]], pen.colours.ink, 1, [4, 3]);
    pen.text(x(end - 1) + 5, box.y + box.height - 8 - LINE * k, which);
  });
  keys.forEach(({ name, colour, dash, x: left, y: top }) => {
    pen.line([[left, top - 4], [left + 19, top - 4]], colour, 2.4, dash);
    pen.text(left + 24, top, name);
  });
}

// In which row the name of each event stands, so that none hides another.
function eventRows(events, monthWidth) {
  const last = [];
  return events.map(({ month }) => {
    const row = [0, 1, 2].find((candidate) => last[candidate] === undefined || (month - last[candidate]) * monthWidth > 16) ?? 0;
    last[row] = month;
    return row;
  });
}

// Where the names of lines stand: in rows under the heading.
function placeKeys(pen, width, entries, top) {
  let [x, y] = [6, top];
  return entries.map((entry) => {
    const wide = pen.width(entry.name) + 38;
    if (x + wide > width && x > 6) { x = 6; y += LINE; }
    const placed = { ...entry, x, y };
    x += wide;
    return placed;
  });
}

export function describeCurves({ runs, series, type, types, month, months }) {
  const value = (run) => (run ? written(series, run[`series_${series}`][month * (types.length + 1) + (types.includes(type) ? types.indexOf(type) : types.length)]) : "–");
  return t("curve_description", {
    series: t(`series_${series}`), type: t(types.includes(type) ? `type_${type}` : "type_all"),
    month: monthName(months[month]), a: value(runs.a), b: value(runs.b),
  });
}

// Means of A and B by size class above, their difference with its interval below.
export function bySize(pen, width, height, { comparison, measure, classes }) {
  const top = heading(pen, width, t("by_size", { measure: t(`strata_${measure}`) }));
  if (!comparison) { pen.text(width / 2, height / 2, t("working"), { anchor: "middle", colour: pen.colours.faint }); return; }
  barKeys(pen, width, top);
  const rows = comparison.strata[measure];
  const names = classes.map((name) => t(`size_axis_${name}`));
  const isTight = names.some((name) => pen.width(name) + 6 > (width - BOX.left - BOX.right) / names.length);
  const foot = isTight ? 2 * LINE + 6 : LINE + 6;
  const notes = broken(pen, t("mean_of", { count: comparison.seeds }), width - BOX.left - BOX.right - 44);
  const between = 12 + LINE * notes.length;
  const half = (height - top - 8 - between - foot) / 2;
  const upper = { x: BOX.left, y: top + 8, width: width - BOX.left - BOX.right, height: half };
  const lower = { ...upper, y: upper.y + half + between };
  const x = (k) => upper.x + (upper.width * (k + 0.5)) / classes.length;
  const means = rows.map(([first, entry]) => [entry.before ?? first.mean, entry.after ?? entry.mean]);
  const y = axis(pen, upper, 0, Math.max(...means.flat()) * 1.08 || 1, (value) => short(measure, value));
  const wide = Math.min(16, upper.width / classes.length / 2.4);
  rows.forEach((row, k) => {
    means[k].forEach((mean, arm) => {
      if (mean !== null) bar(pen, x(k) + (arm - 1) * wide, y(mean), wide - 1, y(0) - y(mean), arm);
    });
    pen.text(x(k), height - 7 - (isTight && k % 2 === 0 ? LINE : 0), names[k], { anchor: "middle" });
  });
  pen.text(6, lower.y - 10, "B − A", { weight: 600 });
  notes.forEach((line, k) => pen.text(width - BOX.right, lower.y - 10 - LINE * (notes.length - 1 - k), line, { anchor: "end", colour: pen.colours.faint }));
  const ends = rows.flatMap((row) => [row[1]?.low, row[1]?.high, row[1]?.difference]).filter((value) => value !== null && value !== undefined);
  const low = Math.min(0, ...ends);
  const high = Math.max(0, ...ends);
  const room = (high - low) * 0.06 || 1e-9;
  const z = axis(pen, lower, low - room, high + room, (value) => short(measure, value), 2);
  pen.line([[lower.x, z(0)], [lower.x + lower.width, z(0)]], pen.colours.ink);
  rows.forEach((row, k) => {
    const entry = row[1];
    if (!entry || entry.difference === null) return;
    if (entry.low !== null) {
      pen.line([[x(k), z(entry.low)], [x(k), z(entry.high)]], pen.colours.ink, 2);
      for (const end of [entry.low, entry.high]) pen.line([[x(k) - 4, z(end)], [x(k) + 4, z(end)]], pen.colours.ink, 1.5);
    }
    pen.circle(x(k), z(entry.difference), 3.6, pen.colours.ink);
  });
}

export function describeBySize({ comparison, measure, classes }) {
  if (!comparison) return t("working");
  const values = comparison.strata[measure].map((row, k) => {
    if (row[1] === undefined || row[1].difference === null) return null;
    return `${t(`size_${classes[k]}`)} ${interval(measure, row)}`;
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

export function groups(pen, width, height, { runs, month, months, count }) {
  const top = heading(pen, width, t("groups_title", { month: monthName(months[month]) }));
  barKeys(pen, width, top);
  const box = inner(width, height - LINE, top + 22);
  const arms = ["a", "b"].map((arm) => runs[arm]?.layer_group && groupSizes(runs[arm], month, count));
  const y = axis(pen, box, 0, Math.max(...arms.flat().filter(Boolean), 1) * 1.08, (value) => number(value));
  const wide = box.width / GROUP_SIZES.length / 2.6;
  GROUP_SIZES.forEach((size, k) => {
    const x = box.x + (box.width * (k + 0.5)) / GROUP_SIZES.length;
    arms.forEach((municipalities, arm) => {
      if (!municipalities?.[k]) return;
      const left = x + (arm - 1) * wide;
      bar(pen, left, y(municipalities[k]), wide - 1, y(0) - y(municipalities[k]), arm);
      pen.text(left + wide / 2, y(municipalities[k]) - 4, number(municipalities[k]), { anchor: "middle" });
    });
    pen.text(x, box.y + box.height + 17, sizeName(size), { anchor: "middle" });
  });
  pen.text(box.x + box.width / 2, height - 5, t("groups_x"), { anchor: "middle", colour: pen.colours.faint });
}

export function describeGroups({ runs, month, months, count }) {
  const values = GROUP_SIZES.map((size, k) => `${sizeName(size)}: ${["a", "b"].filter((arm) => runs[arm]?.layer_group).map((arm) => `${arm.toUpperCase()} ${groupSizes(runs[arm], month, count)[k]}`).join(", ")}`);
  return t("groups_description", { month: monthName(months[month]), values: values.join("; ") });
}
