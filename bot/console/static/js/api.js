/** Requests to the console's API; a refusal is thrown as a `Fault` with the server's stable code. */

const BASE = "/console/api";

export class Fault extends Error {
  constructor(code, status) {
    super(code);
    this.code = code;
    this.status = status;
  }
}

export class Api {
  constructor() {
    this.csrf = "";
    /** Called when the server says that nobody is signed in (any more). */
    this.onSignedOut = () => {};
  }

  get(path) {
    return this.#ask("GET", path);
  }

  post(path, body) {
    return this.#ask("POST", path, body);
  }

  async #ask(method, path, body) {
    const headers = { accept: "application/json" };
    if (method !== "GET") headers["x-csrf-token"] = this.csrf;
    if (body !== undefined) headers["content-type"] = "application/json";
    let response;
    let answer;
    try {
      response = await fetch(BASE + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "same-origin",
        cache: "no-store",
      });
      answer = await response.json();
    } catch {
      throw new Fault(response && !response.ok ? "other" : "network", response?.status ?? 0);
    }
    if (response.ok) return answer;
    const code = answer?.error?.code ?? "other";
    if (code === "auth.not_signed_in") this.onSignedOut();
    throw new Fault(code, response.status);
  }
}
