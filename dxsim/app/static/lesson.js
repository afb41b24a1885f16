// The panel of a guided lesson: question, prediction, control, what to look for, and the check.

import { interval, number, t, written } from "./words.js";

function element(tag, words, properties = {}) {
  const node = Object.assign(document.createElement(tag), properties);
  if (words) node.textContent = words;
  return node;
}

function line(label, words) {
  const node = element("p");
  node.append(element("b", `${t(label)}: `), words);
  return node;
}

export function showLesson(panel, lesson, { prediction, result, working }, { predict, check, restart }) {
  const key = `lesson_${lesson.name}`;
  panel.replaceChildren(element("h2", t(key)), element("p", t(`${key}_question`)));
  const choices = element("fieldset");
  choices.append(element("legend", t("predict")));
  for (const option of lesson.options) {
    const label = element("label");
    const radio = element("input", "", { type: "radio", name: "prediction", value: option, checked: option === prediction });
    radio.disabled = Boolean(result);
    radio.addEventListener("change", () => predict(option));
    label.classList.toggle("picked", option === prediction);
    label.append(radio, element("span", t(`${key}_${option}`)));
    choices.append(label);
  }
  panel.append(choices, line("move", t(`${key}_move`)), line("look", t(`${key}_look`)));
  if (!prediction) panel.append(element("p", t("predict_first"), { id: "predict-first" }));
  if (result) panel.append(verdict(lesson, key, prediction, result));
  else {
    const button = element("button", t(working ? "working" : "check"), { id: "check", disabled: !prediction || working });
    button.addEventListener("click", check);
    panel.append(button);
  }
  const again = element("button", t("restart"), { id: "restart" });
  again.addEventListener("click", restart);
  panel.append(again);
}

function verdict(lesson, key, prediction, result) {
  const node = element("div", "", { className: "verdict", role: "status", tabIndex: -1 });
  node.dataset.verdict = result.verdict;
  node.append(
    element("b", t(prediction === result.verdict ? "right" : "wrong")),
    element("p", t(`${key}_answer_${result.verdict}`)),
    element("p", `${t("result", { count: result.seeds })}: ${evidence(lesson, result)}`),
  );
  return node;
}

function evidence(lesson, result) {
  if (lesson.measure in result.kpis) {
    const [first, ...others] = result.kpis[lesson.measure];
    const names = stepNames(lesson).slice(1);
    const last = lesson.name === "remedy" ? others : others.slice(-1);
    const shift = others.length - last.length;
    return `${t(`kpi_${lesson.measure}`)} ${written(lesson.measure, first.mean)}; ${last.map((entry, k) => `${names[k + shift]}: ${interval(lesson.measure, entry)}`).join("; ")}`;
  }
  const known = result.strata[lesson.measure].map((row, k) => [row, k]).filter(([row]) => row[1].difference !== null);
  return [known[0], known[known.length - 1]].map(([row, k]) => `${t(`size_${lesson.classes[k]}`)}: ${interval(lesson.measure, row[1])}`).join("; ");
}

// What each arm of the check sets the lesson's lever to.
export function stepNames(lesson) {
  if (lesson.name === "remedy") return ["A", t("lesson_remedy_capacity"), t("lesson_remedy_subsidy")];
  return lesson.arms.map(({ parameters }) => number(100 * (parameters[lesson.controls[0]] ?? 0)) + (lesson.name === "size" ? "" : " %"));
}
