// The first page: which lesson, on which nation, or to explore freely.

import { get } from "./data.js";
import { element, fill, onLanguage, preferred } from "./pages.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
const RETRY_MS = 3000;
let start;
let language = preferred();
let nation = "";

function card(lesson, number) {
  const key = `lesson_${lesson.name}`;
  const fragment = `#${new URLSearchParams({ lesson: lesson.name, nation, language })}`;
  const item = element("li", "", "lesson");
  const open = Object.assign(element("a", t("start_lesson"), "button strong"), { href: `present${fragment}` });
  open.setAttribute("aria-label", `${t("start_lesson")}: ${t(key)}`);
  const sheet = Object.assign(element("a", t("sheet"), "button"), { href: `notes${fragment}` });
  const handout = Object.assign(element("a", t("handout"), "button"), { href: `handout?${new URLSearchParams({ lesson: lesson.name, nation })}` });
  const links = element("p", "", "links");
  links.append(open, sheet, handout, element("span", t("minutes", { count: lesson.minutes }), "minutes"));
  item.dataset.lesson = lesson.name;
  item.append(element("h3", t(key)), element("p", t(`${key}_aim`)), links);
  return item;
}

function show() {
  fill(start.texts, language);
  $("nations").replaceChildren(element("legend", t("nation")), ...start.nations.map((name) => {
    const label = element("label");
    const radio = Object.assign(document.createElement("input"), { type: "radio", name: "nation", value: name, checked: name === nation });
    radio.addEventListener("change", () => { nation = name; show(); });
    label.append(radio, ` ${t(`nation_${name}`)}`);
    return label;
  }));
  $("lessons").replaceChildren(...start.lessons.map(card));
  $("explore").href = `explore#${new URLSearchParams({ nation, language })}`;
  document.body.dataset.ready = "yes";
}

async function begin() {
  // Links to the page before there were lessons of their own lead to what they meant.
  const words = new URLSearchParams(location.hash.slice(1));
  if (words.has("lesson")) { location.replace(`present${location.hash}`); return; }
  if (words.has("a") || words.has("b")) { location.replace(`explore${location.hash}`); return; }
  $("broken").hidden = true;
  try {
    start = await get("start");
    nation = start.nations[0];
    onLanguage((chosen) => { language = chosen; show(); });
    show();
  } catch (error) {
    $("broken").hidden = false;
    setTimeout(begin, RETRY_MS);
    console.warn(error);
  }
}

begin();
