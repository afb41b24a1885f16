// The class at the presenter view: how students come in, how many have voted, and what they predict once that is shown.

import { Classroom, drawVotes, invite } from "./class.js";
import { t } from "./words.js";

const EVERY_MS = 1500;

export class Lectern {
  constructor(button, panel, playerNow) {
    Object.assign(this, { button, panel, playerNow, shown: false, question: "", isAsking: false });
    this.classroom = new Classroom();
    this.isOpen = true;
    button.hidden = false;
    button.addEventListener("click", () => { this.isOpen = !this.isOpen; this.refresh(); });
    setInterval(() => this.refresh(), EVERY_MS);
    this.refresh();
  }

  // Hands what is on the screen to the phones.
  show({ lesson, nation }, player) {
    const isAsking = player.kind === "predict";
    if (lesson.name !== this.question) this.shown = false;
    if (isAsking !== this.isAsking) this.isOpen = isAsking; // opens for the vote, and makes room after it
    Object.assign(this, { question: lesson.name, nation, isAsking });
    const { step, month, prediction, played } = player.state;
    this.classroom.show({
      nation, lesson: lesson.name, step, month, playing: Boolean(player.timer), asking: isAsking, shown: this.shown, prediction, played,
    }).catch((error) => console.warn(error));
    this.refresh();
  }

  // A new class predicts anew.
  renew(question) {
    this.shown = false;
    this.classroom.renew(question).catch((error) => console.warn(error));
  }

  // Shows students and screen how the class has voted; where the lecturer has not chosen, the most frequent is taken.
  async reveal() {
    const { counts } = await this.classroom.votes(this.question);
    this.shown = true;
    const player = this.playerNow();
    const [first] = Object.entries(counts).sort(([, one], [, other]) => other - one)[0];
    if (!player.state.prediction) player.predict(first);
    else this.show({ lesson: player.lesson, nation: this.nation }, player);
  }

  speak() {
    this.panel.replaceChildren();
    this.refresh();
  }

  async refresh() {
    this.panel.hidden = !this.isOpen;
    this.panel.classList.toggle("aside", this.isAsking || this.shown); // else the code fills the picture
    this.button.setAttribute("aria-expanded", String(this.isOpen));
    if (!this.isOpen) return;
    try {
      const about = await this.classroom.about();
      const votes = this.question ? await this.classroom.votes(this.question) : null;
      this.draw(about, votes);
    } catch (error) {
      console.warn(error);
    }
  }

  draw(about, votes) {
    const place = (className) => this.panel.querySelector(`.${className}`) ?? this.panel.appendChild(Object.assign(document.createElement("div"), { className }));
    const [door, here] = [place("door"), place("votes-here")];
    door.hidden = this.shown;
    if (!this.shown) invite(door, about);
    if (!votes) return;
    const count = Object.values(votes.counts).reduce((sum, each) => sum + each, 0);
    if (this.shown) { drawVotes(here, this.question, votes.counts); return; }
    if (!this.isAsking) { here.replaceChildren(); return; }
    if (!here.querySelector("button")) {
      const tally = Object.assign(document.createElement("p"), { className: "tally" });
      const button = Object.assign(document.createElement("button"), { className: "strong", textContent: t("class_reveal") });
      button.addEventListener("click", () => this.reveal());
      here.replaceChildren(tally, button);
    }
    here.querySelector(".tally").textContent = t("class_voted", { count, students: about.students });
  }
}
