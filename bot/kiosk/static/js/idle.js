/** Notices that the patient has walked away: first a warning that counts down, then the wipe. */

/** How often the clock is looked at, in milliseconds; deadlines are kept by the clock, not by counting ticks. */
const TICK_MS = 200;

const SIGNS_OF_LIFE = ["pointerdown", "keydown", "input", "wheel", "touchmove"];

export class IdleWatch {
  #last = performance.now();
  #warnedAt = null;

  /**
   * @param {object} options
   * @param {() => number} options.warnAfter seconds without a touch until the warning, asked anew at each look
   * @param {() => number} options.wipeAfter seconds from the warning to the wipe
   * @param {() => boolean} options.needed whether there is anything to forget
   * @param {(secondsLeft: number) => void} options.warn called at each look while the warning stands
   * @param {() => void} options.wipe
   */
  constructor(options) {
    this.options = options;
  }

  start() {
    for (const sign of SIGNS_OF_LIFE) {
      document.addEventListener(sign, () => this.#warnedAt === null && this.touch(), { capture: true, passive: true });
    }
    setInterval(() => this.#look(), TICK_MS);
  }

  /** Somebody is here; a warning that stands is taken back. */
  touch() {
    this.#last = performance.now();
    this.#warnedAt = null;
  }

  #look() {
    const now = performance.now();
    const { warnAfter, wipeAfter, needed, warn, wipe } = this.options;
    if (!needed()) {
      this.touch();
      return;
    }
    if (this.#warnedAt === null && now - this.#last >= warnAfter() * 1000) this.#warnedAt = now;
    if (this.#warnedAt === null) return;
    const left = wipeAfter() - (now - this.#warnedAt) / 1000;
    if (left > 0) {
      warn(Math.ceil(left));
    } else {
      this.touch();
      wipe();
    }
  }
}
