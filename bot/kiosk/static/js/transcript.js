/** What was said on both sides, newest question on top of the screen, older ones a scroll away. */

import { calm, el, icon, reword, worded } from "./dom.js";
import { levelOf, renderMessage, speakerOf } from "./message_view.js";
import { htmlLang } from "./wording.js";

/** After this long without an answer the patient hears that we are still at it. */
const STILL_WORKING_MS = 4_000;

/** Seven figures in a row, or eleven with gaps: identity cards, passports and phones, but no date or time. */
const PERSONAL_NUMBER = /[A-Za-z]{0,2}\d(?:[ -]?\d){9,}[\dXx]|[A-Za-z]{0,2}\d{7,}/g;

/** What was typed, fit for a screen in a lobby: of a personal number only the ends stay readable. */
export function veiled(text) {
  return text.replace(PERSONAL_NUMBER, (number) => number.slice(0, 3) + "*".repeat(number.length - 5) + number.slice(-2));
}

/** The sentence that fits a failure. */
function apology(error) {
  if (error.ended) return "page.error.ended";
  if (error.code === "offline" || error.code === "unreachable") return "page.error.offline";
  if (error.status === 429 || error.status === 503) return "page.error.busy";
  if (error.status >= 400 && error.status < 500) return "page.error.refused";
  return "page.error.send";
}

export class Transcript {
  /**
   * @param {HTMLElement} log
   * @param {import("./wording.js").Wording} wording
   * @param {{choose: Function, print: Function, callStaff: Function, restart: Function}} actions what its buttons do
   */
  constructor(log, wording, actions) {
    this.log = log;
    this.wording = wording;
    this.actions = actions;
    this.turns = [];
  }

  /** The turn the conversation began with. */
  get first() {
    return this.turns[0];
  }

  /** Whether anything stands in it. */
  get empty() {
    return this.log.childElementCount === 0;
  }

  /** Begin a turn with what the patient said or chose (`labelKey` says which). */
  begin(said, labelKey, language) {
    this.retireChoices();
    const line = el("p", { class: "said" }, [
      worded(this.wording, "span", labelKey, { class: "said-label" }),
      el("span", { class: "said-text", text: veiled(said), lang: htmlLang(language) }),
    ]);
    return this.#place(language, [line]);
  }

  /** The turn on the screen. */
  get current() {
    return this.turns.at(-1);
  }

  /** Whether somebody here was told to be seen soon. */
  get urgent() {
    return this.turns.some(({ level }) => level === "urgent");
  }

  /**
   * What nobody asked for. A line of staff stands below the turn on the screen, so that the question or the instructions
   * there stay; what the system says begins a section of its own.
   */
  interject(message, language) {
    if (speakerOf(message) === "staff" && this.current) {
      this.current.hear(message, language);
      return this.current;
    }
    const section = this.#place(language, []);
    section.add(message);
    section.settle();
    section.show();
    return section;
  }

  /** The open question in another language, in the place of the old one. */
  redraw(messages, language) {
    const asking = this.turns.findLast((turn) => turn.asks) ?? this.current;
    if (!asking) return;
    asking.redraw(messages, language);
    this.keepInView();
  }

  /** After everything changed its height: the emergency, the question or what was said last is on the screen again. */
  keepInView() {
    this.current?.show();
  }

  /** Old buttons cannot be pressed twice, nor after the conversation went on. */
  retireChoices() {
    for (const button of this.log.querySelectorAll("[data-choice]")) button.disabled = true;
  }

  clear() {
    for (const turn of this.turns) turn.settle();
    this.turns = [];
    this.log.replaceChildren();
  }

  #place(language, children) {
    for (const old of this.log.querySelectorAll(".turn--current")) old.classList.remove("turn--current");
    const node = el("section", { class: "turn turn--current", tabindex: -1 }, children);
    this.log.append(node);
    const turn = new TurnView(node, language, this.wording, this.actions);
    turn.number = this.turns.push(turn);
    turn.show();
    return turn;
  }
}

/** One turn on the page: what was said, the answer as it arrives, the waiting line, a failure with its retry. */
class TurnView {
  #timer = 0;

  constructor(node, language, wording, actions) {
    this.node = node;
    this.language = language;
    this.wording = wording;
    this.actions = actions;
    this.answer = el("div", { class: "answer" });
    this.progress = el("p", { class: "progress", role: "status" });
    /** What staff said meanwhile. */
    this.heard = el("div", { class: "heard" });
    node.append(this.answer, this.progress, this.heard);
    /** Its place in the conversation, from 1. */
    this.number = 0;
    /** The gravest level among its messages: null, "urgent" or "emergency". */
    this.level = null;
  }

  /**
   * The greeting stands above what the patient said, where its notice is read first. Its menu is left out: the patient
   * has chosen already, and the answer must not be pushed off the screen.
   */
  greet(messages, language) {
    const box = el("div", { class: "greeting" });
    for (const message of messages) box.append(this.#render({ ...message, buttons: [] }, language, box));
    this.node.prepend(box);
    this.show();
  }

  /** Begin the answer (again): what a broken attempt left is taken away, for the whole answer comes once more. */
  work() {
    this.answer.replaceChildren();
    this.level = null;
    this.#wait("page.working");
    this.#timer = setTimeout(() => this.#wait("page.still_working"), STILL_WORKING_MS);
  }

  /** Say something else while waiting, such as "lay your card on the reader". */
  waitFor(key) {
    this.#wait(key);
  }

  add(message) {
    const level = levelOf(message);
    if (level === "emergency" || !this.level) this.level = level ?? this.level;
    const node = this.#render(message, this.language, this.answer);
    this.answer.append(node);
    if (level === "emergency") bringUp(node);
  }

  /** A line of staff, below the answer; the instructions of an emergency stay in view above it. */
  hear(message, language) {
    const node = this.#render(message, language, this.heard);
    this.heard.append(node);
    this.heard.tabIndex = 0; // it may scroll by itself: with the keys too
    this.heard.setAttribute("role", "group");
    this.heard.dataset.label = "page.from_staff";
    this.heard.setAttribute("aria-label", this.wording.say("page.from_staff"));
    this.heard.scrollTop = this.heard.scrollHeight;
    const alarm = this.#alarm;
    if (alarm) bringUp(alarm, "instant");
    node.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  /** Whether it asks something that can be answered by a button. */
  get asks() {
    return this.answer.querySelector(".choices") !== null;
  }

  /** The messages in the place of the question that was asked here, in another language. */
  redraw(messages, language) {
    const old = this.answer.querySelector(".message:has(.choices)") ?? this.answer.querySelector(".message:last-child");
    const after = old?.nextElementSibling ?? null;
    old?.remove();
    this.language = language;
    for (const message of messages) this.answer.insertBefore(this.#render(message, language, this.answer), after);
  }

  settle() {
    clearTimeout(this.#timer);
    this.progress.replaceChildren();
    this.progress.classList.remove("progress--on");
  }

  /** The answer turned out to be in this language. */
  speak(language) {
    this.language = language;
    for (const node of this.answer.querySelectorAll(".message")) node.lang = htmlLang(language);
  }

  /** A quiet line that ends the turn without an answer. */
  note(key) {
    this.answer.append(worded(this.wording, "p", key, { class: "turn-note" }));
  }

  /** Apologise, and offer to try again (or to start again when the conversation is over). */
  fail(error, retry, key = apology(error)) {
    this.settle();
    const action = error.ended ? this.actions.restart : retry;
    const button = el("button", { class: "button button--solid", type: "button" }, [
      icon("again"),
      worded(this.wording, "span", error.ended ? "page.error.start_again" : "page.retry"),
    ]);
    const box = el("div", { class: "failure", role: "alert" }, [worded(this.wording, "p", key), button]);
    button.addEventListener("click", () => {
      button.disabled = true;
      box.remove();
      action();
    });
    this.answer.append(box);
  }

  /** Bring the turn to the top of the screen; of an emergency its instructions, of a long turn its question. */
  show() {
    bringUp(this.#alarm ?? this.#question ?? this.node);
  }

  /** Once the answer is whole: a question that does not fit below what was said comes to the top, with its answers. */
  showQuestion() {
    const question = this.#alarm ? null : this.#question;
    if (question) bringUp(question);
  }

  get #alarm() {
    return this.answer.querySelector('[data-level="emergency"]');
  }

  /** The question whose answers lie below the edge when the turn begins at the top; null when all of it fits. */
  get #question() {
    const question = this.answer.querySelector(".message:has(.choices)");
    const room = Math.min(this.node.parentElement.clientHeight, window.innerHeight - stuckBelow());
    return question && question.offsetTop + question.offsetHeight - this.node.offsetTop > room ? question : null;
  }

  focus() {
    this.node.focus({ preventScroll: true });
  }

  #wait(key) {
    clearTimeout(this.#timer);
    if (!this.progress.firstChild) {
      this.progress.append(
        el("span", { class: "dots", "aria-hidden": "true" }, [el("i"), el("i"), el("i")]),
        el("span", { class: "progress-text" }),
      );
      this.progress.classList.add("progress--on");
    }
    reword(this.wording, this.progress.lastChild, key);
  }

  #render(message, language, above) {
    const last = above.lastElementChild;
    const tagged = !last?.matches(".message") || last.dataset.from !== speakerOf(message);
    return renderMessage(message, { wording: this.wording, language, tagged, ...this.actions });
  }
}

/** Pixels at the lower edge that stay covered where the page scrolls as a whole. */
function stuckBelow() {
  const stuck = [...document.querySelectorAll(".help, .quick")].filter((node) => getComputedStyle(node).position === "sticky");
  return stuck.reduce((sum, node) => sum + node.offsetHeight, 0);
}

/** Scroll until the element begins at the top of the screen. */
function bringUp(node, behavior = calm() ? "auto" : "smooth") {
  node.scrollIntoView({ block: "start", behavior });
}
