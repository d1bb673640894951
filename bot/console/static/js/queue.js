/** The list of patients who wait: red ones first, then mine, then the others; of a colour those who have left come last. */

import { byId, el } from "./dom.js";

const GROUPS = ["red", "red_left", "mine", "open", "left", "held"];

/** Which group an entry belongs to. */
function groupOf(entry, me) {
  if (entry.status === "claimed" && entry.claimed_by === me) return "mine";
  if (entry.alarm) return hasLeft(entry) ? "red_left" : "red";
  if (entry.status === "claimed") return "held";
  return hasLeft(entry) ? "left" : "open";
}

/** Whether the patient has gone, and with them everything that was said. */
export function hasLeft(entry) {
  return entry.conversation === "closed";
}

export class QueueView {
  /** @param {{wording: object, open: (id: string) => void, close: (ids: string[]) => Promise<void>}} house */
  constructor({ wording, open, close }) {
    this.wording = wording;
    this.open = open;
    this.close = close;
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

  /** Red tickets that nobody has who may handle them, the newest first; without those whose patient has left. */
  get urgent() {
    return this.entries.filter((entry) => entry.alarm && !hasLeft(entry)).reverse();
  }

  /** How many wait for somebody to take them. */
  get waiting() {
    return this.entries.filter((entry) => entry.status === "open" && !hasLeft(entry)).length;
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
        el("h3", { class: `queue-group queue-group--${group.split("_")[0]}`, id: heading, text: `${title} · ${entries.length}` }),
        el("ul", { "aria-labelledby": heading }, entries.map((entry) => el("li", {}, [this.#entry(entry, group)]))),
      );
    }
    const departed = this.entries.filter((entry) => entry.may.close_departed).map((entry) => entry.id);
    if (departed.length) children.unshift(this.#closeAll(departed));
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

  /** One press for everyone who has left: exactly those that are shown now. */
  #closeAll(ids) {
    return el("button", {
      type: "button",
      id: "close-departed",
      class: "button queue-close",
      text: this.wording.say("console.queue.close_departed", { count: ids.length }),
      on: {
        click: (event) => {
          event.currentTarget.disabled = true;
          void this.close(ids);
        },
      },
    });
  }

  #time(entry) {
    const key = entry.status === "open" ? "console.queue.waiting" : "console.queue.since";
    return this.wording.say(key, { time: this.wording.time(this.waited(entry)) });
  }

  #entry(entry, group) {
    const { wording } = this;
    const red = entry.priority === "red";
    const where = [
      placeName(wording, entry),
      entry.language === "en" && wording.say("console.speaks.en"),
      entry.status === "claimed" && group !== "mine" && wording.say("console.queue.held_by", { name: entry.claimed_by }),
      entry.passed_by && wording.say("console.queue.passed_by", { name: entry.passed_by }),
      ...rescueNotes(wording, entry),
    ].filter(Boolean);
    return el(
      "button",
      {
        type: "button",
        class: `entry${red ? " entry--red" : ""}${hasLeft(entry) ? " entry--left" : ""}${group === "mine" ? " entry--mine" : ""}`,
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
        el("span", { class: "entry-reason" }, [
          el("span", { text: reasonName(wording, entry) }),
          entry.rule && el("b", { class: "entry-sign", text: signName(wording, entry) }),
        ]),
        el("span", { class: "entry-where" }, [
          hasLeft(entry) && el("span", { class: "tag tag--left", text: wording.say("console.queue.left") }),
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

/** Which sign fired, in words. */
export function signName(wording, entry) {
  const key = `console.rule.${entry.rule}`;
  return wording.has(key) ? wording.say(key) : entry.rule;
}

/** What happened after an alarm: called again, silent, no danger any more, under age. */
export function rescueNotes(wording, entry) {
  return [
    entry.escalated && wording.say("console.rescue.escalated"),
    entry.silent_since && wording.say("console.rescue.silent", { time: entry.silent_since }),
    entry.cleared_at && wording.say("console.rescue.cleared", { time: entry.cleared_at }),
    entry.minor && wording.say("console.rescue.minor"),
  ].filter(Boolean);
}

/** Where the patient stands, in words: the kiosk's place, or how they reach us. */
export function placeName(wording, entry) {
  if (!entry.kiosk) return channelName(wording, entry);
  if (!entry.place) return wording.say("console.queue.kiosk", { kiosk: entry.kiosk });
  return wording.say("console.queue.place", { place: entry.place[wording.language], kiosk: entry.kiosk });
}

function channelName(wording, entry) {
  const key = `console.channel.${entry.channel}`;
  return wording.has(key) ? wording.say(key) : "";
}
