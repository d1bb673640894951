/** Server-sent events read from a fetch response (EventSource cannot send the bearer token). */

/**
 * One event of a stream. `id` is the last one that was given; `numbered` says whether this very event brought it.
 * @typedef {{event: string, data: string, id: string, numbered: boolean}} StreamEvent
 */

/** Cuts text into events as it arrives, in pieces of any size (WHATWG HTML, "Interpreting an event stream"). */
export class EventParser {
  constructor() {
    this.rest = "";
    this.lastId = "";
    this.#begin();
  }

  #begin() {
    this.event = "";
    this.data = [];
    this.numbered = false;
  }

  /**
   * @param {string} text the next piece
   * @returns {StreamEvent[]} the events that are complete now
   */
  feed(text) {
    this.rest += text;
    const events = [];
    for (;;) {
      const end = this.rest.search(/\r\n|\n|\r(?=[^])/);
      if (end < 0) return events;
      const line = this.rest.slice(0, end);
      this.rest = this.rest.slice(end + (this.rest.startsWith("\r\n", end) ? 2 : 1));
      if (line === "") this.#finish(events);
      else this.#field(line);
    }
  }

  #field(line) {
    if (line.startsWith(":")) return;
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.event = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id") [this.lastId, this.numbered] = [value, true];
  }

  #finish(events) {
    if (this.data.length) {
      const { lastId: id, numbered } = this;
      events.push({ event: this.event || "message", data: this.data.join("\n"), id, numbered });
    }
    this.#begin();
  }
}

/**
 * @param {Response} response
 * @param {() => void} [onBytes] called whenever anything arrives, comments included: the line is alive
 * @returns {AsyncGenerator<StreamEvent>}
 */
export async function* readEvents(response, onBytes = () => {}) {
  const parser = new EventParser();
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      onBytes();
      yield* parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.releaseLock();
  }
}
