// The lecturer's sheet: aim, steps, questions and answers of a lesson. Beside a presenter view it follows the step there.

import { ask, get } from "./data.js";
import { element, fill, lessonOfLink } from "./pages.js";
import { factsOf, figureOf } from "./scenes.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
const channel = new BroadcastChannel("dxsim-lesson");
const began = Date.now();
let start;
let here;
let step = -1;
let parts = {};

// What stands at a step: what the class reads, what the lecturer does, and the answer where there is one.
function entry(kind, place) {
  const key = `lesson_${here.lesson.name}`;
  const { opening, answer } = parts;
  const item = element("li", "", place === step ? "now" : "");
  item.dataset.step = kind;
  item.append(element("h2", t(`step_${kind}`)));
  const facts = opening && factsOf(opening);
  if (["see", "change", "play", "story", "policy"].includes(kind) && (facts || kind !== "see")) item.append(element("p", t(`${key}_${kind}`, facts ?? {})));
  if (kind === "predict") {
    item.append(element("p", t(`${key}_question`)));
    const list = element("ul");
    for (const option of here.lesson.options) list.append(element("li", t(`${key}_${option}`)));
    item.append(list);
  }
  if (kind === "result" && answer) item.append(element("p", t(`${key}_answer_${answer.verdict}`), "answer"));
  if ((kind === "result" || kind === "policy") && answer) item.append(figureOf(here.lesson.name, kind, answer[kind]));
  if (kind === "talk") {
    const list = element("ol");
    for (const question of t(`${key}_talk`).split("\n")) list.append(element("li", question));
    item.append(list, element("p", t(`${key}_note`), "answer"));
  }
  item.append(element("p", t(`note_${kind}`), "how"));
  return item;
}

function show() {
  fill(start.texts, here.language);
  const key = `lesson_${here.lesson.name}`;
  document.querySelector("h1").textContent = t(key);
  const list = element("ol", "", "steps");
  list.append(...here.lesson.steps.map(entry));
  $("sheet").replaceChildren(
    element("p", `${t("aim")}: ${t(`${key}_aim`)}`, "aim"),
    element("p", `${t("minutes", { count: here.lesson.minutes })} · ${t(`nation_${here.nation}`)}${parts.opening ? ` · ${t("means", { count: parts.opening.seeds })}` : ""}`, "how"),
    list,
  );
  document.querySelector(".now")?.scrollIntoView({ block: "nearest" });
}

async function open() {
  parts = {};
  show();
  const { lesson, nation } = here;
  for (const part of ["opening", "answer"]) {
    const found = await ask("recording", { lesson: lesson.name, nation, part }).catch(() => undefined);
    if (here.lesson !== lesson || here.nation !== nation) return;
    parts = { ...parts, [part]: found };
    show();
  }
  document.body.dataset.ready = "yes";
}

channel.addEventListener("message", ({ data }) => {
  if (data.kind !== "state" || !start) return;
  const isOther = data.lesson !== here.lesson.name || data.nation !== here.nation;
  here = { lesson: start.lessons.find(({ name }) => name === data.lesson), nation: data.nation, language: data.language };
  step = data.step;
  $("back").hidden = $("next").hidden = false;
  if (isOther) open(); else show();
});
$("back").hidden = $("next").hidden = true; // until a presenter view answers
$("back").addEventListener("click", () => channel.postMessage({ kind: "go", way: -1 }));
$("next").addEventListener("click", () => channel.postMessage({ kind: "go", way: 1 }));
$("print").addEventListener("click", () => print());
setInterval(() => {
  const seconds = Math.floor((Date.now() - began) / 1000);
  $("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}, 1000);

get("start").then((found) => {
  start = found;
  here = lessonOfLink(location.hash, start.lessons, start.nations);
  channel.postMessage({ kind: "hello" });
  return open();
});
