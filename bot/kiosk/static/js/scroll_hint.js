/** Says that there is more below, for everyone who does not think of scrolling: one press goes on by a screenful. */

import { calm, el, icon, worded } from "./dom.js";

/** Less than this many pixels of content below the edge is not worth a button. */
const WORTH_SAYING = 56;
/** A screenful overlaps the one before by this share, so that no line is lost. */
const STEP = 0.8;

export class ScrollHint {
  /**
   * @param {HTMLElement} area what scrolls; the hint is put right after it
   * @param {import("./wording.js").Wording} wording
   */
  constructor(area, wording) {
    this.area = area;
    this.button = el("button", { class: "more", type: "button", hidden: true, on: { click: () => this.#go() } }, [
      icon("down"),
      worded(wording, "span", "page.more_below"),
    ]);
    area.after(this.button);
    const look = () => this.#look();
    area.addEventListener("scroll", look, { passive: true });
    area.addEventListener("toggle", look, { capture: true });
    new ResizeObserver(look).observe(area);
    new MutationObserver(look).observe(area, { childList: true, subtree: true, characterData: true });
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.area;
    const room = Number.parseFloat(getComputedStyle(this.area).paddingBottom);
    const below = scrollHeight - scrollTop - clientHeight - room;
    this.button.hidden = clientHeight === 0 || below < WORTH_SAYING;
  }

  #go() {
    this.area.scrollBy({ top: this.area.clientHeight * STEP, behavior: calm() ? "auto" : "smooth" });
  }
}
