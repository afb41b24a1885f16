// What a student's phone shows of the lecturer's screen: the same lesson, played from its recording.

import { get, unpack } from "./data.js";
import { Atlas } from "./map.js";
import { element } from "./pages.js";
import { Player } from "./player.js";
import { t } from "./words.js";

export class Follower {
  // `ask` gives a part of the recording of the lesson on the screen, as bytes, or nothing if that may not be seen yet.
  constructor(stage, start, ask) {
    Object.assign(this, { stage, start, ask, key: "", player: null, screen: null });
  }

  // Shows what the lecturer shows; while the question is open the page of the student has it, and the stage is empty.
  async show(screen) {
    this.screen = screen;
    const key = screen.lesson && `${screen.lesson} ${screen.nation}`;
    if (key !== this.key) {
      this.key = key;
      this.player?.leave();
      this.player = null;
      this.stage.replaceChildren();
      if (key) await this.open(key);
    }
    const { lesson, asking, step, month, prediction, played, playing } = this.screen; // the last one, if more have come
    this.stage.hidden = !lesson || asking;
    this.player?.show({ step, month, prediction, played }, playing);
  }

  async open(key) {
    const { lesson: name, nation } = this.screen;
    this.stage.append(element("p", t("working")));
    const [about, opening] = await Promise.all([get(`nation/${nation}`), this.ask("opening")]).catch(() => []);
    if (this.key !== key) return;
    if (!opening) { this.key = ""; return; } // the next screen tries again
    const lesson = this.start.lessons.find((entry) => entry.name === name);
    const answer = async () => {
      const found = await this.ask("answer");
      if (!found) throw new Error("not yet");
      return unpack(found);
    };
    this.player = new Player(this.stage, {
      lesson, months: this.start.months, atlas: new Atlas(about), opening: unpack(opening), answer,
      isTeaching: nation === "teaching", isFollowing: true,
    });
  }

  speak() { this.player?.render(); }
}
