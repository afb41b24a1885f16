// What a student's phone shows of the lecturer's screen.

import { monthName, t } from "./words.js";

// `screen` is what the lecturer shows, `recording` the recorded lesson as bytes or null, `start` what /start says.
export function follow(screen, recording, start) {
  const stage = document.getElementById("stage");
  if (!screen.lesson) {
    stage.replaceChildren();
    return;
  }
  const title = document.createElement("h2");
  title.textContent = t(`lesson_${screen.lesson}`);
  const month = document.createElement("p");
  month.className = "month";
  month.textContent = monthName(start.months[screen.month]);
  stage.replaceChildren(title, month);
}
