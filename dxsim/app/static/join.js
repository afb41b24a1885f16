// The page of a student: the code, the lecturer's screen, a prediction, and how the class has voted.

import { drawVotes } from "./class.js";
import { Follower } from "./follow.js";
import { fill, onLanguage } from "./pages.js";
import { spoken, t } from "./words.js";

const PAUSE = 2000; // milliseconds before the next try
const LONGEST_POLL = 30000;

const $ = (id) => document.getElementById(id);
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
const kept = (key) => sessionStorage.getItem(key);

let start = null;
let seen = null; // what the server said last
let follower = null;
let polling = null; // stops the poll that waits

const post = (path, content) => fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });

async function problemOf(response) {
  const content = await response.json().catch(() => ({}));
  return content.problems?.[spoken()]?.join(" ") ?? t("class_lost");
}

function say(key, isNote = false) {
  $("state").textContent = key ? t(key) : "";
  $("state").hidden = !key;
  $("state").classList.toggle("note", isNote);
}

function choose(language) {
  sessionStorage.setItem("language", language);
  fill(start.texts, language, "class_title");
  $("problem").textContent = "";
  follower.speak();
  show();
}

function show() {
  const isIn = Boolean(kept("ticket"));
  $("enter").hidden = isIn;
  $("wait").hidden = !isIn || Boolean(seen?.lesson);
  $("vote").hidden = $("shown").hidden = true;
  if (!isIn || !seen) return;
  if (seen.lesson) showQuestion();
}

function showQuestion() {
  const { lesson, options, mine, counts } = seen;
  const isOpen = seen.asking && !seen.closed;
  const words = (option) => t(`lesson_${lesson}_${option}`);
  $("vote").hidden = !(seen.asking || mine);
  $("shown").hidden = !counts;
  put("question", t(`lesson_${lesson}_question`));
  const drawn = `${spoken()} ${lesson}`;
  if ($("options").dataset.drawn !== drawn) {
    $("options").dataset.drawn = drawn;
    $("options").replaceChildren(...options.map((option) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: words(option) });
      button.dataset.option = option;
      button.addEventListener("click", () => vote(lesson, option));
      return button;
    }));
  }
  $("options").hidden = !isOpen;
  for (const button of $("options").children) button.setAttribute("aria-pressed", button.dataset.option === mine);
  const prediction = mine ? t("class_mine", { words: words(mine) }) : "";
  put("mine", [prediction, isOpen ? (mine ? t("class_change") : "") : t("class_closed")].filter(Boolean).join("\n"));
  if (counts) drawVotes($("votes"), lesson, counts, mine);
}

// Words that stay are not announced again.
function put(id, words) {
  if ($(id).textContent !== words) $(id).textContent = words;
}

async function enter(event) {
  event.preventDefault();
  const code = $("code").value.normalize("NFKC").replace(/\D/g, "");
  $("problem").textContent = "";
  try {
    const response = await post("class/enter", { code });
    if (!response.ok) {
      $("problem").textContent = await problemOf(response);
      return;
    }
    sessionStorage.setItem("ticket", (await response.json()).ticket);
  } catch {
    $("problem").textContent = t("class_lost");
    return;
  }
  say(null);
  show();
  watch();
}

async function vote(question, option) {
  $("problem").textContent = "";
  try {
    const response = await post("class/vote", { ticket: kept("ticket"), question, option });
    if (response.ok) take(await response.json());
    else $("problem").textContent = await problemOf(response);
  } catch {
    $("problem").textContent = t("class_not_sent");
  }
}

function take(now) {
  if (now.lesson !== seen?.lesson) $("problem").textContent = "";
  seen = now;
  show();
  follower.show(now);
}

async function recording(part) {
  const response = await post("class/recording", { ticket: kept("ticket"), part });
  return response.status === 200 ? response.arrayBuffer() : null;
}

function leave() {
  sessionStorage.removeItem("ticket");
  seen = null;
  follower.show({ lesson: "" });
  say("class_over");
  show();
}

// Asks for the lecturer's screen again and again: after a sleep, a lost network, whatever happened.
async function watch() {
  while (kept("ticket")) {
    polling = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => { isLate = true; polling.abort(); }, LONGEST_POLL);
    const began = Date.now();
    try {
      const response = await fetch(`class/screen?ticket=${kept("ticket")}&since=${seen?.version ?? 0}`, { signal: polling.signal });
      if (response.status === 401) return leave();
      if (response.status === 200) take(await response.json());
      say(response.status >= 400 ? "class_lost" : null);
      if (response.status >= 400 || (response.status === 204 && Date.now() - began < PAUSE)) await pause(PAUSE);
    } catch {
      if (isLate || !polling.signal.aborted) {
        say("class_lost");
        await pause(PAUSE);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

async function begin() {
  while (!start) {
    const response = await fetch("start").catch(() => null);
    if (response?.ok) start = await response.json();
    else {
      $("broken").hidden = false;
      await pause(PAUSE);
    }
  }
  $("broken").hidden = true;
  follower = new Follower($("stage"), start, recording);
  const own = navigator.languages.find((name) => /^(en|ja)\b/.test(name))?.slice(0, 2);
  choose(kept("language") ?? own ?? "en");
  $("code").value = location.hash.slice(1);
  onLanguage(choose);
  $("enter").addEventListener("submit", enter);
  addEventListener("online", () => polling?.abort());
  addEventListener("hashchange", () => { $("code").value = location.hash.slice(1); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) polling?.abort(); });
  document.body.dataset.ready = "";
  watch();
}

begin();
