/** The lines of the open ticket: what is stored, and what was just heard and is not stored yet. */

import { el } from "./dom.js";

const SYNC_MS = 300;
const TRIES = 6;
const NEAR_END_PX = 80;

export class Talk {
  /** @param {{wording: object, api: object, ticket: string, failed: (fault: Error) => void}} house */
  constructor({ wording, api, ticket, failed }) {
    this.wording = wording;
    this.api = api;
    this.ticket = ticket;
    this.failed = failed;
    this.last = 0;
    this.lines = [];
    this.heard = [];
    this.timer = 0;
    this.root = el("div", { class: "lines", role: "log", tabindex: "0", "aria-label": wording.say("console.talk.heading") });
    this.gone = false;
  }

  /** Lines of the server, in order; the ones heard before are replaced by them. */
  add(lines) {
    for (const line of lines) {
      if (line.id <= this.last) continue;
      this.last = line.id;
      this.lines.push(line);
      const at = this.heard.findIndex((other) => other.role === line.role && other.text === line.text);
      if (at >= 0) this.heard.splice(at, 1)[0].node.remove();
      this.#append(this.#node(line));
    }
    if (!this.lines.length && !this.heard.length) {
      this.root.replaceChildren(el("p", { class: "note", text: this.wording.say("console.talk.none") }));
    }
  }

  /** A line that was heard over the open line: shown at once, then read again from what is stored. */
  hear(line) {
    if (line.role !== "staff") {
      const heard = { ...line, node: this.#node(line) };
      this.heard.push(heard);
      this.#append(heard.node);
    }
    this.sync(TRIES);
  }

  /** Read what is new; a line that was heard but is not stored yet is asked for again. */
  sync(tries = 1) {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      try {
        const { lines } = await this.api.get(`/tickets/${this.ticket}/lines?after=${this.last}`);
        if (this.gone) return;
        this.add(lines);
        if (this.heard.length && tries > 1) this.sync(tries - 1);
      } catch (fault) {
        if (!this.gone) this.failed(fault);
      }
    }, SYNC_MS);
  }

  /** Say it all again in another language. */
  render() {
    const lines = [...this.lines, ...this.heard];
    this.root.setAttribute("aria-label", this.wording.say("console.talk.heading"));
    this.root.replaceChildren(...lines.map((line) => (line.node = this.#node(line))));
    this.end();
  }

  /** Show the newest line. */
  end() {
    this.root.scrollTop = this.root.scrollHeight;
  }

  /** Another ticket is opened. */
  close() {
    this.gone = true;
    clearTimeout(this.timer);
  }

  #append(node) {
    const near = this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < NEAR_END_PX;
    this.root.querySelector(":scope > .note")?.remove();
    this.root.append(node);
    if (near) this.end();
  }

  #node(line) {
    const role = ["patient", "assistant", "staff", "system"].includes(line.role) ? line.role : "system";
    return el("div", { class: `line line--${role}` }, [
      el("p", { class: "line-who" }, [
        el("b", { text: this.wording.say(`console.talk.${role}`) }),
        line.at && el("time", { datetime: line.at, text: line.at.slice(11, 16) }),
      ]),
      el("p", { class: "line-text", text: line.text }),
    ]);
  }
}
