// What every page of the app does: its elements, texts in the language of the reader, and a switch between the two.

import { speak, t } from "./words.js";

export const element = (tag, words = "", className = "") => Object.assign(document.createElement(tag), { textContent: words, className });

export function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.();
}

export const preferred = () => ((navigator.language ?? "en").startsWith("ja") ? "ja" : "en");

// Puts texts into all that asks for one by its key.
export function fill(texts, language, title = "title") {
  speak(texts, language);
  document.title = t(title);
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = t(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  for (const button of document.querySelectorAll("[data-language]")) button.setAttribute("aria-pressed", String(button.dataset.language === language));
}

// Calls `act` with the language whose button is pressed.
export function onLanguage(act) {
  for (const button of document.querySelectorAll("[data-language]")) button.addEventListener("click", () => act(button.dataset.language));
}

// Reads what a link says of a lesson; what it can't be is left out.
export function lessonOfLink(fragment, lessons, nations) {
  const words = new URLSearchParams(fragment.replace(/^#/, ""));
  const lesson = lessons.find(({ name }) => name === words.get("lesson")) ?? lessons[0];
  const number = (key, most) => (/^\d{1,3}$/.test(words.get(key) ?? "") ? Math.min(Number(words.get(key)), most) : undefined);
  const state = {
    step: number("step", lesson.steps.length - 1), month: number("month", 179),
    prediction: lesson.options.includes(words.get("prediction")) ? words.get("prediction") : undefined,
    played: words.get("played") === "1" || undefined,
  };
  return {
    lesson, nation: nations.includes(words.get("nation")) ? words.get("nation") : nations[0],
    language: ["en", "ja"].includes(words.get("language")) ? words.get("language") : preferred(),
    state: Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined)),
  };
}

export function linkOfLesson({ lesson, nation, language, state }) {
  const words = new URLSearchParams({ lesson: lesson.name, nation, language, step: state.step, month: state.month });
  if (state.prediction) words.set("prediction", state.prediction);
  if (state.played) words.set("played", "1");
  return `#${words}`;
}
