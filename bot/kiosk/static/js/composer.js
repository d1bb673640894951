/** The box to write in: how much fits, what Enter does, and when the send button sends. */

/** The server's own limit for one turn, in characters. */
const MOST_CHARACTERS = 1000;
/** From here on the page says how much is left. */
const SAY_LEFT_BELOW = 100;

export class Composer {
  /**
   * @param {HTMLFormElement} form
   * @param {import("./wording.js").Wording} wording
   * @param {(text: string) => void} send
   */
  constructor(form, wording, send) {
    this.form = form;
    this.wording = wording;
    this.field = form.querySelector("textarea");
    this.notice = form.querySelector(".compose-notice");
    this.field.maxLength = MOST_CHARACTERS;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(send);
    });
    this.field.addEventListener("input", () => this.update());
    this.field.addEventListener("keydown", (event) => {
      // While a Chinese input method is open, Enter chooses a candidate and must not send.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#submit(send);
    });
    this.update();
  }

  get filled() {
    return this.field.value !== "";
  }

  clear() {
    this.field.value = "";
    this.update();
  }

  /** Say how much still fits; called again when the language changes. */
  update() {
    const left = MOST_CHARACTERS - this.field.value.length;
    if (left > SAY_LEFT_BELOW) this.notice.textContent = "";
    else if (left > 0) this.notice.textContent = this.wording.say("page.compose.left", { count: left });
    else this.notice.textContent = this.wording.say("page.compose.full", { limit: MOST_CHARACTERS });
    this.notice.hidden = left > SAY_LEFT_BELOW;
  }

  #submit(send) {
    const text = this.field.value.trim();
    if (text === "") {
      this.field.focus();
      return;
    }
    this.clear();
    send(text);
  }
}
