// Plays a lesson step by step: one message and one picture a screen. What answers the question stays covered until a
// prediction is chosen and the play has passed the month that the question is about.

import { element } from "./pages.js";
import { onCanvas } from "./pen.js";
import { withRuns } from "./recording.js";
import { again, curves, events, factsOf, figureOf, lots, monthAt, nearestCurve } from "./scenes.js";
import { onTheme } from "./theme.js";
import { monthName, spoken, t, written } from "./words.js";

const MONTH_MS = 70; // of a month while playing
const STILL_MONTHS = 12; // a step of those who want nothing to move
const STILL_MS = 900;

// Keys that drive a player where no control wants them; clickers send PageUp and PageDown.
export function keysOf(player, others = {}) {
  const keys = {
    ArrowRight: () => player.next(), PageDown: () => player.next(), ArrowLeft: () => player.back(), PageUp: () => player.back(),
    Home: () => player.go(0), " ": () => (player.canPlay ? player.play() : player.next()), ...others,
  };
  const hear = (event) => {
    const act = keys[event.key];
    const { target, key } = event;
    const takesKeys = target.matches("select, input:not([type=range])") || (target.matches("input") && /^(Arrow|Home)/.test(key)) || (key === " " && target.matches("button, a"));
    if (!act || takesKeys || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  };
  addEventListener("keydown", hear);
  return () => removeEventListener("keydown", hear);
}

export class Player {
  // `answer` gives the covered part once it is asked for; `changed` hears of every change of state.
  constructor(root, { lesson, months, atlas, opening, answer, isTeaching, isFollowing = false, changed = () => {} }) {
    Object.assign(this, { root, lesson, months, atlas, opening, isTeaching, isFollowing, changed });
    this.askAnswer = answer;
    this.answer = null;
    this.runs = withRuns(opening, lesson.layer);
    this.state = { step: 0, month: lesson.seen, prediction: "", played: false };
    this.timer = 0;
    this.chosen = -1;
    this.pointed = "";
    this.trouble = "";
    this.asking = null;
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(root);
    this.forgetTheme = onTheme(() => this.draw());
  }

  // Lets go of the page, for another lesson to take its place.
  leave() {
    this.pause();
    this.watch.disconnect();
    this.forgetTheme();
  }

  get kind() { return this.lesson.steps[this.state.step]; }
  get first() { return this.lesson.arms[0]; }
  // The arm that plays as B: what was predicted, if it is an arm of its own.
  get other() { return this.lesson.arms.slice(1).includes(this.state.prediction) ? this.state.prediction : this.lesson.shown; }
  get seriesName() {
    const { series, type_: type } = this.lesson;
    return type === "all" ? t(`series_${series}`) : t("series_of", { series: t(`series_${series}`), type: t(`type_${type}`) });
  }
  label(arm) { return t(`lesson_${this.lesson.name}_arm_${arm}`); }
  place(kind) { return this.lesson.steps.indexOf(kind); }

  // The last step that may be shown.
  get last() {
    if (!this.state.prediction) return this.place("predict");
    return this.state.played ? this.lesson.steps.length - 1 : this.place("play");
  }

  // Takes up a state, as a link or the lecturer's screen has it, as far as it may be shown.
  show(state, isPlaying = false) {
    this.pause();
    this.state = { ...this.state, ...state };
    this.state.step = Math.min(Math.max(this.state.step, 0), this.last);
    this.render();
    if (isPlaying) this.play();
  }

  go(step) {
    this.pause();
    const next = Math.min(Math.max(step, 0), this.last);
    if (next === this.state.step) return;
    this.state.step = next;
    if (this.kind === "see") this.state.month = this.lesson.seen;
    if (this.kind === "play") this.state.month = this.state.played ? this.lesson.asked : 0;
    this.render();
    this.root.querySelector("h2").focus();
    this.changed();
    if (this.kind === "play" && !this.state.played) this.play();
  }

  next() {
    if (this.kind === "play" && !this.state.played) this.finish();
    else this.go(this.state.step + 1);
  }
  back() { this.go(this.state.step - 1); }
  restart() {
    this.pause();
    this.state = { step: 0, month: this.lesson.seen, prediction: "", played: false };
    this.render();
    this.changed();
  }

  predict(option) {
    this.state.prediction = option;
    this.state.played = false;
    this.render();
    this.root.querySelector(`[data-option="${option}"]`)?.focus();
    this.changed();
  }

  get canPlay() { return this.kind === "see" || (this.kind === "play" && this.answer); }
  get end() { return this.kind === "see" ? this.lesson.seen : this.lesson.asked; }

  pause() {
    clearTimeout(this.timer);
    this.timer = 0;
  }

  async play() {
    if (this.timer) { this.pause(); this.render(); this.changed(); return; }
    if (this.kind === "play" && !this.answer) await this.fetch();
    if (!this.canPlay) return;
    if (this.state.month >= this.end) this.state.month = 0;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const go = () => {
      const began = performance.now();
      this.state.month = Math.min(this.state.month + (isStill ? STILL_MONTHS : 1), this.end);
      if (this.state.month >= this.end) { this.finish(); return; }
      this.draw();
      this.timer = setTimeout(go, Math.max(0, (isStill ? STILL_MS : MONTH_MS) - (performance.now() - began)));
    };
    this.timer = setTimeout(go, 0);
    this.render();
    this.changed();
  }

  // The play has passed the month that the question is about.
  finish() {
    if (this.kind === "play" && !this.answer) return;
    this.pause();
    this.state.month = this.end;
    if (this.kind === "play") this.state.played = true;
    this.render();
    this.changed();
  }

  goTo(month) {
    if (this.timer) { this.pause(); this.root.querySelector(".play").textContent = `▶ ${t("play")}`; }
    const most = this.kind === "play" && this.state.played ? this.months.length - 1 : this.end;
    this.state.month = Math.min(Math.max(month, 0), most);
    if (this.kind === "play" && this.state.month >= this.lesson.asked && !this.state.played) { this.finish(); return; }
    this.draw();
    this.changed();
  }

  // Has the covered part; who asks meanwhile waits for the same answer.
  fetch() {
    this.asking ??= this.load().finally(() => { this.asking = null; });
    return this.asking;
  }

  async load() {
    try {
      const found = await this.askAnswer();
      this.runs = withRuns(found, this.lesson.layer, this.runs);
      this.answer = found;
      this.trouble = "";
    } catch (error) {
      this.trouble = t("failed");
      console.warn(error);
    }
    this.render();
  }

  // What is on the screen

  render() {
    const covered = this.state.step >= this.place("play");
    if (covered && !this.answer && !this.trouble) this.fetch();
    const { root, lesson } = this;
    const step = this.state.step;
    const head = element("header", "", "head");
    head.append(element("p", t(`lesson_${lesson.name}`), "title"), element("p", `${step + 1} / ${lesson.steps.length}`, "count"));
    const heading = Object.assign(element("h2", t(`step_${this.kind}`)), { tabIndex: -1 });
    const message = element("div", "", "message-of-step");
    message.append(heading, ...this.words());
    const picture = element("div", "", `picture ${this.kind}`);
    const scene = covered && !this.answer ? [element("p", this.trouble || t("working"), "working")] : this.scene();
    picture.append(...scene);
    root.replaceChildren(head, message, picture, ...(this.isFollowing ? [] : [this.controls()]));
    root.classList.add("player");
    root.dataset.step = this.kind;
    this.draw();
  }

  words() {
    const key = `lesson_${this.lesson.name}`;
    const say = (words, className = "say") => element("p", words, className);
    const { kind } = this;
    if (kind === "predict") return [say(t(`${key}_question`))];
    if (kind === "result") {
      if (!this.answer) return [];
      const { verdict } = this.answer;
      const isRight = verdict === this.state.prediction;
      return [
        say(`${t("your_prediction")}: ${t(`${key}_${this.state.prediction}`)}`, "say predicted"),
        say(`${t("the_model")}: ${t(`${key}_${verdict}`)}`, `say verdict ${isRight ? "right" : "wrong"}`),
        say(t(`${key}_answer_${verdict}`)),
      ];
    }
    if (kind === "talk") return [say(t("depends"), "say small")];
    return [say(t(`${key}_${kind}`, factsOf(this.opening)))];
  }

  scene() {
    const { kind, lesson } = this;
    if (kind === "see") return this.stage([this.first]);
    if (kind === "play") return this.stage([this.first, this.other]);
    if (kind === "change") return [this.cards()];
    if (kind === "predict") return [this.choices()];
    if (kind === "result" || kind === "policy") {
      return [figureOf(lesson.name, kind, this.answer[kind]), element("p", t("means", { count: this.opening.seeds }), "source"), again(this.answer.again[kind][spoken()])];
    }
    if (kind === "story") {
      const arms = [this.first, lesson.shown];
      const name = this.atlas.name(this.answer.story.municipality, this.isTeaching);
      const canvas = this.canvas("town", t("town_curve", { name }));
      const isOfDates = ["late", "live"].includes(lesson.layer);
      const told = isOfDates ? lots(this.answer.story, arms, spoken(), (arm) => this.label(arm)) : events(this.answer.story, arms, spoken());
      return [element("p", name, "name"), canvas, told];
    }
    const list = element("ol", "", "talk");
    for (const question of t(`lesson_${lesson.name}_talk`).split("\n")) list.append(element("li", question));
    return [list];
  }

  canvas(id, words) {
    const canvas = Object.assign(document.createElement("canvas"), { className: id, tabIndex: 0 });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", words);
    return canvas;
  }

  stage(arms) {
    const maps = element("div", "", "maps");
    arms.forEach((arm, k) => {
      const figure = element("figure", "", "ab"[k]);
      const canvas = this.canvas(`map-${"ab"[k]}`, `${"AB"[k]} ${this.label(arm)}: ${t(`layer_${this.lesson.layer}`)}. ${t("map_keys")}`);
      this.point(canvas);
      figure.append(element("figcaption", `${"AB"[k]}  ${this.label(arm)}`), canvas);
      maps.append(figure);
    });
    const legend = Object.assign(element("canvas", "", "legend"), { ariaHidden: "true" });
    const under = Object.assign(element("p", "", "under"), { ariaLive: "polite" });
    const line = this.canvas("curves", t("curve_of", { measure: this.seriesName }));
    this.pointCurve(line);
    return [element("p", t(`layer_${this.lesson.layer}`), "of"), maps, legend, under, element("p", this.seriesName, "of"), line];
  }

  cards() {
    const cards = element("div", "", "cards");
    const others = this.lesson.arms.slice(1);
    for (const [k, arm] of [this.first, ...others].entries()) {
      const card = element("p", "", k ? "card b" : "card a");
      card.append(element("b", k ? "B" : "A"), element("span", this.label(arm)));
      cards.append(card);
    }
    return cards;
  }

  choices() {
    const group = element("div", "", "choices");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", t("predict_here"));
    for (const option of this.lesson.options) {
      const button = element("button", t(`lesson_${this.lesson.name}_${option}`), "option");
      button.dataset.option = option;
      button.setAttribute("aria-pressed", String(option === this.state.prediction));
      button.disabled = this.isFollowing;
      button.addEventListener("click", () => this.predict(option));
      group.append(button);
    }
    return group;
  }

  controls() {
    const bar = element("nav", "", "controls");
    const button = (words, act, className = "") => {
      const node = element("button", words, className);
      node.addEventListener("click", act);
      bar.append(node);
      return node;
    };
    button(`◀ ${t("back_step")}`, () => this.back(), "back").disabled = this.state.step === 0;
    if (this.kind === "see" || this.kind === "play") {
      button(this.timer ? `▮▮ ${t("pause")}` : `▶ ${t("play")}`, () => this.play(), "play");
      const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: this.kind === "play" && this.state.played ? this.months.length - 1 : this.end, step: 1, className: "month" });
      slider.setAttribute("aria-label", t("month"));
      slider.addEventListener("input", () => this.goTo(Number(slider.value)));
      bar.append(slider, element("output", "", "month-name"));
    } else bar.append(element("span", "", "grow"));
    if (this.kind === "predict" && !this.state.prediction) bar.append(element("span", t("predict_first"), "hint"));
    button(`${t(this.kind === "play" && !this.state.played ? "to_the_end" : "next_step")} ▶`, () => this.next(), "strong next").disabled = this.state.step === this.lesson.steps.length - 1 || (this.state.step >= this.last && this.kind !== "play") || (this.kind === "play" && !this.answer);
    return bar;
  }

  // The lines that may be seen now, each up to the month that is known.
  lines() {
    const { state, kind } = this;
    const first = { values: this.runs[this.first].series, ink: "a", dash: [], name: "A", known: kind === "play" ? this.months.length - 1 : undefined };
    if (kind !== "play" || !this.answer) return [first];
    return [first, { values: this.runs[this.other].series, ink: "b", dash: [9, 5], name: "B", known: state.played ? Math.max(state.month, this.lesson.asked) : state.month }];
  }

  curve() {
    const lines = this.lines();
    const seen = lines.flatMap(({ values, known }) => Array.from(values.subarray(0, (known ?? this.months.length - 1) + 1)));
    return { lines, most: Math.max(...seen.filter(Number.isFinite), 0) * 1.08, measure: `series_${this.lesson.series}`, month: this.state.month, months: this.months, pointed: this.pointed };
  }

  draw() {
    const { root, lesson, state } = this;
    const find = (name) => root.querySelector(`canvas.${name}`);
    for (const [name, arm] of [["map-a", this.first], ["map-b", this.other]]) {
      const run = this.runs[arm];
      if (find(name) && run) onCanvas(find(name), (pen, width, height) => this.atlas.draw(pen, width, height, run, { layer: lesson.layer, month: state.month, chosen: this.chosen }));
    }
    const legend = find("legend");
    if (legend) {
      let high = 0;
      onCanvas(legend, (pen, width) => { high = this.atlas.legend(pen, width, lesson.layer, Math.max(13, Math.min(24, width / 46))); });
      if (high > legend.clientHeight) { // it needs a further row
        legend.style.height = `${Math.ceil(high)}px`;
        requestAnimationFrame(() => this.draw());
      }
    }
    if (find("curves")) onCanvas(find("curves"), (pen, width, height) => curves(pen, width, height, this.curve()));
    if (find("town") && this.answer) onCanvas(find("town"), (pen, width, height) => curves(pen, width, height, this.town()));
    const slider = root.querySelector(".month");
    if (slider) {
      slider.value = state.month;
      slider.setAttribute("aria-valuetext", monthName(this.months[state.month]));
      root.querySelector(".month-name").textContent = monthName(this.months[state.month]);
    }
    if (root.querySelector(".under")) root.querySelector(".under").textContent = this.under();
  }

  // The layer of the municipality whose story is told, month by month.
  town() {
    const { municipality } = this.answer.story;
    const of = (arm) => Float32Array.from(this.months, (_, month) => this.atlas.value(this.runs[arm], this.lesson.layer, month, municipality));
    const lines = [this.first, this.lesson.shown].map((arm, k) => ({ values: of(arm), ink: "ab"[k], dash: k ? [9, 5] : [], name: "AB"[k] }));
    const most = Math.max(...lines.flatMap(({ values }) => Array.from(values)).filter(Number.isFinite), 0) * 1.08;
    return { lines, most, measure: `layer_${this.lesson.layer}`, month: this.months.length - 1, months: this.months, pointed: "" };
  }

  // What the pointer is on: a municipality on both maps.
  under() {
    if (this.chosen < 0) return t("point");
    const arms = this.kind === "play" && this.answer ? [this.first, this.other] : [this.first];
    const values = arms.map((arm, k) => `${"AB"[k]} ${written(`layer_${this.lesson.layer}`, this.atlas.value(this.runs[arm], this.lesson.layer, this.state.month, this.chosen))}`);
    return `${this.atlas.name(this.chosen, this.isTeaching)}: ${values.join(", ")}`;
  }

  point(canvas) {
    const choose = (municipality) => {
      if (municipality === this.chosen) return;
      this.chosen = municipality;
      this.draw();
    };
    const found = (event) => {
      const box = canvas.getBoundingClientRect();
      return this.atlas.at(canvas.getContext("2d"), canvas, event.clientX - box.left, event.clientY - box.top);
    };
    canvas.addEventListener("pointermove", (event) => { if (!this.timer) choose(found(event)); });
    canvas.addEventListener("click", (event) => choose(found(event)));
    canvas.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!way || !event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      choose(this.chosen < 0 ? 0 : this.atlas.towards(this.chosen, ...way));
    });
  }

  pointCurve(canvas) {
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [monthAt(box.width, event.clientX - box.left, this.months.length), event.clientY - box.top];
    };
    canvas.addEventListener("pointermove", (event) => {
      const [month, y] = place(event);
      const pointed = nearestCurve(this.curve(), canvas.clientWidth, canvas.clientHeight, month, y);
      if (pointed !== this.pointed) { this.pointed = pointed; this.draw(); }
    });
    canvas.addEventListener("click", (event) => this.goTo(place(event)[0]));
  }
}
