/** The open ticket: its packet, the talk, and what can be done with it. */

import { announce, byId, el } from "./dom.js";
import { hasLeft, placeName, reasonName, rescueNotes, signName } from "./queue.js";
import { Talk } from "./talk.js";

export class TicketView {
  /** @param {{wording: object, api: object, changed: () => void, waited: (entry: object) => number}} house */
  constructor({ wording, api, changed, waited }) {
    this.wording = wording;
    this.api = api;
    this.changed = changed;
    this.waited = waited;
    this.root = byId("ticket");
    this.drafts = new Map();
    this.opening = 0;
    this.acted = 0; // a queue that was asked for before something was done must not undo it on the screen
    this.clear();
  }

  /** Nothing is open, and nothing of a patient stays on the page. */
  clear() {
    this.opening += 1;
    this.talk?.close();
    this.talk = null;
    this.entry = null;
    this.facts = [];
    this.fault = null;
    this.done = "";
    this.root.replaceChildren(
      el("div", { class: "ticket-none" }, [
        el("h2", { text: this.wording.say("console.ticket.none") }),
        el("p", { class: "note", text: this.wording.say("console.ticket.none_more") }),
      ]),
    );
  }

  /** Read a ticket and show it. Throws `Fault`. */
  async open(id) {
    const opening = ++this.opening;
    const packet = await this.api.get(`/tickets/${encodeURIComponent(id)}`);
    if (opening !== this.opening) return; // another one was opened meanwhile, or nobody is signed in any more
    this.talk?.close();
    this.entry = packet.ticket;
    this.facts = packet.facts;
    this.fault = null;
    this.done = "";
    this.talk = new Talk({ wording: this.wording, api: this.api, ticket: id, failed: () => {} });
    this.render();
    this.talk.add(packet.lines);
    this.talk.end();
  }

  /** The queue's newest word about the open ticket; without one it is closed. */
  update(entry) {
    if (!this.entry) return;
    const next = entry ?? { ...this.entry, status: "closed", may: {} };
    const same = JSON.stringify({ ...next, waiting_s: 0 }) === JSON.stringify({ ...this.entry, waiting_s: 0 });
    this.entry = next;
    if (!same) this.render();
  }

  /** Only the time, once a second. */
  tick() {
    const node = this.root.querySelector(".ticket-time");
    if (node && this.entry) node.textContent = this.#time();
  }

  render() {
    if (!this.entry) return this.clear();
    const focused = document.activeElement?.id;
    const typed = byId("reply-text");
    const caret = typed?.selectionStart;
    if (typed) this.drafts.set(typed.dataset.ticket, typed.value);
    const { entry, wording } = this;
    const red = entry.priority === "red";
    this.root.replaceChildren(
      ...[
        this.#head(),
        red && entry.status !== "closed" && this.#redBanner(),
        this.#note(),
        el("div", { class: "ticket-body" }, [
          el("div", { class: "talk" }, [
            el("h3", { text: wording.say("console.talk.heading") }),
            this.talk.root,
            this.#foot(),
          ]),
          this.#facts(),
        ]),
      ].filter(Boolean),
    );
    this.talk.end();
    if (!focused?.startsWith("reply-")) return;
    byId(focused)?.focus();
    byId("reply-text")?.setSelectionRange(caret, caret);
  }

  #redBanner() {
    const key = hasLeft(this.entry) ? "console.ticket.red_left" : "console.ticket.red_banner";
    return el("p", { class: hasLeft(this.entry) ? "ticket-red ticket-red--left" : "ticket-red", text: this.wording.say(key) });
  }

  #time() {
    const key = this.entry.status === "open" ? "console.queue.waiting" : "console.queue.since";
    return this.wording.say(key, { time: this.wording.time(this.waited(this.entry)) });
  }

  #head() {
    const { entry, wording } = this;
    const finish = entry.conversation === null || hasLeft(entry);
    return el("div", { class: "ticket-head" }, [
      el("h2", { id: "ticket-heading", tabindex: "-1" }, [
        entry.priority === "red" && el("span", { class: "tag tag--red", text: wording.say("console.queue.red") }),
        el("span", { text: wording.say("console.ticket.heading", { number: entry.number }) }),
      ]),
      el("p", { class: "ticket-meta" }, [
        el("b", { text: reasonName(wording, entry) }),
        entry.rule && el("b", { text: signName(wording, entry) }),
        el("span", { text: placeName(wording, entry) }),
        ...rescueNotes(wording, entry).map((text) => el("b", { text })),
        entry.language && el("span", { text: wording.say(`console.speaks.${entry.language}`) }),
        entry.status !== "closed" && el("span", { class: "ticket-time", text: this.#time() }),
      ]),
      el("div", { class: "ticket-actions" }, [
        entry.may.claim &&
          el("button", {
            type: "button",
            id: "claim",
            class: `button ${entry.priority === "red" ? "button--red" : "button--solid"}`,
            text: wording.say("console.ticket.claim"),
            on: { click: () => this.#act("claim", "console.announce.claimed") },
          }),
        entry.may.take_over &&
          el("button", {
            type: "button",
            id: "take-over",
            class: `button ${entry.priority === "red" ? "button--red" : ""}`,
            text: wording.say("console.ticket.take_over"),
            on: { click: () => this.#act("take-over", "console.announce.claimed") },
          }),
        entry.may.put_back &&
          el("button", {
            type: "button",
            id: "put-back",
            class: `button ${entry.may.hand_back ? "" : "button--red"}`,
            text: wording.say(entry.may.hand_back ? "console.ticket.put_back" : "console.ticket.to_nurse"),
            on: { click: () => this.#act("put-back", "console.announce.put_back") },
          }),
        entry.may.hand_back &&
          el("button", {
            type: "button",
            id: "hand-back",
            class: "button",
            text: wording.say(finish ? "console.ticket.finish" : "console.ticket.hand_back"),
            on: { click: () => this.#act("hand-back", "console.announce.handed_back") },
          }),
      ]),
    ]);
  }

  #note() {
    const { entry, wording } = this;
    let text = "";
    if (this.fault) text = wording.refusal(this.fault);
    else if (this.done) text = this.done;
    else if (entry.status === "closed") text = wording.say("console.ticket.closed");
    else if (entry.conversation === null) text = wording.say("console.ticket.no_conversation");
    else if (hasLeft(entry)) text = wording.say("console.ticket.left");
    else if (entry.may.put_back && !entry.may.hand_back) text = wording.say("console.ticket.turned_red");
    else if (entry.status === "claimed" && !entry.may.put_back) {
      text = wording.say("console.ticket.taken_by", { name: entry.claimed_by });
    }
    return text && el("p", { class: "ticket-note", role: "alert", text });
  }

  #facts() {
    const { wording } = this;
    const rows = this.facts.map((fact) => {
      const label = `console.fact.${fact.key}`;
      const value = fact.key === "rule" ? `console.rule.${fact.zh}` : `console.value.${fact.zh}`;
      return el("div", { class: fact.key === "rule" ? "fact fact--red" : "fact" }, [
        el("dt", { text: wording.has(label) ? wording.say(label) : fact.key }),
        el("dd", { text: wording.has(value) ? wording.say(value) : fact[wording.language] }),
      ]);
    });
    return el("div", { class: "facts", role: "region", tabindex: "0", "aria-labelledby": "facts-heading" }, [
      el("h3", { id: "facts-heading", text: wording.say("console.facts.heading") }),
      rows.length ? el("dl", {}, rows) : el("p", { class: "note", text: wording.say("console.facts.none") }),
    ]);
  }

  #foot() {
    const { entry, wording } = this;
    if (entry.may.reply && entry.conversation) return this.#reply();
    const open = entry.status === "open" && entry.conversation && !hasLeft(entry);
    if (!open) return null;
    const key = entry.may.claim ? "console.ticket.claim_first" : "console.ticket.red_not_you";
    return el("p", { class: "reply-closed", text: wording.say(key) });
  }

  #reply() {
    const { wording } = this;
    const box = el("textarea", {
      id: "reply-text",
      data: { ticket: this.entry.id },
      rows: 2,
      maxlength: this.limit,
      placeholder: wording.say("console.reply.placeholder"),
      on: {
        // Enter also ends the choosing of a Chinese character: that one must not send.
        keydown: (event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          form.requestSubmit();
        },
      },
    });
    box.value = this.drafts.get(this.entry.id) ?? "";
    const fault = el("p", { class: "fault", role: "alert" });
    const button = el("button", { type: "submit", id: "reply-send", class: "button button--solid", text: wording.say("console.reply.send") });
    const form = el(
      "form",
      {
        class: "reply",
        on: {
          submit: (event) => {
            event.preventDefault();
            this.#send(box, button, fault);
          },
        },
      },
      [el("label", { for: "reply-text", text: wording.say("console.reply.label") }), box, button, fault],
    );
    return form;
  }

  async #send(box, button, fault) {
    const text = box.value;
    if (!text.trim() || button.disabled) return;
    const { id } = this.entry;
    // The same number until it has arrived: pressing "send" again after a lost answer is still one line.
    this.pending = this.pending?.text === text && this.pending.id === id ? this.pending : { id, text, number: crypto.randomUUID() };
    button.disabled = true;
    button.textContent = this.wording.say("console.reply.sending");
    try {
      await this.api.post(`/tickets/${id}/messages`, { text, message_id: this.pending.number });
      this.pending = null;
      this.drafts.delete(id);
      fault.textContent = "";
      if (this.entry?.id !== id) return;
      const now = byId("reply-text"); // another one than `box` when the ticket was drawn again meanwhile
      if (now?.value === text) now.value = "";
      this.talk.sync();
    } catch (error) {
      fault.textContent = this.wording.refusal(error);
    } finally {
      button.disabled = false;
      button.textContent = this.wording.say("console.reply.send");
    }
  }

  async #act(action, sentence) {
    const { id, number } = this.entry;
    for (const button of this.root.querySelectorAll(".ticket-actions button")) button.disabled = true;
    try {
      const { ticket } = await this.api.post(`/tickets/${id}/${action}`);
      this.acted += 1;
      if (this.entry?.id !== id) return;
      this.fault = null;
      this.entry = ticket;
      const said = this.wording.say(sentence, { number });
      this.done = action === "put-back" ? said : ""; // what else was done shows by itself
      announce(said);
    } catch (error) {
      if (this.entry?.id !== id) return;
      this.fault = error;
    }
    this.render();
    (byId("reply-text") ?? byId("ticket-heading"))?.focus();
    this.changed();
  }
}
