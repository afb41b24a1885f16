// The page: state, controls, what is asked of the server, and when things are drawn.

import { bySize, curves, describeBySize, describeCurves, describeGroups, describeSteps, groups, steps } from "./charts.js";
import { Refused, ask, get } from "./data.js";
import { showLesson, stepNames } from "./lesson.js";
import { fromLink, toLink } from "./link.js";
import { Atlas } from "./map.js";
import { onCanvas } from "./pen.js";
import { saveFigure, saveTable } from "./save.js";
import { fillComparison, showLife } from "./tables.js";
import { monthName, number, speak, t } from "./words.js";

const $ = (id) => document.getElementById(id);
const ARMS = ["a", "b"];
const MONTH_MS = 55; // of a month while playing
const COMPARE_AFTER_MS = 400; // of quiet
const FIRST_SEEDS = 5; // a first answer, before all seeds are done
const TABS = ["size", "groups", "steps", "life"];
const LESSON_VIEW = {
  size: { series: "cost", tab: "size", stratum: "cost_per_resident" },
  tipping: { series: "cooperating", tab: "groups", stratum: "cooperating_share" },
  remedy: { series: "late", tab: "size", stratum: "late_share" },
  counters: { series: "excluded", tab: "size", stratum: "excluded_share" },
};

const state = {
  language: (navigator.language ?? "en").startsWith("ja") ? "ja" : "en",
  nation: "teaching", lesson: "", prediction: "", checked: false,
  a: { scenario: "no_cooperation", parameters: {} }, b: { scenario: "baseline", parameters: {} },
  edit: "b", seed: 1, seeds: 20, month: 59, layer: "live", series: "live", type: "all",
  tab: "size", stratum: "cost_per_resident", chosen: -1, chosenIn: "b",
};
const DEFAULTS = structuredClone(state);
let start;
let timer = 0;
let comparison = null;
let lessonResult = null;
let lessonWorking = false;
let life = null;
const atlases = {};
const runs = { a: null, b: null };
const busy = { a: false, b: false };
let atlas;

// What is asked

const setting = (arm) => ({ nation: state.nation, scenario: state[arm].scenario, parameters: state[arm].parameters });
const runRequest = (arm) => ({ ...setting(arm), seed: state.seed });

function complain(error) {
  if (error.name === "AbortError") return;
  const problems = error instanceof Refused ? error.problems[state.language] ?? [] : [t("failed")];
  $("message").textContent = problems.join(" · ") || t("failed");
  $("message").hidden = false;
}

// One request of an arm at a time; what changed meanwhile is asked for next.
async function loadRun(arm) {
  if (busy[arm]) return;
  busy[arm] = true;
  try {
    for (;;) {
      const request = runRequest(arm);
      const key = JSON.stringify(request);
      if (runs[arm]?.key === key) break;
      const run = await ask("run", request);
      if (request.nation !== state.nation) continue;
      runs[arm] = Object.assign(run, { key });
      $("message").hidden = true;
      draw();
      settle();
    }
  } catch (error) {
    complain(error);
  } finally {
    busy[arm] = false;
  }
}

let compareTimer = 0;
let compareStop = new AbortController();

function changed() {
  document.body.dataset.settled = "no";
  remember();
  ARMS.forEach(loadRun);
  comparison = null;
  compareStop.abort();
  clearTimeout(compareTimer);
  compareTimer = setTimeout(compareNow, COMPARE_AFTER_MS);
}

// Says, for whoever waits, that runs and comparison are those of the settings on the screen.
function settle() {
  const isNew = (arm) => runs[arm]?.key === JSON.stringify(runRequest(arm));
  if (comparison?.seeds === state.seeds && ARMS.every(isNew)) document.body.dataset.settled = "yes";
}

async function compareNow() {
  compareStop = new AbortController();
  const { signal } = compareStop;
  try {
    for (const seeds of [...new Set([Math.min(FIRST_SEEDS, state.seeds), state.seeds])]) {
      const found = await ask("compare", { arms: ARMS.map(setting), seeds }, signal);
      comparison = found;
      drawComparison();
      drawSecond();
    }
    settle();
  } catch (error) {
    complain(error);
  }
}

async function tellLife() {
  life = null;
  drawSecond();
  if (state.chosen < 0) return;
  const asked = { ...runRequest(state.chosenIn), code: atlas.nation.code[state.chosen], language: state.language };
  try {
    const told = await ask("life", asked);
    if (asked.code !== atlas.nation.code[state.chosen]) return;
    life = told;
    drawSecond();
  } catch (error) {
    complain(error);
  }
}

// What is drawn

function draw() {
  drawMaps();
  drawCurves();
  drawSecond();
  drawComparison();
  document.body.dataset.drawn = String(Number(document.body.dataset.drawn ?? 0) + 1);
}

function drawMaps() {
  const month = start.months[state.month];
  $("month").value = state.month;
  $("month").setAttribute("aria-valuetext", monthName(month));
  $("month-name").textContent = monthName(month);
  for (const arm of ARMS) {
    const run = runs[arm];
    const canvas = $(`map-${arm}`);
    const title = $(`title-${arm}`);
    const value = document.createElement("span");
    value.className = "value";
    value.textContent = run ? atlas.summary(run, state.layer, state.month) : "";
    title.replaceChildren(value, `${arm.toUpperCase()}  ${titleOf(arm)}`);
    title.title = titleOf(arm);
    if (!run) continue;
    onCanvas(canvas, (pen, width, height) => atlas.draw(pen, width, height, run, state));
    if (!timer) canvas.setAttribute("aria-label", `${atlas.describe(run, arm.toUpperCase(), state, start.months)} ${t("map_keys")}`);
  }
  onCanvas($("legend"), (pen, width) => atlas.legend(pen, width, state.layer));
  tellChosen();
}

function tellChosen(municipality = state.chosen) {
  $("chosen").textContent = municipality < 0 ? "" : `${atlas.name(municipality, state.nation === "teaching")}: ${ARMS.filter((arm) => runs[arm]).map((arm) => `${arm.toUpperCase()} ${atlas.written(runs[arm], state.layer, state.month, municipality)}`).join(", ")}`;
}

const chartState = () => ({
  ...state, runs, months: start.months, types: atlas.nation.types, colours: start.colours, count: atlas.count,
  comparison, measure: state.stratum, classes: atlas.nation.size_classes,
});

function drawCurves() {
  onCanvas($("curves"), (pen, width, height) => curves(pen, width, height, chartState()));
  if (!timer) $("curves").setAttribute("aria-label", describeCurves(chartState()));
}

// The chart in the lower right corner: how it is drawn, and how it is described.
function second() {
  if (state.tab === "groups") return { paint: groups, words: describeGroups(chartState()), given: chartState() };
  const lesson = currentLesson();
  if (state.tab === "steps" && lessonResult && lesson.measure in lessonResult.kpis) {
    const isLever = lesson.name !== "remedy"; // whose arms are two remedies, not steps of one lever
    const what = isLever ? leverLabel(lesson.controls[0]) : t(`lesson_${lesson.name}`);
    const given = {
      result: lessonResult, measure: lesson.measure, names: stepNames(lesson), title: `${t(`kpi_${lesson.measure}`)} – ${what}`,
      colours: start.colours, lever: what, joined: isLever,
    };
    return { paint: steps, words: describeSteps(given), given };
  }
  return { paint: bySize, words: describeBySize(chartState()), given: chartState() };
}

function drawSecond() {
  const isLife = state.tab === "life";
  $("second").hidden = isLife;
  $("life").hidden = !isLife;
  $("stratum").hidden = state.tab !== "size";
  const hasSteps = Boolean(lessonResult && currentLesson().measure in lessonResult.kpis);
  for (const tab of $("tabs").querySelectorAll("[role=tab]")) {
    tab.setAttribute("aria-selected", String(tab.dataset.tab === state.tab));
    if (tab.dataset.tab === "steps") tab.hidden = !hasSteps;
  }
  if (isLife) {
    const title = life && `${atlas.name(state.chosen, state.nation === "teaching")} – ${t("life_which")} ${state.chosenIn.toUpperCase()}`;
    showLife($("life"), life, title ?? t(state.chosen < 0 ? "life_none" : "working"));
    return;
  }
  const { paint, words, given } = second();
  onCanvas($("second"), (pen, width, height) => (runs.a || runs.b) && paint(pen, width, height, given));
  if (!timer) $("second").setAttribute("aria-label", words);
}

function drawComparison() {
  const isDone = comparison?.seeds === state.seeds;
  const words = [comparison && t("over_seeds", { count: comparison.seeds }), !isDone && t("working")];
  $("progress").textContent = `(${words.filter(Boolean).join(" – ")})`;
  fillComparison($("comparison").tBodies[0], start.kpis, runs, comparison);
}

// Controls

const scenario = (name) => start.scenarios.find((entry) => entry.name === name);
const currentLesson = () => start.lessons.find((entry) => entry.name === state.lesson);
const allLevers = () => [...start.levers, start.hazard];
const lever = (key) => allLevers().find((entry) => entry.key === key);
const leverLabel = (key) => t(`lever_${key}`);
const valueOf = (arm, key) => state[arm].parameters[key] ?? scenario(state[arm].scenario).values[key];

// What sets an arm apart: its scenario and what was moved in it, or only what the arms differ in.
function titleOf(arm) {
  const other = arm === "a" ? "b" : "a";
  const isOwn = state.a.scenario !== state.b.scenario;
  const differs = ({ key }) => valueOf(arm, key) !== valueOf(other, key);
  const changes = allLevers().filter((entry) => (isOwn ? entry.key in state[arm].parameters : differs(entry)));
  const words = changes.map((entry) => `${leverWords(entry, valueOf(arm, entry.key))} ${leverLabel(entry.key)}`);
  return (isOwn || !words.length ? [scenario(state[arm].scenario).title[state.language], ...words] : words).join(" + ");
}

function leverWords(entry, value) {
  if (entry.type === "choice") return t(`choice_${value}`);
  if (entry.type.startsWith("month")) return monthName(value);
  return number(value, entry.type === "int" || entry.step >= 1 ? 0 : entry.step < 0.01 ? 3 : 2);
}

function setLever(arm, entry, value) {
  const { parameters } = state[arm];
  const isAsWas = scenario(state[arm].scenario).values[entry.key] === value;
  for (const key of [entry.key, ...Object.keys(entry.also)]) delete parameters[key];
  if (!isAsWas) Object.assign(parameters, { [entry.key]: value }, entry.also);
}

function shownLevers() {
  if (state[state.edit].scenario === start.limiting_case) return [start.hazard];
  const lesson = currentLesson();
  return lesson ? lesson.controls.map(lever) : start.levers;
}

function fillLevers() {
  $("levers").className = `edit-${state.edit}`;
  $("levers").replaceChildren(...shownLevers().map((entry) => {
    const row = document.createElement("div");
    row.className = "lever";
    row.dataset.lever = entry.key;
    const label = Object.assign(document.createElement("label"), { className: "name" });
    const name = Object.assign(document.createElement("span"), { textContent: leverLabel(entry.key) });
    const values = Object.assign(document.createElement("span"), { className: "values" });
    label.append(name, values);
    const control = document.createElement(entry.type === "choice" ? "select" : "input");
    control.id = label.htmlFor = `lever-${entry.key}`;
    if (entry.type === "choice") {
      control.append(...entry.values.map((value) => new Option(t(`choice_${value}`), value)));
    } else {
      Object.assign(control, entry.values
        ? { type: "range", min: 0, max: entry.values.length - 1, step: 1 }
        : { type: "range", min: entry.low, max: entry.high, step: entry.step });
    }
    control.addEventListener("input", () => {
      const value = entry.type === "choice" ? control.value : entry.values ? entry.values[control.value] : Number(control.value);
      const isCarried = currentLesson()?.carried.includes(entry.key);
      for (const arm of isCarried ? ARMS : [state.edit]) setLever(arm, entry, value);
      if (isCarried && lessonResult) { lessonResult = null; state.checked = false; fillLesson(); }
      showLevers();
      changed();
    });
    row.append(label, control);
    return row;
  }));
  showLevers();
}

function showLevers() {
  for (const entry of shownLevers()) {
    const row = $("levers").querySelector(`[data-lever="${entry.key}"]`);
    const control = row.querySelector("input, select");
    const value = valueOf(state.edit, entry.key);
    control.value = entry.values && entry.type !== "choice" ? nearest(entry.values, value) : value;
    control.setAttribute("aria-valuetext", leverWords(entry, value));
    row.querySelector(".values").replaceChildren(...ARMS.flatMap((arm) => [
      Object.assign(document.createElement("span"), { className: arm, textContent: `${arm.toUpperCase()} ${leverWords(entry, valueOf(arm, entry.key))}` }), " ",
    ]));
  }
  $("reset").disabled = !ARMS.some((arm) => Object.keys(state[arm].parameters).length) || Boolean(currentLesson());
}

// The place of a month among the steps of its slider: the last one that is not later.
const nearest = (values, value) => Math.max(0, values.filter((month) => month <= value).length - 1);

function fillLesson() {
  const lesson = currentLesson();
  $("lesson-panel").hidden = !lesson;
  $("scenarios").hidden = $("edit").hidden = Boolean(lesson);
  $("play").disabled = Boolean(lesson && !state.prediction);
  if (!lesson) return;
  showLesson($("lesson-panel"), { ...lesson, classes: start.size_classes }, { prediction: state.prediction, result: lessonResult, working: lessonWorking }, {
    predict: (option) => {
      state.prediction = option;
      remember();
      fillLesson();
      $("lesson-panel").querySelector("input:checked").focus();
    },
    check: checkPrediction,
  });
}

async function checkPrediction() {
  const lesson = currentLesson();
  lessonWorking = true;
  fillLesson();
  try {
    const parameters = Object.fromEntries(lesson.carried.map((key) => [key, valueOf("b", key)]));
    const result = await ask("lesson", { lesson: lesson.name, nation: state.nation, parameters, seeds: state.seeds });
    if (lesson.name !== state.lesson) return;
    lessonResult = result;
    state.checked = true;
    if (lesson.measure in result.kpis) state.tab = "steps";
    remember();
  } catch (error) {
    complain(error);
  } finally {
    lessonWorking = false;
    fillLesson();
    drawSecond();
  }
}

function openLesson(name) {
  pause();
  lessonResult = null;
  Object.assign(state, { lesson: name, prediction: "", checked: false });
  const lesson = currentLesson();
  if (lesson) {
    const [first] = lesson.arms;
    const shown = lesson.arms[lesson.shown];
    Object.assign(state, { a: structuredClone(first), b: structuredClone(shown), edit: "b", layer: lesson.layer, month: 0, type: "all", ...LESSON_VIEW[name] });
  } else Object.assign(state, { a: { scenario: "no_cooperation", parameters: {} }, b: { scenario: "baseline", parameters: {} } });
  showAll();
  changed();
}

function options(select, entries, value) {
  select.replaceChildren(...entries.map(([key, words]) => new Option(words, key)));
  select.value = value;
}

// Puts the state into every control, in the language of the page.
function showAll() {
  speak(start.texts, state.language);
  document.title = t("title");
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = t(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", t(node.dataset.label));
    node.title = t(node.dataset.label);
  }
  $("languages").setAttribute("aria-label", t("language"));
  for (const button of $("languages").children) button.setAttribute("aria-pressed", String(button.dataset.language === state.language));
  options($("lesson"), [["", t("mode_free")], ...start.lessons.map(({ name }) => [name, t(`lesson_${name}`)])], state.lesson);
  options($("nation"), start.nations.map((name) => [name, t(`nation_${name}`)]), state.nation);
  for (const arm of ARMS) {
    options($(`scenario-${arm}`), start.scenarios.map(({ name, title }) => [name, title[state.language]]), state[arm].scenario);
    $(`scenario-${arm}`).title = scenario(state[arm].scenario).meaning[state.language];
    $(`scenario-${arm}`).setAttribute("aria-label", t(`scenario_${arm}`));
  }
  document.querySelector(`[name=edit][value=${state.edit}]`).checked = true;
  $("seed").value = state.seed;
  options($("seeds"), [...new Set([5, 10, 20, 30, state.seeds])].sort((one, other) => one - other).map((count) => [count, count]), state.seeds);
  options($("layer"), start.layers.map((name) => [name, t(`layer_${name}`)]), state.layer);
  options($("series"), start.series.map((name) => [name, t(`series_${name}`)]), state.series);
  options($("type"), [["all", t("type_all")], ["each", t("by_type")], ...atlas.nation.types.map((name) => [name, t(`type_${name}`)])], state.type);
  options($("stratum"), start.strata.map((name) => [name, t(`strata_${name}`)]), state.stratum);
  $("credit").textContent = atlas.nation.attribution.join(" · ");
  $("play").textContent = timer ? `⏸ ${t("pause")}` : `▶ ${t("play")}`;
  fillLevers();
  fillLesson();
  draw();
}

let rememberTimer = 0;
let lastLink = "";

function remember() {
  clearTimeout(rememberTimer);
  rememberTimer = setTimeout(() => {
    lastLink = toLink(state);
    history.replaceState(null, "", lastLink);
  }, 150);
}

function pause() {
  clearTimeout(timer);
  timer = 0;
  $("play").textContent = `▶ ${t("play")}`;
}

function play() {
  if (timer) { pause(); draw(); remember(); return; }
  if (state.month >= start.months.length - 1) state.month = 0;
  $("play").textContent = `⏸ ${t("pause")}`;
  const go = () => {
    const began = performance.now();
    if (state.month >= start.months.length - 1) { pause(); draw(); remember(); return; }
    state.month += 1;
    drawMonth();
    timer = setTimeout(go, Math.max(0, MONTH_MS - (performance.now() - began)));
  };
  timer = setTimeout(go, 0);
}

function drawMonth() {
  drawMaps();
  drawCurves();
  if (state.tab === "groups") drawSecond();
}

function goTo(month) {
  pause();
  state.month = Math.min(Math.max(month, 0), start.months.length - 1);
  drawMonth();
  remember();
}

function choose(municipality, arm, tell) {
  Object.assign(state, { chosen: municipality, chosenIn: arm });
  if (tell) { state.tab = "life"; tellLife(); }
  drawMaps();
  remember();
}

function wireMap(arm) {
  const canvas = $(`map-${arm}`);
  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    return atlas.at(canvas.getContext("2d"), canvas, event.clientX - box.left, event.clientY - box.top);
  };
  canvas.addEventListener("click", (event) => {
    const municipality = under(event);
    if (municipality >= 0) choose(municipality, arm, true);
  });
  canvas.addEventListener("mousemove", (event) => { if (!timer) tellChosen(Math.max(under(event), -1)); });
  canvas.addEventListener("mouseleave", () => tellChosen());
  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (way) choose(state.chosen < 0 ? 0 : atlas.towards(state.chosen, ...way), arm, false);
    else if (event.key === "Enter" && state.chosen >= 0) choose(state.chosen, arm, true);
    else return;
    event.preventDefault();
  });
}

function on(id, event, act) {
  $(id).addEventListener(event, () => act($(id).value));
}

function wire() {
  on("lesson", "change", openLesson);
  on("nation", "change", async (name) => {
    pause();
    Object.assign(state, { nation: name, chosen: -1, checked: false, seeds: name === "whole" ? 5 : 20 });
    Object.assign(runs, { a: null, b: null });
    life = lessonResult = null;
    await useNation();
    showAll();
    changed();
  });
  for (const arm of ARMS) {
    on(`scenario-${arm}`, "change", (name) => {
      state[arm] = { scenario: name, parameters: {} };
      if (name === start.limiting_case) Object.assign(state, { series: "committed", edit: arm, type: "all" });
      showAll();
      changed();
    });
    wireMap(arm);
  }
  for (const radio of document.querySelectorAll("[name=edit]")) {
    radio.addEventListener("change", () => { state.edit = radio.value; fillLevers(); remember(); });
  }
  on("reset", "click", () => {
    for (const arm of ARMS) state[arm].parameters = {};
    showLevers();
    changed();
  });
  on("seed", "change", (text) => {
    if ($("seed").checkValidity() && text !== "") { state.seed = Number(text); changed(); } else $("seed").value = state.seed;
  });
  on("seeds", "change", (count) => { state.seeds = Number(count); changed(); });
  for (const key of ["layer", "series", "type", "stratum"]) on(key, "change", (value) => { state[key] = value; draw(); remember(); });
  on("month", "input", (month) => goTo(Number(month)));
  on("first", "click", () => goTo(0));
  on("back", "click", () => goTo(state.month - 1));
  on("step", "click", () => goTo(state.month + 1));
  on("play", "click", play);
  for (const tab of $("tabs").querySelectorAll("[role=tab]")) {
    tab.addEventListener("click", () => { state.tab = tab.dataset.tab; drawSecond(); remember(); if (state.tab === "life" && !life) tellLife(); });
  }
  for (const button of $("languages").children) {
    button.addEventListener("click", () => {
      state.language = button.dataset.language;
      showAll();
      remember();
      if (state.tab === "life") tellLife();
    });
  }
  on("link", "click", async () => {
    lastLink = toLink(state);
    history.replaceState(null, "", lastLink);
    await navigator.clipboard?.writeText(location.href).catch(() => {});
    $("message").textContent = t("link_copied");
    $("message").hidden = false;
  });
  for (const button of document.querySelectorAll("[data-save]")) button.addEventListener("click", () => { save(button.dataset.save); $("download").open = false; });
  on("help-open", "click", () => $("help").showModal());
  addEventListener("resize", draw);
  addEventListener("hashchange", () => { if (location.hash !== lastLink) restore(); });
}

function save(kind) {
  const given = { atlas, state, runs, comparison, start, titles: ARMS.map(titleOf), curves: chartState(), second: state.tab === "life" ? null : second() };
  if (kind === "png" || kind === "svg") saveFigure(kind, given);
  else saveTable(kind, given);
}

async function useNation() {
  atlases[state.nation] ??= new Atlas(await get(`nation/${state.nation}`), start.colours);
  atlas = atlases[state.nation];
}

async function restore() {
  const readers = {};
  const toNumber = (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined);
  const among = (values) => (text) => (values.includes(text) ? text : undefined);
  for (const entry of allLevers()) {
    readers[entry.key] = entry.type === "choice" ? among(entry.values) : entry.values ? among(start.months) : toNumber;
    for (const [key, value] of Object.entries(entry.also)) readers[key] = typeof value === "number" ? toNumber : among([value]);
  }
  const { found, bad } = fromLink(location.hash, { ...structuredClone(DEFAULTS), language: state.language }, {
    language: ["en", "ja"], nation: start.nations, lesson: start.lessons.map(({ name }) => name),
    prediction: start.lessons.flatMap((entry) => entry.options), edit: ARMS, layer: start.layers, series: start.series,
    type: ["all", "each", ...start.types], tab: TABS, stratum: start.strata, scenario: start.scenarios.map(({ name }) => name),
    seed: [0, Number.MAX_SAFE_INTEGER], seeds: [2, 30], month: [0, start.months.length - 1], chosen: [-1, 9999], parameters: readers,
  });
  pause();
  if (found.nation !== state.nation) Object.assign(runs, { a: null, b: null });
  life = lessonResult = null;
  Object.assign(state, found);
  await useNation();
  if (state.chosen >= atlas.count) state.chosen = -1;
  const lesson = currentLesson();
  if (!lesson?.options.includes(state.prediction)) Object.assign(state, { prediction: "", checked: false });
  if (!state.checked && state.tab === "steps") state.tab = "size";
  showAll();
  if (bad.length) {
    $("message").textContent = t("link_bad", { what: bad.slice(0, 5).join(", ").slice(0, 200) });
    $("message").hidden = false;
  }
  changed();
  if (state.checked) checkPrediction();
  if (state.tab === "life") tellLife();
}

async function begin() {
  try {
    start = await get("start");
    $("month").max = start.months.length - 1;
    wire();
    await document.fonts.load('12px "IPAexGothic"', "日本語"); // what is drawn on a canvas before has no Japanese letters
    await restore();
    document.body.dataset.ready = "yes";
  } catch (error) {
    complain(error);
    throw error;
  }
}

begin();
