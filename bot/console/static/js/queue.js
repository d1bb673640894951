/** The list of patients who wait: red ones first, then mine, then the others. */

import { byId, el } from "./dom.js";

const GROUPS = ["red", "mine", "open", "held"];

/** Which group an entry belongs to. */
function groupOf(entry, me) {
  if (entry.status === "claimed" && entry.claimed_by === me) return "mine";
  if (entry.alarm) return "red";
  return entry.status === "claimed" ? "held" : "open";
}

export class QueueView {
  /** @param {{wording: object, open: (id: string) => void}} house */
  constructor({ wording, open }) {
    this.wording = wording;
    this.open = open;
    this.root = byId("queue");
    this.entries = [];
    this.unread = new Set();
    this.current = null;
    this.me = "";
    this.fetched = 0;
    this.root.addEventListener("keydown", (event) => this.#move(event));
  }

  /** @param {object[]} entries as the server lists them */
  show(entries, me) {
    this.entries = entries;
    this.me = me;
    this.fetched = performance.now();
    for (const id of this.unread) if (!entries.some((entry) => entry.id === id)) this.unread.delete(id);
    this.render();
  }

  /** Mark which ticket is open. */
  choose(id) {
    this.current = id;
    this.unread.delete(id);
    this.render();
  }

  /** A new line came for a ticket that is not open. */
  mark(id) {
    this.unread.add(id);
    this.render();
  }

  /** Red tickets that nobody has who may handle them. */
  get urgent() {
    return this.entries.filter((entry) => entry.alarm);
  }

  /** How many wait for somebody to take them. */
  get waiting() {
    return this.entries.filter((entry) => entry.status === "open").length;
  }

  /** Seconds an entry has waited by now. */
  waited(entry) {
    return entry.waiting_s + (performance.now() - this.fetched) / 1000;
  }

  render() {
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.ticket : null;
    const children = [];
    for (const group of GROUPS) {
      const entries = this.entries.filter((entry) => groupOf(entry, this.me) === group);
      if (!entries.length) continue;
      const heading = `group-${group}`;
      const title = this.wording.say(`console.queue.group.${group}`);
      children.push(
        el("h3", { class: `queue-group queue-group--${group}`, id: heading, text: `${title} · ${entries.length}` }),
        el("ul", { "aria-labelledby": heading }, entries.map((entry) => el("li", {}, [this.#entry(entry, group)]))),
      );
    }
    if (!children.length) children.push(el("p", { class: "queue-empty", text: this.wording.say("console.queue.empty") }));
    this.root.replaceChildren(...children);
    if (focused) this.root.querySelector(`[data-ticket="${CSS.escape(focused)}"]`)?.focus();
  }

  /** Only the times, once a second. */
  tick() {
    for (const node of this.root.querySelectorAll("[data-ticket]")) {
      const entry = this.entries.find((candidate) => candidate.id === node.dataset.ticket);
      if (entry) node.querySelector(".entry-time").textContent = this.#time(entry);
    }
  }

  #time(entry) {
    const key = entry.status === "open" ? "console.queue.waiting" : "console.queue.since";
    return this.wording.say(key, { time: this.wording.time(this.waited(entry)) });
  }

  #entry(entry, group) {
    const { wording } = this;
    const red = entry.priority === "red";
    const where = [
      entry.kiosk ? wording.say("console.queue.kiosk", { kiosk: entry.kiosk }) : channelName(wording, entry),
      entry.language === "en" && wording.say("console.speaks.en"),
      entry.status === "claimed" && group !== "mine" && wording.say("console.queue.held_by", { name: entry.claimed_by }),
      entry.conversation === "closed" && wording.say("console.queue.left"),
    ].filter(Boolean);
    return el(
      "button",
      {
        type: "button",
        class: `entry${red ? " entry--red" : ""}${group === "mine" ? " entry--mine" : ""}`,
        data: { ticket: entry.id },
        "aria-current": entry.id === this.current ? "true" : null,
        on: { click: () => this.open(entry.id) },
      },
      [
        el("span", { class: "entry-number" }, [
          red && el("span", { class: "tag tag--red", text: wording.say("console.queue.red") }),
          el("span", { text: entry.number }),
        ]),
        el("span", { class: "entry-time", text: this.#time(entry) }),
        el("span", { class: "entry-reason", text: reasonName(wording, entry) }),
        el("span", { class: "entry-where" }, [
          this.unread.has(entry.id) && el("span", { class: "tag tag--new", text: wording.say("console.queue.unread") }),
          el("span", { text: where.join(" · ") }),
        ]),
      ],
    );
  }

  #move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...this.root.querySelectorAll("[data-ticket]")];
    const at = buttons.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    buttons[Math.min(buttons.length - 1, Math.max(0, at + step))].focus();
  }
}

/** Why a ticket was opened, in words. */
export function reasonName(wording, entry) {
  const key = `console.reason.${entry.reason}`;
  return wording.has(key) ? wording.say(key) : entry.reason;
}

/** Where the patient is, in words. */
export function channelName(wording, entry) {
  const key = `console.channel.${entry.channel}`;
  return wording.has(key) ? wording.say(key) : "";
}
