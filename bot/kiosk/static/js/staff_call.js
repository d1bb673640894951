/** The button that rings for a member of staff: there on every screen, with or without a conversation or a network. */

import { newId } from "./api.js";
import { el, icon, reword, worded } from "./dom.js";

/** Attempts for one press, and the waits between them in milliseconds. */
const WAITS_MS = [0, 1_000, 3_000];
/** After this long the patient is told which window to go to. */
const SLOW_MS = 3_000;

export class StaffCall {
  #call = null;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {import("./wording.js").Wording} wording
   * @param {import("./api.js").FrontDesk} desk
   * @param {() => import("./session.js").Conversation | null} conversation
   */
  constructor(dialog, wording, desk, conversation) {
    this.dialog = dialog;
    this.wording = wording;
    this.desk = desk;
    this.conversation = conversation;
    this.text = el("p", { class: "dialog-text", "aria-live": "assertive" });
    this.ticket = el("div", { class: "call-ticket", hidden: true });
    this.again = this.#button("page.call.again", "bell", "button--solid", () => void this.ring());
    this.shut = this.#button("page.close", "check", "", () => dialog.close());
    const heading = worded(wording, "h2", "page.call.heading", { id: "call-heading", class: "dialog-title" });
    dialog.append(
      el("div", { class: "dialog-sign", "aria-hidden": "true" }, [icon("bell")]),
      heading,
      this.text,
      this.ticket,
      el("div", { class: "dialog-actions" }, [this.again, this.shut]),
    );
  }

  /** Ring; pressing again while it rings only shows the state. */
  async ring() {
    if (!this.dialog.open) this.dialog.showModal();
    if (this.#call) return;
    const call = { id: newId() };
    this.#call = call;
    this.#show("calling", "page.call.calling");
    const slow = setTimeout(() => this.#call === call && this.#show("calling", "page.call.slow"), SLOW_MS);
    const answer = await this.#attempt(call);
    clearTimeout(slow);
    if (this.#call !== call) return;
    this.#call = null;
    if (answer.error) this.#show("failed", navigator.onLine ? "page.call.failed" : "page.call.offline");
    else this.#done(answer.ticket);
  }

  /** Ask staff to look after somebody who does not answer any more; says nothing on the screen and never fails. */
  async report() {
    if (this.#call) return;
    await this.desk.callStaff(this.conversation(), newId()).catch(() => undefined); // the page must be wiped all the same
  }

  /** Forget the call that was shown: the next patient has not called. */
  reset() {
    this.#call = null;
    this.ticket.replaceChildren();
    this.ticket.hidden = true;
    if (this.dialog.open) this.dialog.close();
  }

  async #attempt(call) {
    let error = null;
    let conversation = this.conversation();
    for (const wait of WAITS_MS) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (this.#call !== call) return { error };
      try {
        const answer = await this.desk.callStaff(conversation, call.id);
        return { ticket: answer?.ticket };
      } catch (reason) {
        error = reason;
        if (reason.ended) conversation = null; // the call matters more than what was said before it
      }
    }
    return { error };
  }

  #done(ticket) {
    this.#show("done", "page.call.done");
    const number = typeof ticket === "object" ? ticket?.number : ticket;
    if (!number) return;
    this.ticket.replaceChildren(
      worded(this.wording, "span", "page.call.ticket", { class: "call-ticket-label" }),
      el("strong", { class: "call-ticket-number", text: String(number) }),
    );
    this.ticket.hidden = false;
  }

  #show(state, key) {
    this.dialog.dataset.state = state;
    reword(this.wording, this.text, key);
    this.ticket.hidden = true;
    this.again.hidden = state !== "failed";
    (state === "failed" ? this.again : this.shut).focus();
  }

  #button(key, symbol, extra, click) {
    return el("button", { class: `button ${extra}`.trim(), type: "button", on: { click } }, [
      icon(symbol),
      worded(this.wording, "span", key),
    ]);
  }
}
