/** Keeps the session while somebody works here, and asks before it ends. */

import { byId } from "./dom.js";

const TOUCH_MS = 60_000;
const WARN_MS = 120_000;

export class Idle {
  /** @param {{touch: () => Promise<void>}} house `touch` tells the server that somebody is here */
  constructor({ touch }) {
    this.touch = touch;
    this.dialog = byId("idle");
    this.timer = 0;
    const act = () => (this.acted = Date.now());
    for (const event of ["pointerdown", "keydown", "wheel"]) addEventListener(event, act, { passive: true });
    byId("idle-stay").addEventListener("click", () => {
      this.dialog.close();
      this.#tell();
    });
  }

  /** @param {number} idleS seconds after which the server ends the session */
  begin(idleS) {
    this.end();
    this.idleMs = idleS * 1000;
    this.acted = this.told = Date.now();
    this.timer = setInterval(() => this.#look(), 5000);
  }

  /** Nobody is signed in. */
  end() {
    clearInterval(this.timer);
    this.dialog.close();
  }

  #look() {
    const now = Date.now();
    if (this.acted > this.told && now - this.told > TOUCH_MS && !this.dialog.open) this.#tell();
    else if (now - this.told > this.idleMs - WARN_MS && !this.dialog.open) this.dialog.showModal();
  }

  #tell() {
    this.told = Date.now();
    this.touch();
  }
}
