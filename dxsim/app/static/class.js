// The class as the lecturer's page deals with it, and votes as both sides draw them.

import { ask, get } from "./data.js";
import { element } from "./pages.js";
import { number, percent, t } from "./words.js";

const LEAST_PAUSE = 200; // milliseconds between two screens: a slider that is dragged does not flood the phones

export class Classroom {
  #next = null;
  #sending = null;

  // The address and the code that let students in, a QR code of both as SVG, and how many students are in.
  about() {
    return get("class/about");
  }

  // Shows students { nation, lesson, step, month, playing, asking, shown }; of several in a short time, the last one.
  show(screen) {
    this.#next = screen;
    this.#sending ??= this.#send().finally(() => { this.#sending = null; });
    return this.#sending;
  }

  // The counts of a question by option, whether its vote is closed, and how many students are in.
  votes(question) {
    return get(`class/votes?question=${encodeURIComponent(question)}`);
  }

  close(question) {
    return ask("class/close", { question });
  }

  // Forgets the votes on a question and opens it again.
  renew(question) {
    return ask("class/renew", { question });
  }

  async #send() {
    while (this.#next) {
      const screen = this.#next;
      this.#next = null;
      await ask("class/show", screen);
      await new Promise((resolve) => setTimeout(resolve, LEAST_PAUSE));
    }
  }
}

// Draws the counts of a question; `mine` is the option that stands out, if any.
export function drawVotes(place, question, counts, mine = null) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const list = element("ul", "", "votes");
  for (const [option, count] of Object.entries(counts)) {
    const row = element("li", "", option === mine ? "picked" : "");
    const bar = element("div", "", "bar");
    bar.append(element("div"));
    bar.setAttribute("aria-hidden", "true");
    bar.firstChild.style.width = `${all ? (100 * count) / all : 0}%`;
    const share = percent(all ? count / all : 0, 0);
    const words = t(`lesson_${question}_${option}`);
    row.append(element("span", option === mine ? t("class_picked", { words }) : words, "words"), element("span", t("class_count", { count: number(count), share }), "count"), bar);
    list.append(row);
  }
  place.replaceChildren(list, element("p", t("class_sum", { count: number(all) }), "votes-sum"));
}

// Draws how students get in; called again, it brings their number up to date.
export function invite(place, { address, code, qr, students }) {
  if (!place.querySelector("img")) {
    const picture = Object.assign(element("img"), { alt: t("class_qr"), src: `data:image/svg+xml,${encodeURIComponent(qr)}` });
    const list = element("dl");
    list.append(element("dt", t("class_open")), element("dd", address.replace(/^http:\/\//, ""), "address"));
    list.append(element("dt", t("class_code")), element("dd", `${code.slice(0, 3)} ${code.slice(3)}`, "code"), element("dt", t("class_students")), element("dd", "", "students"));
    place.classList.add("invite");
    place.replaceChildren(picture, list);
  }
  place.querySelector(".students").textContent = number(students);
}
