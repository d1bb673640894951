/** A second tap at the same place, right after the screen changed, was meant for the screen before. */

const SOON_MS = 400;
const SAME_PLACE_PX = 48;

export class DoubleTap {
  #changed = { at: -Infinity, x: 0, y: 0 };
  #tap = { x: 0, y: 0 };

  /** @param {HTMLElement} area what changes; the rest of the page stays the same on all screens */
  constructor(area) {
    this.area = area;
    document.addEventListener("click", (event) => this.#swallow(event), { capture: true });
  }

  /** The screen has changed, by the tap that came last. */
  changed() {
    this.#changed = { at: performance.now(), ...this.#tap };
  }

  #swallow(event) {
    if (event.detail === 0 || !this.area.contains(event.target)) return; // by key, or elsewhere
    const { at, x, y } = this.#changed;
    const again = performance.now() - at < SOON_MS;
    if (again && Math.hypot(event.clientX - x, event.clientY - y) < SAME_PLACE_PX) {
      event.preventDefault();
      event.stopPropagation();
    }
    this.#tap = { x: event.clientX, y: event.clientY };
  }
}
