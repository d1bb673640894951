/** The front desk's HTTP API as the kiosk page uses it. */

import { readEvents } from "./stream.js";

const BASE = "/api/v1";
/** A question may take the server's own deadline (8 s) and the way there and back; then we apologise. */
const SILENCE_MS = 20_000;
/** Short requests: opening, calling staff, printing. */
const SHORT_MS = 8_000;
/** The reader waits for the patient to lay the card down. */
const DEVICE_MS = 40_000;

/** A request that did not work. `code` is the server's, or `offline`, `timeout`, `http`. */
export class DeskError extends Error {
  constructor(code, status = 0) {
    super(code);
    this.name = "DeskError";
    this.code = code;
    this.status = status;
  }

  /** The server no longer knows this conversation, or no longer lets us in. */
  get ended() {
    return this.status === 401 || this.status === 403 || this.status === 404 || this.status === 410;
  }
}

/** An identifier nobody can guess; works without https too, where `crypto.randomUUID` is missing. */
export function newId() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class FrontDesk {
  /**
   * @param {string} kiosk which kiosk this page stands on
   * @param {string} deviceToken what lets it open conversations, where the hospital asks for one
   */
  constructor(kiosk, deviceToken = "") {
    this.kiosk = kiosk;
    this.deviceToken = deviceToken;
  }

  /** What the page needs to draw itself: wording, menu, places, idle times. */
  page() {
    return this.#json("GET", `/kiosk/page?kiosk=${encodeURIComponent(this.kiosk)}`);
  }

  /** Open a conversation; the answer holds its id, its token and the greeting. */
  open(language) {
    return this.#json("POST", "/conversations", { token: this.deviceToken, body: { channel: "kiosk", language, kiosk: this.kiosk } });
  }

  /**
   * Send one turn and hand every event of the answer to `onEvent(name, data)` as it comes.
   * @throws {DeskError} when the answer did not reach its `done`
   */
  async send(conversation, turn, onEvent, signal) {
    const guard = new Guard(SILENCE_MS, signal);
    try {
      const response = await this.#request("POST", `${this.#path(conversation)}/messages`, {
        token: conversation.token,
        body: { text: turn.text, message_id: turn.id, language: turn.language },
        accept: "text/event-stream",
        guard,
      });
      if (!(response.headers.get("Content-Type") ?? "").startsWith("text/event-stream")) {
        return deliverWhole(await response.json(), onEvent);
      }
      for await (const { event, data } of readEvents(response, () => guard.touch())) {
        const content = JSON.parse(data);
        if (event === "error") throw new DeskError(content.error?.code ?? "http");
        onEvent(event, content);
        if (event === "done") return undefined;
      }
      throw new DeskError("cut");
    } catch (error) {
      throw guard.explain(error);
    } finally {
      guard.release();
    }
  }

  /** Go on in another language; the answer holds the open question in it. */
  speak(conversation, language) {
    return this.#json("POST", `${this.#path(conversation)}/language`, { token: conversation.token, body: { language } });
  }

  /** Follow what staff say until the signal ends it; resolves when the server closes the stream. */
  async follow(conversation, lastId, onEvent, signal) {
    const response = await this.#request("GET", `${this.#path(conversation)}/events`, {
      token: conversation.token,
      accept: "text/event-stream",
      lastId,
      guard: new Guard(0, signal),
    });
    for await (const { event, data, id, numbered } of readEvents(response)) {
      onEvent(event, JSON.parse(data), numbered ? id : null);
    }
  }

  /** Have the server forget the conversation. `keepalive` lets the request outlive the page. */
  close(conversation) {
    return fetch(BASE + this.#path(conversation), {
      method: "DELETE",
      headers: { Authorization: `Bearer ${conversation.token}` },
      keepalive: true,
      credentials: "omit",
    }).catch(() => undefined); // the server also forgets by itself when nobody comes back
  }

  /** Ring for staff. `callId` is the same when one call is tried again, so that it rings once. */
  callStaff(conversation, callId) {
    const body = conversation ? { conversation_id: conversation.id } : {};
    const path = `/kiosk/${encodeURIComponent(this.kiosk)}/staff-call`;
    return this.#json("POST", path, { body, key: callId, token: conversation?.token });
  }

  /** Read the card on the reader (`card`) or the code before the scanner (`scan`). */
  device(conversation, name) {
    return this.#json("POST", `${this.#path(conversation)}/${name}`, {
      token: conversation.token,
      body: {},
      limit: DEVICE_MS,
    });
  }

  /** Print the slip of an appointment. */
  slip(conversation, appointment) {
    return this.#json("POST", `${this.#path(conversation)}/slip`, { token: conversation.token, body: { appointment } });
  }

  #path(conversation) {
    return `/conversations/${encodeURIComponent(conversation.id)}`;
  }

  async #json(method, path, { token, body, key, limit = SHORT_MS } = {}) {
    const guard = new Guard(limit);
    try {
      const response = await this.#request(method, path, { token, body, key, guard });
      return response.status === 204 ? null : await response.json();
    } catch (error) {
      throw guard.explain(error);
    } finally {
      guard.release();
    }
  }

  async #request(method, path, { token, body, key, accept = "application/json", lastId, guard }) {
    const headers = { Accept: accept };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    if (lastId) headers["Last-Event-ID"] = lastId;
    const response = await fetch(BASE + path, {
      method,
      headers,
      body: body && JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      signal: guard.signal,
    });
    if (response.ok) return response;
    const content = await response.json().catch(() => ({}));
    throw new DeskError(content.error?.code ?? "http", response.status);
  }
}

/** A turn that was answered as one JSON document instead of a stream. */
function deliverWhole(answer, onEvent) {
  for (const message of answer.messages ?? []) onEvent("message", message);
  onEvent("done", answer);
}

/** Ends a request that is silent for too long, or that the page gave up. */
class Guard {
  #controller = new AbortController();
  #abort = () => this.#controller.abort();
  #timer = 0;
  #late = false;

  constructor(limit, outer) {
    this.limit = limit;
    this.outer = outer;
    if (outer?.aborted) this.#abort();
    outer?.addEventListener("abort", this.#abort);
    this.touch();
  }

  get signal() {
    return this.#controller.signal;
  }

  touch() {
    clearTimeout(this.#timer);
    if (this.limit > 0) {
      this.#timer = setTimeout(() => {
        this.#late = true;
        this.#controller.abort();
      }, this.limit);
    }
  }

  release() {
    clearTimeout(this.#timer);
    this.outer?.removeEventListener("abort", this.#abort);
  }

  /** What a failure was: ours (given up), the clock's, the network's, or the server's. */
  explain(error) {
    if (error instanceof DeskError) return error;
    if (this.#late) return new DeskError("timeout");
    if (this.outer?.aborted) return new DeskError("given_up");
    return new DeskError(navigator.onLine ? "unreachable" : "offline");
  }
}
