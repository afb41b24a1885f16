// The presenter view: one lesson, full screen, driven by keys; notes open in a second window.

import { ask, get } from "./data.js";
import { Lectern } from "./lectern.js";
import { Atlas } from "./map.js";
import { element, fill, fullScreen, lessonOfLink, linkOfLesson, onLanguage } from "./pages.js";
import { Player, keysOf } from "./player.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
const RETRY_MS = 3000;
const channel = new BroadcastChannel("dxsim-lesson"); // to the window with the notes

let start;
let here; // lesson, nation, language
let player;
let deaf = () => {};
let lectern; // of a class that votes, if there is one
const atlases = {};

const request = (part) => ask("recording", { lesson: here.lesson.name, nation: here.nation, part });

function tell() {
  history.replaceState(null, "", linkOfLesson({ ...here, state: player.state }));
  lectern?.show(here, player);
  channel.postMessage({ kind: "state", lesson: here.lesson.name, nation: here.nation, language: here.language, ...player.state, last: player.last });
}

async function open(state) {
  const { nation, lesson } = here;
  document.body.dataset.ready = "no";
  deaf();
  player?.leave(); // what plays must not draw over what comes
  fill(start.texts, here.language);
  $("nation").replaceChildren(...start.nations.map((name) => new Option(t(`nation_${name}`), name)));
  $("nation").value = nation;
  $("handout").href = `handout?${new URLSearchParams({ lesson: lesson.name, nation })}`;
  $("player").replaceChildren(element("p", t("working"), "working"));
  const [about, opening] = await Promise.all([atlases[nation] ?? get(`nation/${nation}`), request("opening")]);
  if (here.lesson !== lesson || here.nation !== nation) return;
  const atlas = atlases[nation] = about instanceof Atlas ? about : new Atlas(about);
  let answer;
  player = new Player($("player"), {
    lesson, months: start.months, atlas, opening, isTeaching: nation === "teaching",
    answer: () => (answer ??= request("answer").catch((error) => { answer = undefined; throw error; })), changed: tell,
  });
  deaf = keysOf(player, { f: fullScreen, n: notes });
  player.show(state);
  tell();
  document.body.dataset.ready = "yes";
}

async function begin() {
  $("broken").hidden = true;
  try {
    if (!start) {
      start = await get("start");
      wire();
    }
    const { state, ...found } = lessonOfLink(location.hash, start.lessons, start.nations);
    here = found;
    await open(state);
  } catch (error) {
    $("broken").querySelector("span").textContent = start ? t("failed") : "The server does not answer. サーバーが応答しません。";
    $("again").textContent = start ? t("retry") : "↻";
    $("broken").hidden = false;
    setTimeout(() => { if (document.body.dataset.ready !== "yes") begin(); }, RETRY_MS);
    console.warn(error);
  }
}

const notes = () => window.open(`notes${linkOfLesson({ ...here, state: player.state })}`, "dxsim-notes", "width=720,height=900");

function wire() {
  $("again").addEventListener("click", begin);
  $("nation").addEventListener("change", () => { here.nation = $("nation").value; open({}); });
  $("notes").addEventListener("click", notes);
  $("full").addEventListener("click", fullScreen);
  $("restart").addEventListener("click", () => { lectern?.renew(here.lesson.name); player.restart(); });
  if (start.has_class) lectern = new Lectern($("class"), $("class-panel"), () => player);
  onLanguage((language) => {
    here.language = language;
    fill(start.texts, language);
    player.render();
    lectern?.speak();
    tell();
  });
  channel.addEventListener("message", ({ data }) => {
    if (data.kind === "hello") tell();
    if (data.kind === "go") (data.way > 0 ? player.next() : player.back());
  });
  addEventListener("hashchange", begin);
  document.fonts.addEventListener("loadingdone", () => player?.draw());
}

begin();
