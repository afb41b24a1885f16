// The pictures of a lesson beside its maps: curves that draw themselves, and bars with their intervals.

import { element } from "./pages.js";
import { colour } from "./theme.js";
import { figures, isShare, number, signed, t, written as inWords } from "./words.js";

// Letters grow with the picture; px.
const letters = (width) => Math.max(14, Math.min(26, width / 46));
const frame = (width, height) => {
  const size = letters(width);
  const left = 4.2 * size;
  return { size, x: left, y: 12, width: width - left - 14, height: height - 12 - 1.6 * size };
};

// Round steps for an axis from 0 to high.
function ticks(high) {
  const unit = 10 ** Math.floor(Math.log10(high || 1));
  const step = [0.2, 0.5, 1, 2, 5].map((factor) => factor * unit).find((candidate) => high / candidate <= 5) ?? unit;
  return Array.from({ length: Math.floor(high / step + 1e-9) + 1 }, (_, k) => k * step);
}

// Lines of several arms over the months up to `month`; `most` fixes the scale, so that it tells nothing of what is to come.
export function curves(pen, width, height, { lines, most, measure, month, months, pointed }) {
  const box = frame(width, height);
  const { size } = box;
  const x = (k) => box.x + (box.width * k) / (months.length - 1);
  const y = (value) => box.y + box.height * (1 - value / (most || 1));
  for (const value of ticks(most)) {
    pen.line([[box.x, y(value)], [box.x + box.width, y(value)]], colour("line"));
    pen.text(box.x - 8, y(value) + 5, isShare(measure) ? `${number(100 * value, most < 0.05 ? 1 : 0)} %` : inWords(measure, value), { size: size - 2, anchor: "end", colour: colour("faint") });
  }
  const years = months.map((name, k) => [name, k]).filter(([name]) => name.endsWith("-04"));
  const every = Math.ceil((years.length * 3.2 * size) / box.width);
  years.filter((_, k) => k % every === 0).forEach(([name, k]) => {
    pen.line([[x(k), box.y + box.height], [x(k), box.y + box.height + 5]], colour("faint"));
    pen.text(x(k), box.y + box.height + 4 + size, name.slice(0, 4), { size: size - 2, anchor: "middle", colour: colour("faint") });
  });
  for (const { values, ink, dash, name, known } of lines) {
    const until = known ?? month;
    const drawn = Array.from(values.subarray(0, until + 1), (value, k) => [x(k), y(value)]);
    pen.line(drawn, colour(ink), pointed === name ? 6 : 3.5, dash);
    const now = Math.min(month, until);
    pen.circle(x(now), y(values[now]), 6, colour(ink));
    const above = ink === "a" ? values[now] >= lines.at(-1).values[now] : values[now] > lines[0].values[now];
    pen.text(Math.min(x(now) + 10, box.x + box.width - 12), y(values[now]) + (above ? -9 : size + 6), name, { size: size + 2, weight: 700, colour: colour(ink) });
  }
  pen.line([[x(month), box.y], [x(month), box.y + box.height]], colour("faint"), 1, [3, 4]);
}

// The month under a point of the curves.
export function monthAt(width, place, months) {
  const box = frame(width, 0);
  return Math.round(Math.min(Math.max((place - box.x) / box.width, 0), 1) * (months - 1));
}

// The arm whose curve is nearest to a point; none if there is no curve near.
export function nearestCurve({ lines, most }, width, height, month, place) {
  const box = frame(width, height);
  const y = (value) => box.y + box.height * (1 - value / (most || 1));
  const far = lines.map(({ values, name }) => [Math.abs(y(values[month]) - place), name]).sort(([one], [other]) => one - other);
  return far[0][0] < 40 ? far[0][1] : "";
}

// The figures that a lesson's opening names, in words.
export const factsOf = ({ facts }) => Object.fromEntries(Object.entries(facts).map(([key, { measure, value }]) => [key, inWords(measure, value)]));

// A figure of a lesson as a table whose cells are bars: values by arm, or what falls by size class.
export function figureOf(lesson, which, { measure, kind, rows }) {
  const label = (name) => t(kind === "classes" ? `size_${name}` : `lesson_${lesson}_arm_${name}`);
  const ends = rows.flatMap(({ mean, low, high }) => [mean ?? 0, low ?? 0, high ?? 0, 0]);
  const least = Math.min(...ends, 0);
  const most = Math.max(...ends) || 1;
  const share = (value) => `${(100 * (value - least)) / (most - least)}%`;
  const written = figures(measure, rows);
  const table = element("table", "", `bars ${kind}`);
  table.append(element("caption", t(`lesson_${lesson}_${which}_title`)));
  const body = table.appendChild(document.createElement("tbody"));
  rows.forEach(({ name, mean, low, high, is_sure: isSure }, k) => {
    const row = body.appendChild(document.createElement("tr"));
    row.dataset.row = name;
    row.append(Object.assign(element("th", label(name)), { scope: "row" }));
    const cell = row.appendChild(element("td", "", "track"));
    if (mean !== null) {
      cell.appendChild(element("span", "", "zero")).style.left = share(0);
      const bar = cell.appendChild(element("span", "", k || kind === "classes" ? "bar" : "bar first"));
      bar.style.left = share(Math.min(0, mean));
      bar.style.width = `${(100 * Math.abs(mean)) / (most - least)}%`;
      if (kind === "arms") {
        const line = cell.appendChild(element("span", "", "reference"));
        line.style.left = share(rows[0].mean);
      }
      if (low !== null && low !== high) {
        const span = cell.appendChild(element("span", "", "interval"));
        span.style.left = share(low);
        span.style.width = `${(100 * (high - low)) / (most - least)}%`;
      }
    }
    row.append(element("td", mean === null ? t("not_known") : kind === "classes" ? signed(measure, mean) : written[k].value, "number"));
    const isReference = kind === "arms" && k === 0;
    row.append(element("td", mean === null || isReference ? "" : !isSure ? t("not_proven") : kind === "classes" ? "" : isShare(measure) ? t("points", { value: written[k].difference }) : written[k].difference, isSure ? "sure" : "unsure"));
  });
  return table;
}

// What happened to a municipality, told of both arms: the month at which each lot is live.
export function lots(story, arms, language, label) {
  const table = element("table", "", "lots");
  const head = table.createTHead().insertRow();
  for (const words of [t("life_lot"), ...arms.map((arm, k) => `${"AB"[k]} ${label(arm)}`)]) head.append(Object.assign(element("th", words), { scope: "col" }));
  const body = table.createTBody();
  const lives = arms.map((arm) => story.lives[arm][language].lots);
  lives[0].forEach(({ lot }, k) => {
    const row = body.insertRow();
    row.append(Object.assign(element("th", lot), { scope: "row" }));
    for (const life of lives) row.append(element("td", `${life[k].live}${life[k].late ? ` ${t("is_late")}` : ""}`, life[k].late ? "late" : ""));
  });
  return table;
}

// What happened to a municipality in B and not in A.
export function events(story, arms, language) {
  const [before, after] = arms.map((arm) => story.lives[arm][language].events.map(({ month, words }) => `${month} ${words}`));
  const list = element("ul", "", "events");
  for (const words of after.filter((event) => !before.includes(event)).slice(0, story.most_events)) list.append(element("li", `B  ${words}`));
  return list;
}

// How to cite a figure, and how to have it again in Python.
export function again({ citation, bibtex, python }) {
  const box = element("div", "", "again");
  for (const [key, words] of [["cite", `${citation}\n\n${bibtex}`], ["python", python]]) {
    const details = box.appendChild(document.createElement("details"));
    details.append(element("summary", t(key)), Object.assign(element("pre", words), { tabIndex: 0 }));
  }
  return box;
}
