// The page: state, controls, what is asked of the server, and when things are drawn.

import { bySize, curves, describeBySize, describeCurves, describeGroups, describeSteps, groups, steps } from "./charts.js";
import { Refused, ask, get } from "./data.js";
import { showLesson, stepNames } from "./lesson.js";
import { NUMBERS, PLAIN, fromLink, toLink } from "./link.js";
import { Atlas } from "./map.js";
import { onCanvas } from "./pen.js";
import { saveFigure, saveTable } from "./save.js";
import { fillComparison, showLife } from "./tables.js";
import { monthName, number, speak, t } from "./words.js";

const $ = (id) => document.getElementById(id);
const ARMS = ["a", "b"];
const MONTH_MS = 55; // of a month while playing
const STILL_MONTHS = 12; // a step of those who want nothing to move
const STILL_MS = 900;
const RETRY_MS = 3000; // until the server is asked again after it gave no answer
const NOTE_MS = 5000; // a note goes away by itself
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

// What is to be said: a trouble stays until its source is well, what was wrong with a link until it is read, a note a while.
const troubles = {};
let linkFault = "";
let note = "";
let noteTimer = 0;
let retryTimer = 0;

function showMessage() {
  const words = [...new Set([...Object.values(troubles).map(({ text }) => text), linkFault])].filter(Boolean);
  $("message").classList.toggle("note", !words.length);
  $("message").querySelector("span").textContent = words.join(" · ") || note;
  $("message").hidden = !words.length && !note;
  $("retry").hidden = !Object.values(troubles).some(({ isPassing }) => isPassing);
}

function say(words) {
  note = words;
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => { note = ""; showMessage(); }, NOTE_MS);
  showMessage();
}

function complain(source, error) {
  if (error.name === "AbortError") return;
  const isRefused = error instanceof Refused;
  const text = (isRefused && error.problems[state.language]?.join(" · ")) || t("failed");
  troubles[source] = { text, isPassing: !isRefused || error.isBusy };
  if (troubles[source].isPassing) {
    clearTimeout(retryTimer);
    retryTimer = setTimeout(retry, RETRY_MS);
  }
  showMessage();
}

function isWell(source) {
  if (!(source in troubles)) return;
  delete troubles[source];
  showMessage();
}

function retry() {
  clearTimeout(retryTimer);
  ARMS.forEach(loadRun);
  if (comparison?.seeds !== state.seeds) compareNow();
  if (troubles.life) tellLife();
  if (troubles.lesson) checkPrediction();
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
      isWell(arm);
      draw();
      settle();
    }
  } catch (error) {
    runs[arm] = null; // what is shown must not pass for what was asked
    draw();
    complain(arm, error);
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
  if (document.fonts.status !== "loaded") return;
  if (comparison?.seeds === state.seeds && ARMS.every(isNew)) document.body.dataset.settled = "yes";
}

async function compareNow() {
  compareStop.abort();
  compareStop = new AbortController();
  const { signal } = compareStop;
  try {
    for (const seeds of [...new Set([Math.min(FIRST_SEEDS, state.seeds), state.seeds])]) {
      const found = await ask("compare", { arms: ARMS.map(setting), seeds }, signal);
      comparison = found;
      isWell("compare");
      drawComparison();
      drawSecond();
    }
    settle();
  } catch (error) {
    complain("compare", error);
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
    isWell("life");
    drawSecond();
  } catch (error) {
    complain("life", error);
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
    if (!run) {
      onCanvas(canvas, () => {});
      canvas.setAttribute("aria-label", `${arm.toUpperCase()} ${titleOf(arm)}: ${t(arm in troubles ? "not_known" : "working")}`);
      continue;
    }
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

let moving = ""; // the lever that is being dragged

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
    control.addEventListener("change", () => { moving = ""; });
    control.addEventListener("input", () => {
      if (moving !== entry.key) { step(); moving = entry.key; }
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
    restart: () => { step(); openLesson(state.lesson); $("lesson-panel").querySelector("input").focus(); },
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
    isWell("lesson");
    lessonResult = result;
    state.checked = true;
    if (lesson.measure in result.kpis) state.tab = "steps";
    remember();
  } catch (error) {
    complain("lesson", error);
  } finally {
    lessonWorking = false;
    const isLost = document.activeElement === document.body; // the button that was pressed is gone
    fillLesson();
    drawSecond();
    if (isLost) ($("lesson-panel").querySelector(".verdict") ?? $("check"))?.focus();
  }
}

// What a lesson begins with.
function opening(lesson) {
  return {
    lesson: lesson.name, prediction: "", checked: false, a: structuredClone(lesson.arms[0]), b: structuredClone(lesson.arms[lesson.shown]),
    edit: "b", layer: lesson.layer, month: 0, type: "all", ...LESSON_VIEW[lesson.name],
  };
}

function openLesson(name) {
  pause();
  lessonResult = null;
  delete troubles.lesson;
  Object.assign(state, { lesson: name, prediction: "", checked: false });
  const lesson = currentLesson();
  if (lesson) Object.assign(state, opening(lesson));
  else Object.assign(state, { a: { scenario: "no_cooperation", parameters: {} }, b: { scenario: "baseline", parameters: {} } });
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
  $("play").textContent = timer ? `|| ${t("pause")}` : `▶ ${t("play")}`;
  fillLevers();
  fillLesson();
  draw();
}

// What was on the screen becomes a page to go back to, before something is changed.
function step() {
  clearTimeout(rememberTimer);
  lastLink = toLink(state);
  if (location.hash !== lastLink) history.replaceState(null, "", lastLink);
  history.pushState(null, "", lastLink);
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
  $("play").textContent = `|| ${t("pause")}`;
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const go = () => {
    const began = performance.now();
    if (state.month >= start.months.length - 1) { pause(); draw(); remember(); return; }
    state.month = Math.min(state.month + (isStill ? STILL_MONTHS : 1), start.months.length - 1);
    drawMonth();
    timer = setTimeout(go, Math.max(0, (isStill ? STILL_MS : MONTH_MS) - (performance.now() - began)));
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
  on("lesson", "change", (name) => { step(); openLesson(name); });
  on("nation", "change", async (name) => {
    step();
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
      step();
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
    step();
    for (const arm of ARMS) state[arm].parameters = {};
    showLevers();
    changed();
  });
  on("seed", "change", (text) => {
    if ($("seed").checkValidity() && text !== "") { step(); state.seed = Number(text); changed(); } else $("seed").value = state.seed;
  });
  on("seeds", "change", (count) => { step(); state.seeds = Number(count); changed(); });
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
    say(t("link_copied"));
  });
  on("retry", "click", retry);
  on("dismiss", "click", () => {
    for (const source of Object.keys(troubles)) delete troubles[source];
    linkFault = note = "";
    showMessage();
  });
  wireKeys();
  for (const button of document.querySelectorAll("[data-save]")) button.addEventListener("click", () => { save(button.dataset.save); $("download").open = false; });
  on("help-open", "click", () => $("help").showModal());
  const watched = new ResizeObserver(() => { if (atlas) draw(); });
  for (const id of ["map-a", "map-b", "legend", "curves", "second"]) watched.observe($(id));
  document.fonts.addEventListener("loadingdone", () => { if (atlas) { draw(); settle(); } });
  addEventListener("hashchange", () => { if (location.hash !== lastLink) restore(); });
}

// Space plays, arrows step, where no control wants them; arrows walk along the tabs; Escape shuts the menu.
function wireKeys() {
  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || $("help").open) return;
    const act = { " ": play, ArrowLeft: () => goTo(state.month - 1), ArrowRight: () => goTo(state.month + 1), Home: () => goTo(0) }[event.key];
    const isFree = event.target === document.body || event.target.matches(".verdict, #life");
    if (!act || !isFree || (event.key === " " && $("play").disabled)) return;
    event.preventDefault();
    act();
  });
  $("tabs").addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const tabs = [...$("tabs").querySelectorAll("[role=tab]:not([hidden])")];
    const place = tabs.indexOf(event.target);
    if (!way || place < 0) return;
    event.preventDefault();
    const next = tabs[(place + way + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });
  const menu = $("download");
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
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
  const toNumber = ([low, high]) => (text) => (text.trim() !== "" && Number(text) >= low && Number(text) <= high ? Number(text) : undefined);
  const among = (values) => (text) => (values.includes(text) ? text : undefined);
  for (const entry of allLevers()) {
    readers[entry.key] = entry.type === "choice" ? among(entry.values) : entry.values ? among(start.months.filter((month) => month >= entry.bounds[0] && month <= entry.bounds[1])) : toNumber(entry.bounds);
    for (const [key, value] of Object.entries(entry.also)) readers[key] = typeof value === "number" ? toNumber([0, Infinity]) : among([value]);
  }
  const lessonOfLink = start.lessons.find(({ name }) => name === new URLSearchParams(location.hash.slice(1)).get("lesson"));
  const before = { ...structuredClone(DEFAULTS), language: state.language, ...(lessonOfLink && opening(lessonOfLink)) };
  const { found, bad } = fromLink(location.hash, before, {
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
  linkFault = bad.length ? t("link_bad", { what: bad.slice(0, 5).map(nameInLink).join(", ").slice(0, 300) }) : "";
  for (const source of Object.keys(troubles)) delete troubles[source];
  showMessage();
  changed();
  if (state.checked) checkPrediction();
  if (state.tab === "life") tellLife();
}

// What an entry of a link is called on the page.
function nameInLink(key) {
  const words = { lesson: "mode", a: "scenario_a", b: "scenario_b", type: "of_type", stratum: "measure" };
  const [, arm, parameter] = key.match(/^([ab])\.(.+)$/) ?? [];
  const isKnown = [...PLAIN, ...NUMBERS, "a", "b"].includes(key);
  const label = arm && lever(parameter) ? `${arm.toUpperCase()}: ${leverLabel(parameter)}` : isKnown ? t(words[key] ?? key) : "";
  return label && label !== key ? `${label} (${key})` : key;
}

async function begin() {
  $("broken").hidden = true;
  try {
    if (!start) {
      start = await get("start");
      $("month").max = start.months.length - 1;
      wire();
    }
    await restore();
    document.body.dataset.ready = "yes";
  } catch (error) { // without texts of the page; both languages stand in it
    $("broken").hidden = false;
    setTimeout(() => { if (!document.body.dataset.ready) begin(); }, RETRY_MS);
    console.warn(error);
  }
}

$("again").addEventListener("click", begin);
begin();
