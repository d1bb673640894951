/** The open line to the server: what changes in the queue, and new lines of the tickets that concern this workplace. */

const RETRY_MS = 3000;
const LOST_AFTER_MS = 2500;

export class Live {
  /**
   * @param {{onReady: () => void, onQueue: () => void, onLine: (line: object) => void, onSignedOut: () => void,
   *   onBroken: () => void}} listeners `onBroken`: the browser gave up on the line (a refusal); find out why
   */
  constructor(listeners) {
    this.listeners = listeners;
    this.source = null;
    this.lostTimer = 0;
    this.retryTimer = 0;
  }

  /** Listen from now on, with this ticket open. */
  connect(ticket) {
    this.close();
    this.ticket = ticket;
    const source = new EventSource(ticket ? `/console/api/events?ticket=${encodeURIComponent(ticket)}` : "/console/api/events");
    this.source = source;
    source.addEventListener("ready", () => {
      this.#lost(false);
      this.listeners.onReady();
    });
    source.addEventListener("queue", () => this.listeners.onQueue());
    source.addEventListener("page", () => this.listeners.onQueue());
    source.addEventListener("line", (event) => this.listeners.onLine(JSON.parse(event.data)));
    source.addEventListener("signed_out", () => this.listeners.onSignedOut());
    source.addEventListener("error", () => {
      if (source !== this.source) return;
      if (!this.lostTimer) this.lostTimer = setTimeout(() => this.#lost(true), LOST_AFTER_MS);
      if (source.readyState === EventSource.CLOSED) {
        this.retryTimer = setTimeout(() => this.connect(this.ticket), RETRY_MS);
        this.listeners.onBroken();
      }
    });
  }

  /** Stop listening. */
  close() {
    clearTimeout(this.retryTimer);
    this.source?.close();
    this.source = null;
  }

  #lost(lost) {
    clearTimeout(this.lostTimer);
    this.lostTimer = 0;
    document.getElementById("lost").hidden = !lost;
  }

  /** Forget a broken line, for instance when nobody is signed in. */
  calm() {
    this.close();
    this.#lost(false);
  }
}
