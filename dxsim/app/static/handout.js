// Plays a lesson that stands in the page itself: nothing is asked of anybody.

import { unpack } from "./data.js";
import { content, unzipped } from "./inside.js";
import { Atlas } from "./map.js";
import { fill, fullScreen, lessonOfLink, linkOfLesson, onLanguage } from "./pages.js";
import { Player, keysOf } from "./player.js";

const name = content.nation.code.length < 300 ? "teaching" : "whole";
const here = lessonOfLink(location.hash, [content.lesson], [name]);
const part = async (which) => unpack(await unzipped(content.parts[which]));

fill(content.texts, here.language);
const player = new Player(document.getElementById("player"), {
  lesson: content.lesson, months: content.months, atlas: new Atlas(content.nation), isTeaching: name === "teaching",
  opening: await part("opening"), answer: () => part("answer"),
  changed: () => history.replaceState(null, "", linkOfLesson({ ...here, state: player.state })),
});
player.show(here.state);
onLanguage((language) => {
  here.language = language;
  fill(content.texts, language);
  player.render();
});
document.getElementById("full").addEventListener("click", fullScreen);
document.getElementById("restart").addEventListener("click", () => player.restart());
keysOf(player, { f: fullScreen });
document.fonts.addEventListener("loadingdone", () => player.draw());
document.body.dataset.ready = "yes";
