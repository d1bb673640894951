/** The kiosk page as a whole: screens, one patient's visit, and how it is forgotten. */

import { newId } from "./api.js";
import { Composer } from "./composer.js";
import { EndDialog, IdleDialog } from "./dialogs.js";
import { calm } from "./dom.js";
import { DoubleTap } from "./double_tap.js";
import { bootNote, showElder, showStatus } from "./frame.js";
import { renderExamples, renderTiles } from "./home.js";
import { IdleWatch } from "./idle.js";
import { levelOf } from "./message_view.js";
import { ScrollHint } from "./scroll_hint.js";
import { Session } from "./session.js";
import { StaffCall } from "./staff_call.js";
import { Transcript } from "./transcript.js";
import { htmlLang, LANGUAGES } from "./wording.js";

/** How many times longer the screen may stand untouched in an emergency, and while a person is awaited or talks. */
const PATIENCE = { emergency: 5, waiting: 3, human: 3 };
/** How many times longer the warning stands where somebody was told to be seen soon, before staff are asked to look. */
const URGENT_WARNING = 6;
/** So much of a name that is no kiosk's is shown. */
const NAME_SHOWN = 32;
/** How long "erased" is shown on the home screen, in milliseconds. */
const WIPED_NOTE_MS = 6_000;

const byId = (id) => document.getElementById(id);

export class KioskPage {
  #alarmTurn = 0;
  #menu = [];
  #idle = { warning: 60, wipe: 20 };

  /**
   * @param {import("./wording.js").Wording} wording
   * @param {import("./api.js").FrontDesk} desk
   */
  constructor(wording, desk) {
    this.wording = wording;
    this.desk = desk;
    this.session = new Session(desk, {
      greet: (messages) => this.#greet(messages),
      hear: (message) => this.#hear(message),
      status: (status) => showStatus(this.wording, status),
    });
    this.staffCall = new StaffCall(byId("call-dialog"), wording, desk, () => this.session.conversation);
    this.transcript = new Transcript(byId("log"), wording, {
      choose: ({ title, payload }) => this.#say(payload, title, "page.you_chose"),
      print: (appointment) => this.session.slip(appointment),
      callStaff: () => void this.staffCall.ring(),
      restart: () => this.wipe(),
    });
    this.composer = new Composer(byId("compose"), wording, (text) => this.#say(text, text, "page.you_said", true));
    this.endDialog = new EndDialog(byId("end-dialog"), wording, () => this.wipe());
    this.idleDialog = new IdleDialog(byId("idle-dialog"), wording, {
      stay: () => this.idleWatch.touch(),
      leave: () => this.wipe(),
      call: () => (this.idleWatch.touch(), void this.staffCall.ring()),
    });
    this.idleWatch = new IdleWatch({
      warnAfter: () => this.#idle.warning * (PATIENCE[document.body.dataset.alarm ?? document.body.dataset.status] ?? 1),
      wipeAfter: () => this.#idle.wipe * (this.transcript.urgent ? URGENT_WARNING : 1),
      needed: () => this.#personal() || this.#changed(),
      warn: (left) => (this.#personal() ? this.idleDialog.show(left, this.transcript.urgent) : this.forget()),
      wipe: () => void this.#wipeUnanswered(),
    });
    this.doubleTap = new DoubleTap(byId("main"));
    for (const area of [byId("home"), byId("log")]) new ScrollHint(area, wording);
    this.#listen();
    this.#setLanguage(wording.language);
  }

  /** Start working with what the server told about this kiosk. */
  open(page) {
    this.#menu = page.menu;
    this.#idle = { warning: page.idle_warning_s, wipe: page.idle_wipe_s };
    this.wording.load(page.wording, { window: page.manned_window, place: page.kiosk.place });
    this.hospital = page.hospital;
    document.body.dataset.ready = "true";
    this.#setLanguage(this.wording.language);
    this.#screen("home");
    this.idleWatch.start();
  }

  /** The server cannot be reached yet. */
  cannotConnect() {
    bootNote(this.wording, "page.cannot_connect");
  }

  /** No kiosk of the hospital has this name: nobody is served, and the technician reads why. */
  unknownKiosk() {
    bootNote(this.wording, "page.unknown_kiosk", { kiosk: this.desk.kiosk.slice(0, NAME_SHOWN) });
    byId("call").hidden = true; // a call would name a place where nobody stands
    byId("kiosk-name").hidden = true;
  }

  /** Forget the patient and welcome the next one. */
  wipe() {
    this.forget();
    const note = byId("wiped");
    note.textContent = this.wording.say("page.wiped");
    setTimeout(() => (note.textContent = ""), WIPED_NOTE_MS);
    byId("home-heading").focus();
  }

  /** Nothing of the patient stays: not here, not in storage, not behind the back button, not on the server. */
  forget() {
    this.session.end();
    this.transcript.clear();
    this.composer.clear();
    this.staffCall.reset();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    sessionStorage.clear();
    localStorage.clear();
    history.replaceState(null, "", `${location.pathname}?kiosk=${encodeURIComponent(this.desk.kiosk)}`);
    showStatus(this.wording, "bot");
    this.#setAlarm(null);
    this.#setElder(false);
    this.#setLanguage(LANGUAGES[0]);
    if (document.body.dataset.ready) this.#screen("home");
  }

  /** Nobody answered the warning. Who was told to be seen soon may need somebody: staff are asked to look first. */
  async #wipeUnanswered() {
    if (this.transcript.urgent && this.session.conversation) await this.staffCall.report();
    this.wipe();
  }

  // What the patient does

  #listen() {
    for (const button of document.querySelectorAll("[data-language]")) {
      button.addEventListener("click", () => this.#speak(button.dataset.language));
    }
    byId("elder").addEventListener("click", () => this.#setElder(!("elder" in document.documentElement.dataset)));
    byId("call").addEventListener("click", () => void this.staffCall.ring());
    byId("end").addEventListener("click", () => this.endDialog.ask());
    byId("skip").addEventListener("click", (event) => {
      event.preventDefault(); // a fragment in the address would be an entry behind the back button
      byId(`${document.body.dataset.screen}-heading`).focus();
    });
    for (const button of document.querySelectorAll("[data-quick]")) {
      button.addEventListener("click", () => this.#quick(button.dataset.quick));
    }
    window.addEventListener("pagehide", () => this.forget());
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  #quick(name) {
    if (name === "card" || name === "scan") {
      void this.#useDevice(name);
      return;
    }
    const human = this.#menu.find(({ id }) => id === "human");
    const title = this.wording.say(`page.quick.${name}`);
    this.#say(name === "human" && human ? this.wording.pick(human.say) : title, title, "page.you_chose");
  }

  /** One turn: `text` goes to the server, `shown` stands in the transcript. */
  #say(text, shown, labelKey, typed = false) {
    this.#screen("conversation");
    const language = this.wording.language;
    const turn = this.transcript.begin(shown, labelKey, language);
    if (!typed) turn.focus();
    void this.#attempt(turn, { text, language, id: newId() });
  }

  async #attempt(turn, said) {
    turn.work();
    try {
      await this.session.send(said, (name, data) => {
        if (name === "message") this.#answer(turn, data);
        else if (name === "done") this.#done(turn, data);
      });
    } catch (error) {
      if (error.code !== "given_up") turn.fail(error, () => void this.#attempt(turn, said));
    }
  }

  async #useDevice(name) {
    const language = this.wording.language;
    const turn = this.transcript.begin(this.wording.say(`page.${name}_used`), "page.you_chose", language);
    turn.focus();
    await this.#readDevice(turn, name, language);
  }

  async #readDevice(turn, name, language) {
    turn.work();
    turn.waitFor(`page.${name}_reading`);
    try {
      const answer = await this.session.device(name, language);
      for (const message of answer.messages ?? []) this.#answer(turn, message);
      this.#done(turn, answer);
    } catch (error) {
      if (error.code === "given_up") return;
      const code = name === "scan" && error.code === "device.no_card" ? "device.no_code" : error.code;
      const known = this.wording.has(`page.${code}`) ? `page.${code}` : undefined;
      turn.fail(error, () => void this.#readDevice(turn, name, language), known);
    }
  }

  // What the server says

  #greet(messages) {
    this.transcript.first?.greet(messages, this.wording.language);
  }

  #answer(turn, message) {
    turn.add(message);
    if (turn.level === "emergency") this.#setAlarm(turn);
  }

  #done(turn, done) {
    turn.settle();
    if (turn === this.transcript.current) turn.showQuestion();
    if (LANGUAGES.includes(done.language)) turn.speak(done.language);
    // A turn that was asked before the emergency may end after it; only a later one shows that it is over.
    if (turn.level === "emergency") this.#setAlarm(turn); // by its words: a discreet alarm looks like any other turn
    else if (turn.number > this.#alarmTurn) this.#setAlarm(null);
    if (done.status) showStatus(this.wording, done.status);
    if (turn.answer.childElementCount === 0 && document.body.dataset.status !== "bot") turn.note("page.sent_to_staff");
  }

  #hear(message) {
    this.idleWatch.touch();
    this.idleDialog.hide();
    const turn = this.transcript.interject(message, this.wording.language);
    if (levelOf(message) === "emergency") this.#setAlarm(turn);
    byId("announcer").textContent = message.from === "staff" ? this.wording.say("page.staff_replied") : "";
  }

  // How the page looks

  #screen(name) {
    const before = document.body.dataset.screen;
    if (before === name) return;
    document.body.dataset.screen = name;
    if (before !== "boot") this.doubleTap.changed();
    byId("boot").hidden = true;
    byId("home").hidden = name !== "home";
    byId("conversation").hidden = name !== "conversation";
    byId("compose").hidden = false;
    byId("compose-label").dataset.text = name === "home" ? "page.compose.label_home" : "page.compose.label";
    this.wording.apply(byId("compose"));
    window.scrollTo({ top: 0, behavior: calm() ? "auto" : "instant" });
    byId("home").scrollTop = 0;
  }

  #setLanguage(language) {
    this.wording.language = language;
    document.documentElement.lang = htmlLang(language);
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    }
    byId("kiosk-name").dataset.blanks = JSON.stringify({ kiosk: this.desk.kiosk });
    this.wording.apply(document);
    this.composer.update();
    if (!document.body.dataset.ready) return;
    byId("hospital").textContent = this.wording.pick(this.hospital);
    byId("place").textContent = this.wording.say("page.you_are_here");
    document.title = `${this.wording.pick(this.hospital)} · ${this.wording.say("page.title")}`;
    renderTiles(byId("tiles"), this.#menu, this.wording, (title, say) => this.#say(say, title, "page.you_chose"));
    renderExamples(byId("examples"), this.wording, (text) => this.#say(text, text, "page.you_said"));
  }

  #setElder(on) {
    showElder(on);
    this.transcript.keepInView(); // everything has another height now
  }

  /** Go on in another language: the frame at once, the open question as soon as the server has said it again. */
  async #speak(language) {
    if (language === this.wording.language) return;
    this.#setLanguage(language);
    this.transcript.keepInView();
    try {
      const answer = await this.session.speak(language);
      if (answer?.messages?.length && this.wording.language === language) this.transcript.redraw(answer.messages, language);
    } catch (error) {
      if (error.name !== "DeskError") throw error; // the old question stands: it can be answered all the same
    }
  }

  #setAlarm(turn) {
    this.#alarmTurn = turn?.number ?? 0;
    if (turn) document.body.dataset.alarm = "emergency";
    else delete document.body.dataset.alarm;
  }

  /** Whether something of a patient is here. */
  #personal() {
    return this.session.begun || !this.transcript.empty || this.composer.filled || byId("call-dialog").open;
  }

  /** Whether somebody chose a language or a size. */
  #changed() {
    return this.wording.language !== LANGUAGES[0] || "elder" in document.documentElement.dataset;
  }
}
