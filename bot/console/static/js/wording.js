/** The page's sentences in the language that is chosen, and the element attributes that carry them. */

const HTML_LANG = { zh: "zh-CN", en: "en" };
const KEPT = "yidao-console-language";

export class Wording {
  constructor() {
    this.language = localStorage.getItem(KEPT) === "en" ? "en" : "zh";
    this.tables = { zh: {}, en: {}, roles: {} };
  }

  load(tables) {
    this.tables = tables;
  }

  /** Choose a language; it is kept for this workplace. */
  choose(language) {
    this.language = language;
    localStorage.setItem(KEPT, language);
  }

  /** Whether there is such a sentence. */
  has(key) {
    return key in this.tables.zh;
  }

  /** One sentence; a blank that nobody fills stays visible as `{name}`. */
  say(key, blanks = {}) {
    const text = this.tables[this.language][key] ?? "";
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in blanks ? String(blanks[name]) : whole));
  }

  /** The sentence of a refusal. */
  refusal(fault) {
    const key = `console.error.${fault?.code}`;
    return this.say(this.has(key) ? key : "console.error.other");
  }

  /** What a role is called. */
  role(role) {
    return this.tables.roles[role]?.[this.language] ?? role;
  }

  /** Seconds as people say them. */
  time(seconds) {
    if (seconds < 60) return this.say("console.time.seconds", { n: Math.floor(seconds) });
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return this.say("console.time.minutes", { n: minutes });
    return this.say("console.time.hours", { h: Math.floor(minutes / 60), n: minutes % 60 });
  }

  /** Fill every `data-text` and `data-label` under `root`. */
  apply(root) {
    document.documentElement.lang = HTML_LANG[this.language];
    for (const node of root.querySelectorAll("[data-text]")) {
      node.textContent = this.say(node.dataset.text, node.dataset.blanks ? JSON.parse(node.dataset.blanks) : {});
    }
    for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", this.say(node.dataset.label));
    for (const node of root.querySelectorAll("[data-language]")) {
      node.setAttribute("aria-pressed", String(node.dataset.language === this.language));
    }
  }
}
