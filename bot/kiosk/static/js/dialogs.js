/** The two questions the page itself asks: "do you want to end?" and "are you still there?". */

import { el, icon, reword, worded } from "./dom.js";

function build(dialog, wording, { name, symbol, role, extra, actions }) {
  dialog.setAttribute("role", role);
  dialog.append(
    el("div", { class: "dialog-sign", "aria-hidden": "true" }, [icon(symbol)]),
    worded(wording, "h2", `page.${name}.heading`, { id: `${name}-heading`, class: "dialog-title" }),
    worded(wording, "p", `page.${name}.text`, { id: `${name}-text`, class: "dialog-text" }),
  );
  if (extra) dialog.append(extra);
  const buttons = actions.map(([key, symbolOf, className, click]) =>
    el("button", { class: `button ${className}`.trim(), type: "button", on: { click } }, [
      icon(symbolOf),
      worded(wording, "span", key),
    ]),
  );
  dialog.append(el("div", { class: "dialog-actions" }, buttons));
}

/** Asks before the conversation is erased. */
export class EndDialog {
  constructor(dialog, wording, onEnd) {
    this.dialog = dialog;
    build(dialog, wording, {
      name: "end",
      symbol: "leave",
      role: "dialog",
      actions: [
        ["page.end.stay", "back", "button--solid", () => dialog.close()],
        [
          "page.end.confirm",
          "check",
          "",
          () => {
            dialog.close();
            onEnd();
          },
        ],
      ],
    });
  }

  ask() {
    if (!this.dialog.open) this.dialog.showModal();
  }
}

/** Counts down before the kiosk forgets the patient; anything but "I am done" means "I am still here". */
export class IdleDialog {
  constructor(dialog, wording, { stay, leave, call }) {
    this.dialog = dialog;
    this.wording = wording;
    this.clock = el("p", { class: "idle-clock", role: "timer", "aria-live": "off" });
    build(dialog, wording, {
      name: "idle",
      symbol: "clock",
      role: "alertdialog",
      extra: this.clock,
      actions: [
        ["page.idle.stay", "check", "button--solid", () => this.#close(stay)],
        ["page.idle.leave", "leave", "", () => this.#close(leave)],
        ["page.call_staff", "bell", "idle-call", () => this.#close(call)],
      ],
    });
    this.text = dialog.querySelector(".dialog-text");
    this.callButton = dialog.querySelector(".idle-call");
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault(); // Escape: somebody is there
      this.#close(stay);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && this.#close(stay));
  }

  /** @param {boolean} urgent whether somebody here was told to be seen soon: then staff are offered, and come unasked */
  show(seconds, urgent = false) {
    const key = urgent ? "page.idle.urgent" : "page.idle.text";
    if (this.text.dataset.text !== key) reword(this.wording, this.text, key);
    this.callButton.hidden = !urgent;
    this.clock.textContent = this.wording.say("page.idle.seconds", { seconds });
    if (!this.dialog.open) this.dialog.showModal();
  }

  hide() {
    if (this.dialog.open) this.dialog.close();
  }

  #close(then) {
    this.hide();
    then();
  }
}
