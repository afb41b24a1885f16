// The page: state, controls, what is asked of the server, and when things are drawn.

import { bySize, curves, describeBySize, describeCurves, describeGroups, groups } from "./charts.js";
import { Refused, ask, get } from "./data.js";
import { NUMBERS, PLAIN, fromLink, toLink } from "./link.js";
import { Atlas } from "./map.js";
import { element, fill } from "./pages.js";
import { TYPE, onCanvas } from "./pen.js";
import { offer, saveFigure, saveTable } from "./save.js";
import { fillComparison, showLife } from "./tables.js";
import { onTheme } from "./theme.js";
import { monthName, number, percent, t } from "./words.js";

const $ = (id) => document.getElementById(id);
const ARMS = ["a", "b"];
const VIEWS = { both: ["a", "b"], a: ["a"], b: ["b"], difference: ["d"] };
const MONTH_MS = { slow: 220, normal: 55, fast: 18 }; // of a month while playing
const STILL_MONTHS = 12; // a step of those who want nothing to move
const STILL_MS = 900;
const RETRY_MS = 3000; // until the server is asked again after it gave no answer
const NOTE_MS = 5000; // a note goes away by itself
const COMPARE_AFTER_MS = 400; // of quiet
const FIRST_SEEDS = 5; // a first answer, before all seeds are done
const TABS = ["size", "groups", "life"];

const state = {
  language: (navigator.language ?? "en").startsWith("ja") ? "ja" : "en",
  nation: "teaching",
  a: { scenario: "no_cooperation", parameters: {} }, b: { scenario: "baseline", parameters: {} },
  edit: "b", seed: 1, seeds: 20, month: 59, layer: "live", view: "both", speed: "normal", series: "live", type: "all",
  tab: "size", stratum: "cost_per_resident", chosen: -1, chosenIn: "b",
};
const DEFAULTS = structuredClone(state);
let start;
let timer = 0;
let comparison = null;
let life = null;
const atlases = {};
const runs = { a: null, b: null };
const busy = { a: false, b: false };
let atlas;

// What is asked

const setting = (arm) => ({ nation: state.nation, scenario: state[arm].scenario, parameters: state[arm].parameters });
const runRequest = (arm) => ({ ...setting(arm), seed: state.seed });

// The layers that are drawn; the others come when they are.
const drawnLayers = () => [...new Set([state.layer, ...(state.tab === "groups" ? ["group"] : [])])];
const lacking = (arm, layers) => layers.filter((layer) => !runs[arm]?.[`layer_${layer}`]);

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
}

// One request of an arm at a time; what changed meanwhile is asked for next.
async function loadRun(arm) {
  if (busy[arm]) return;
  busy[arm] = true;
  try {
    for (;;) {
      const request = runRequest(arm);
      const key = JSON.stringify(request);
      const isSame = runs[arm]?.key === key;
      const layers = isSame ? lacking(arm, wanted()) : wanted();
      if (isSame && !layers.length) break;
      document.body.dataset.settled = "no";
      const run = await ask("run", { ...request, layers });
      if (request.nation !== state.nation) continue;
      runs[arm] = Object.assign(isSame ? runs[arm] : {}, run, { key });
      isWell(arm);
      draw();
      if (ARMS.every((one) => runs[one])) fetchLetters();
      settle();
    }
  } catch (error) {
    runs[arm] = null; // what is shown must not pass for what was asked
    draw();
    complain(arm, error);
  } finally {
    busy[arm] = false;
    for (const waits of waiting.splice(0)) waits();
  }
}

// Fetches the Japanese letters after the first pictures, which are drawn again with them.
async function fetchLetters() {
  if (document.body.dataset.letters) return;
  document.body.dataset.letters = "asked";
  await document.fonts.load("14px IPAexGothic", "日").catch(() => {}); // then the browser's own letters must do
  document.body.dataset.letters = "here";
  draw();
  settle();
}

// Fetches all layers of both runs, for a table of them.
let isWhole = false;
const waiting = [];
const wanted = () => (isWhole ? start.layers : drawnLayers());

async function loadWhole() {
  isWhole = true;
  try {
    while (ARMS.some((arm) => lacking(arm, start.layers).length)) {
      ARMS.forEach(loadRun);
      await new Promise((done) => waiting.push(done));
      if (ARMS.some((arm) => arm in troubles)) return;
    }
  } finally {
    isWhole = false;
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
  const isNew = (arm) => runs[arm]?.key === JSON.stringify(runRequest(arm)) && !lacking(arm, drawnLayers()).length;
  if (document.body.dataset.letters !== "here") return;
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
  const shown = VIEWS[state.view];
  for (const panel of ["a", "b", "d"]) $(`map-${panel}`).parentElement.hidden = !shown.includes(panel);
  $("maps").dataset.count = shown.length;
  for (const panel of shown) drawMap(panel);
  const isChange = state.view === "difference";
  onCanvas($("legend"), (pen, width) => { $("legend").style.height = `${atlas.legend(pen, width, state.layer, TYPE, isChange)}px`; });
  const isKnown = hasLayer("a") && hasLayer("b");
  if (isKnown) $("sentence").replaceChildren(element("b", atlas.sentence(runs, state, start.months)), ` (${t("sentence_runs", { seed: state.seed })})`);
  else $("sentence").textContent = t(ARMS.some((arm) => arm in troubles) ? "not_known" : "working");
  tellChosen();
}

const hasLayer = (arm) => Boolean(runs[arm]?.[`layer_${state.layer}`]);

function drawMap(panel) {
  const canvas = $(`map-${panel}`);
  const isChange = panel === "d";
  const isKnown = (isChange ? ARMS : [panel]).every(hasLayer);
  titleMap(panel, isKnown);
  if (!isKnown) {
    onCanvas(canvas, () => {});
    canvas.setAttribute("aria-label", t(ARMS.some((arm) => arm in troubles) ? "not_known" : "working"));
    return;
  }
  onCanvas(canvas, (pen, width, height) => (isChange ? atlas.drawChange(pen, width, height, runs, state) : atlas.draw(pen, width, height, runs[panel], state)));
  if (timer) return;
  const words = isChange ? t("map_change", { layer: t(`layer_${state.layer}`), sentence: atlas.sentence(runs, state, start.months) }) : atlas.describe(runs[panel], panel.toUpperCase(), state, start.months);
  canvas.setAttribute("aria-label", `${words} ${t("map_keys")}`);
}

// The title of a map is its scenario; under it stand what was changed and one number for the whole nation.
function titleMap(panel, isKnown) {
  if (panel === "d") {
    const both = ARMS.map((arm) => element("span", inWords(arm), "changes"));
    $("title-d").replaceChildren(element("b", t("change_title")), ...both, element("span", t("change_colours"), "value"));
    return;
  }
  const { title, changes } = titleOf(panel);
  const parts = [element("b", `${panel.toUpperCase()}: ${title}`)];
  if (changes.length) parts.push(element("span", changes.join(" · "), "changes"));
  if (isKnown) parts.push(element("span", atlas.heading(runs[panel], state.layer, state.month), "value"));
  $(`title-${panel}`).replaceChildren(...parts);
}

function inWords(arm) {
  const { title, changes } = titleOf(arm);
  return [`${arm.toUpperCase()}: ${title}`, ...changes].join(" · ");
}

function tellChosen(municipality = state.chosen) {
  if (municipality < 0) { $("chosen").textContent = t("map_hint"); return; }
  const known = ARMS.filter(hasLayer);
  const values = known.map((arm) => `${arm.toUpperCase()} ${atlas.written(runs[arm], state.layer, state.month, municipality)}`);
  if (known.length === 2) values.push(atlas.writtenChange(runs, state.layer, state.month, municipality));
  $("chosen").textContent = `${atlas.name(municipality, state.nation === "teaching")}: ${values.join(", ")}`;
}

// What happens in the scenarios, in order; with the arm where it happens in one of them only.
function events() {
  const of = (arm) => scenario(state[arm].scenario).events.map(({ month, text }) => ({ month, text: text[state.language] ?? text.en }));
  const isIn = (event, arm) => of(arm).some(({ month, text }) => month === event.month && text === event.text);
  const all = [...of("a").map((event) => ({ ...event, arm: isIn(event, "b") ? "" : "A" })), ...of("b").filter((event) => !isIn(event, "a")).map((event) => ({ ...event, arm: "B" }))];
  return all.sort((one, other) => one.month - other.month).map((event, k) => ({ ...event, name: String(k + 1) }));
}

function drawEvents() {
  const all = events();
  $("events").hidden = !all.length;
  const words = ({ name, month, text, arm }) => `${name} ${monthName(start.months[month])}${arm ? ` (${arm})` : ""} ${text}`;
  const last = all.filter(({ month }) => month <= state.month).pop();
  $("events").querySelector("summary").textContent = last ? words(last) : t("events");
  const list = $("events").querySelector("ol");
  const texts = all.map(words);
  if (list.dataset.texts === String(texts)) return;
  list.dataset.texts = String(texts);
  list.replaceChildren(...texts.map((text) => element("li", text)));
}

const chartState = () => ({
  ...state, runs, months: start.months, types: atlas.nation.types, colours: start.colours, count: atlas.count, events: events(),
  comparison, measure: state.stratum, classes: atlas.nation.size_classes,
});

function drawCurves() {
  onCanvas($("curves"), (pen, width, height) => curves(pen, width, height, chartState()));
  drawEvents();
  if (!timer) $("curves").setAttribute("aria-label", describeCurves(chartState()));
}

// The chart in the lower right corner: how it is drawn, and how it is described.
function second() {
  if (state.tab === "groups") return { paint: groups, words: describeGroups(chartState()), given: chartState() };
  return { paint: bySize, words: describeBySize(chartState()), given: chartState() };
}

function drawSecond() {
  const isLife = state.tab === "life";
  $("second").hidden = isLife;
  $("life").hidden = !isLife;
  $("stratum").hidden = state.tab !== "size";
  for (const tab of $("tabs").querySelectorAll("[role=tab]")) {
    tab.setAttribute("aria-selected", String(tab.dataset.tab === state.tab));
    tab.tabIndex = tab.dataset.tab === state.tab ? 0 : -1;
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
  const words = [comparison ? t("over_seeds", { count: comparison.seeds }) : t("one_run", { seed: state.seed }), !isDone && t("working")];
  $("progress").textContent = `(${words.filter(Boolean).join("; ")})`;
  for (const id of ["cite-open", "python-open"]) $(id).disabled = !isDone;
  fillComparison($("comparison").tBodies[0], start.kpis, runs, comparison);
}

// Controls

const scenario = (name) => start.scenarios.find((entry) => entry.name === name);
const allLevers = () => [...start.levers, start.hazard];
const lever = (key) => allLevers().find((entry) => entry.key === key);
const leverLabel = (key) => t(`lever_${key}`);
const valueOf = (arm, key) => state[arm].parameters[key] ?? scenario(state[arm].scenario).values[key];

// What an arm is: its scenario, and all that was changed in it.
function titleOf(arm) {
  const changed = allLevers().filter((entry) => entry.key in state[arm].parameters);
  const words = changed.map((entry) => `${leverLabel(entry.key)} ${leverWords(entry, valueOf(arm, entry.key))}`);
  const title = scenario(state[arm].scenario).title[state.language];
  return { title: words.length ? t(words.length > 1 ? "title_changes" : "title_change", { title, count: words.length }) : title, changes: words };
}

function leverWords(entry, value) {
  if (entry.type === "choice") return t(`choice_${value}`);
  if (entry.type.startsWith("month")) return monthName(value);
  if (entry.isShare) return percent(value, 0);
  return number(value, (String(Number(value.toFixed(3))).split(".")[1] ?? "").length);
}

function setLever(arm, entry, value) {
  const { parameters } = state[arm];
  const isAsWas = scenario(state[arm].scenario).values[entry.key] === value;
  for (const key of [entry.key, ...Object.keys(entry.also)]) delete parameters[key];
  if (!isAsWas) Object.assign(parameters, { [entry.key]: value }, entry.also);
}

function shownLevers() {
  if (state[state.edit].scenario === start.limiting_case) return [start.hazard];
  return start.levers;
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
      setLever(state.edit, entry, value);
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
  $("reset").disabled = !ARMS.some((arm) => Object.keys(state[arm].parameters).length);
}

// The place of a month among the steps of its slider: the last one that is not later.
const nearest = (values, value) => Math.max(0, values.filter((month) => month <= value).length - 1);

function options(select, entries, value) {
  select.replaceChildren(...entries.map(([key, words]) => new Option(words, key)));
  select.value = value;
}

// Puts the state into every control, in the language of the page.
function showAll() {
  fill(start.texts, state.language);
  for (const node of document.querySelectorAll("[data-label]")) node.title = t(node.dataset.label);
  options($("nation"), start.nations.map((name) => [name, t(`nation_${name}`)]), state.nation);
  for (const arm of ARMS) {
    $(`scenario-${arm}`).replaceChildren(...Object.entries(start.themes).map(([theme, names]) => {
      const group = Object.assign(document.createElement("optgroup"), { label: t(`theme_${theme}`) });
      group.append(...names.map((name) => new Option(scenario(name).title[state.language], name)));
      return group;
    }));
    $(`scenario-${arm}`).value = state[arm].scenario;
    $(`meaning-${arm}`).textContent = scenario(state[arm].scenario).meaning[state.language];
    $(`scenario-${arm}`).setAttribute("aria-label", t(`scenario_${arm}`));
    $(`scenario-${arm}`).setAttribute("aria-describedby", `meaning-${arm}`);
  }
  document.querySelector(`[name=edit][value=${state.edit}]`).checked = true;
  $("seed").value = state.seed;
  options($("seeds"), [...new Set([5, 10, 20, 30, state.seeds])].sort((one, other) => one - other).map((count) => [count, count]), state.seeds);
  options($("layer"), start.layers.map((name) => [name, t(`layer_${name}`)]), state.layer);
  options($("view"), Object.keys(VIEWS).map((name) => [name, t(`view_${name}`)]), state.view);
  options($("speed"), Object.keys(MONTH_MS).map((name) => [name, t(`speed_${name}`)]), state.speed);
  options($("series"), start.series.map((name) => [name, t(`series_${name}`)]), state.series);
  options($("type"), [["all", t("type_all")], ["each", t("by_type")], ...atlas.nation.types.map((name) => [name, t(`type_${name}`)])], state.type);
  options($("stratum"), start.strata.map((name) => [name, t(`strata_${name}`)]), state.stratum);
  $("credit").textContent = atlas.credit();
  $("play").textContent = timer ? `|| ${t("pause")}` : `▶ ${t("play")}`;
  $("undo").disabled = !steps();
  fillLevers();
  draw();
}

// How many steps can be taken back before Back leaves the page; the browser keeps that with each of its entries.
const steps = () => history.state?.steps ?? 0;

// What was on the screen becomes a page to go back to, before something is changed.
function step() {
  clearTimeout(rememberTimer);
  lastLink = toLink(state);
  if (location.hash !== lastLink) history.replaceState(history.state, "", lastLink);
  history.pushState({ steps: steps() + 1 }, "", lastLink);
  $("undo").disabled = false;
}

let rememberTimer = 0;
let lastLink = "";

function remember() {
  clearTimeout(rememberTimer);
  rememberTimer = setTimeout(() => {
    lastLink = toLink(state);
    history.replaceState(history.state, "", lastLink);
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
    timer = setTimeout(go, Math.max(0, (isStill ? STILL_MS : MONTH_MS[state.speed]) - (performance.now() - began)));
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

function wireMap(panel) {
  const canvas = $(`map-${panel}`);
  const armOf = panel === "d" ? "b" : panel; // whose story is told
  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    return atlas.at(canvas.getContext("2d"), canvas, event.clientX - box.left, event.clientY - box.top);
  };
  canvas.addEventListener("click", (event) => {
    const municipality = under(event);
    if (municipality >= 0) choose(municipality, armOf, true);
  });
  canvas.addEventListener("pointermove", (event) => {
    const municipality = timer ? -1 : under(event);
    tellChosen(municipality < 0 ? undefined : municipality);
  });
  canvas.addEventListener("pointerleave", () => tellChosen());
  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (way) choose(state.chosen < 0 ? 0 : atlas.towards(state.chosen, ...way), armOf, false);
    else if (event.key === "Enter" && state.chosen >= 0) choose(state.chosen, armOf, true);
    else return;
    event.preventDefault();
  });
}

// Draws what was chosen to be shown, and fetches what it lacks.
function showDrawn() {
  if (ARMS.some((arm) => lacking(arm, drawnLayers()).length)) document.body.dataset.settled = "no";
  draw();
  remember();
  ARMS.forEach(loadRun);
}

function on(id, event, act) {
  $(id).addEventListener(event, () => act($(id).value));
}

function wire() {
  on("nation", "change", async (name) => {
    step();
    pause();
    Object.assign(state, { nation: name, chosen: -1, seeds: name === "whole" ? 5 : 20 });
    Object.assign(runs, { a: null, b: null });
    life = null;
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
  }
  for (const panel of ["a", "b", "d"]) wireMap(panel);
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
  for (const key of ["layer", "view", "speed", "series", "type", "stratum"]) {
    on(key, "change", (value) => { state[key] = value; showDrawn(); });
  }
  on("undo", "click", () => history.back());
  on("month", "input", (month) => goTo(Number(month)));
  on("first", "click", () => goTo(0));
  on("back", "click", () => goTo(state.month - 1));
  on("step", "click", () => goTo(state.month + 1));
  on("play", "click", play);
  for (const tab of $("tabs").querySelectorAll("[role=tab]")) {
    tab.addEventListener("click", () => { state.tab = tab.dataset.tab; showDrawn(); if (state.tab === "life" && !life) tellLife(); });
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
    history.replaceState(history.state, "", lastLink);
    copy(location.href, t("link_copied"));
  });
  on("retry", "click", retry);
  on("dismiss", "click", () => {
    for (const source of Object.keys(troubles)) delete troubles[source];
    linkFault = note = "";
    showMessage();
  });
  on("cite-open", "click", () => showTexts("cite"));
  on("python-open", "click", () => showTexts("python"));
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy($(button.dataset.copy).textContent, t("copied")));
  }
  wireKeys();
  for (const button of document.querySelectorAll("[data-save]")) button.addEventListener("click", () => { save(button.dataset.save); $("download").open = false; });
  on("help-open", "click", () => $("help").showModal());
  const watched = new ResizeObserver(() => { if (atlas) draw(); });
  for (const id of ["map-a", "map-b", "map-d", "curves", "second"]) watched.observe($(id));
  onTheme(() => { if (atlas) draw(); });
  addEventListener("hashchange", () => { if (location.hash !== lastLink && !isSentOn()) restore(); });
  addEventListener("popstate", () => { $("undo").disabled = !steps(); });
}

// Space plays, arrows step, where no control wants them; arrows walk along the tabs; Escape shuts the menu.
function wireKeys() {
  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const act = { " ": play, ArrowLeft: () => goTo(state.month - 1), ArrowRight: () => goTo(state.month + 1), Home: () => goTo(0) }[event.key];
    const isFree = event.target === document.body || event.target.matches("#life");
    if (!act || !isFree) return;
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

async function copy(words, said) {
  try {
    await navigator.clipboard.writeText(words);
    say(said);
  } catch { // not allowed, or no secure connection
    say(t("copy_by_hand"));
  }
}

// How to cite what is on the screen, and how to have the table in Python.
async function showTexts(which) {
  try {
    const asked = { arms: ARMS.map(setting), seeds: state.seeds, seed: state.seed, language: state.language, link: toLink(state) };
    const found = await ask("cite", asked);
    isWell("cite");
    $("cite-text").textContent = found.citation;
    $("cite-bibtex").textContent = found.bibtex;
    $("python-text").textContent = found.python;
    $(which).showModal();
  } catch (error) {
    complain("cite", error);
  }
}

// The comparison as one file that plays anywhere.
async function saveHandout() {
  try {
    const asked = { arms: ARMS.map(setting), seeds: state.seeds, seed: state.seed, language: state.language, link: toLink(state) };
    offer(await ask("handout", asked), "text/html", "dxsim-comparison.html");
    isWell("handout");
  } catch (error) {
    complain("handout", error);
  }
}

async function save(kind) {
  if (kind === "map") await loadWhole();
  if (kind === "handout") { await saveHandout(); return; }
  const shown = state.tab === "life" ? null : second();
  const given = { atlas, state, runs, comparison, start, titles: ARMS.map(titleOf), curves: chartState(), second: shown };
  if (kind === "png" || kind === "svg") saveFigure(kind, given);
  else saveTable(kind, given);
}

async function useNation() {
  atlases[state.nation] ??= new Atlas(await get(`nation/${state.nation}`));
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
  const before = { ...structuredClone(DEFAULTS), language: state.language };
  const { found, bad } = fromLink(location.hash, before, {
    language: ["en", "ja"], nation: start.nations, edit: ARMS, view: Object.keys(VIEWS), speed: Object.keys(MONTH_MS), layer: start.layers, series: start.series,
    type: ["all", "each", ...start.types], tab: TABS, stratum: start.strata, scenario: start.scenarios.map(({ name }) => name),
    seed: [0, Number.MAX_SAFE_INTEGER], seeds: [2, 30], month: [0, start.months.length - 1], chosen: [-1, 9999], parameters: readers,
  });
  pause();
  if (found.nation !== state.nation) Object.assign(runs, { a: null, b: null });
  life = null;
  Object.assign(state, found);
  await useNation();
  if (state.chosen >= atlas.count) state.chosen = -1;
  showAll();
  linkFault = bad.length ? t("link_bad", { what: bad.slice(0, 5).map(nameInLink).join(", ").slice(0, 300) }) : "";
  for (const source of Object.keys(troubles)) delete troubles[source];
  showMessage();
  changed();
  if (state.tab === "life") tellLife();
}

// What an entry of a link is called on the page.
function nameInLink(key) {
  const words = { a: "scenario_a", b: "scenario_b", type: "of_type", stratum: "measure" };
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

// Lessons have a page of their own; a link to one is sent on.
function isSentOn() {
  const isLesson = new URLSearchParams(location.hash.slice(1)).has("lesson");
  if (isLesson) location.replace(`present${location.hash}`);
  return isLesson;
}

$("again").addEventListener("click", begin);
if (!isSentOn()) begin();
