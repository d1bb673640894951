/** One patient's conversation with the server: opened at the first word, followed, and forgotten. */

import { DeskError } from "./api.js";

/** Waits between attempts to follow the conversation again; the last one repeats. */
const BACK_OFF_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000];

/**
 * @typedef {{id: string, token: string}} Conversation
 * @typedef {{text: string, id: string, language: string}} Turn `id` stays the same when a turn is tried again
 */

export class Session {
  #visit = new AbortController();
  #opening = null;

  /**
   * @param {import("./api.js").FrontDesk} desk
   * @param {{greet(messages: object[]): void, hear(message: object): void, status(status: string): void}} listener
   */
  constructor(desk, listener) {
    this.desk = desk;
    this.listener = listener;
    /** @type {Conversation | null} */
    this.conversation = null;
  }

  /** Whether the server may know something of this patient. */
  get begun() {
    return this.conversation !== null || this.#opening !== null;
  }

  /** Send one turn; see `FrontDesk.send`. Rejects with `given_up` when the patient left meanwhile. */
  async send(turn, onEvent) {
    const visit = this.#visit;
    const conversation = await this.#ensure(turn.language);
    await this.desk.send(conversation, turn, (name, data) => visit.signal.aborted || onEvent(name, data), visit.signal);
  }

  /** Read the card or the code; resolves to the messages that answer it. */
  async device(name, language) {
    const visit = this.#visit;
    const answer = await this.desk.device(await this.#ensure(language), name);
    if (visit.signal.aborted) throw new DeskError("given_up");
    return answer;
  }

  /** Go on in another language; resolves to the open question in it, or null when nothing has been said yet. */
  async speak(language) {
    if (!this.begun) return null;
    const visit = this.#visit;
    const answer = await this.desk.speak(await this.#ensure(language), language);
    return visit.signal.aborted ? null : answer;
  }

  /** Print the slip of an appointment of this conversation. */
  slip(appointment) {
    if (!this.conversation) throw new DeskError("http", 404);
    return this.desk.slip(this.conversation, appointment);
  }

  /** Forget the patient here and on the server, at once. */
  end() {
    this.#visit.abort();
    this.#visit = new AbortController();
    this.#opening = null;
    const { conversation } = this;
    this.conversation = null;
    if (conversation) void this.desk.close(conversation);
  }

  #ensure(language) {
    if (this.conversation) return Promise.resolve(this.conversation);
    this.#opening ??= this.#open(language, this.#visit);
    return this.#opening;
  }

  async #open(language, visit) {
    try {
      const answer = await this.desk.open(language);
      const conversation = { id: answer.conversation_id, token: answer.token };
      if (visit.signal.aborted) {
        void this.desk.close(conversation); // the patient left before the answer came: nobody may find it open
        throw new DeskError("given_up");
      }
      this.conversation = conversation;
      this.listener.greet(answer.messages ?? []);
      void this.#follow(conversation, visit.signal);
      return conversation;
    } finally {
      if (this.#visit === visit) this.#opening = null;
    }
  }

  async #follow(conversation, signal) {
    let lastId = "";
    let failures = 0;
    const onEvent = (name, data, id) => {
      failures = 0;
      const seen = id !== null && id === lastId;
      lastId = id ?? lastId;
      if (signal.aborted || seen) return;
      if (name === "message") this.listener.hear(data);
      else if (name === "status") this.listener.status(data.status);
    };
    while (!signal.aborted) {
      try {
        await this.desk.follow(conversation, lastId, onEvent, signal);
      } catch (error) {
        if (error instanceof DeskError && error.ended) return;
      }
      await pause(BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)], signal);
      failures += 1;
    }
  }
}

/** Resolves after the wait, or at once when the signal ends it. */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
