/** The page's own sentences in the language that is chosen, and the element attributes that carry them. */

import { OFFLINE_WORDING } from "./offline_wording.js";

export const LANGUAGES = ["zh", "en"];
const HTML_LANG = { zh: "zh-CN", en: "en" };

/** The value of an element's `lang` attribute for one of our languages. */
export function htmlLang(language) {
  return HTML_LANG[language] ?? HTML_LANG.zh;
}

export class Wording {
  constructor(language = "zh") {
    this.language = language;
    this.tables = OFFLINE_WORDING;
    this.facts = {};
  }

  /**
   * @param {object} tables `{zh: {key: text}, en: {…}}` as the server hands them out
   * @param {object} facts blanks that are the same in every sentence, by name: `{window: {zh, en}, place: …}`
   */
  load(tables, facts) {
    this.tables = {
      zh: { ...OFFLINE_WORDING.zh, ...tables.zh },
      en: { ...OFFLINE_WORDING.en, ...tables.en },
    };
    this.facts = facts;
  }

  /** One sentence; a blank that nobody fills stays visible as `{name}`, so that it is noticed. */
  say(key, blanks = {}) {
    const text = this.tables[this.language]?.[key] ?? this.tables.zh[key] ?? "";
    return text.replace(/\{(\w+)\}/g, (whole, name) => {
      if (name in blanks) return String(blanks[name]);
      if (name in this.facts) return this.pick(this.facts[name]);
      return name === "window" ? this.say("page.window_unknown") : whole;
    });
  }

  /** Whether the tables hold a sentence of this key. */
  has(key) {
    return Boolean(this.tables[this.language]?.[key]);
  }

  /** The side of `{zh, en}` that is read now. */
  pick(both) {
    if (typeof both === "string") return both;
    return both?.[this.language] ?? both?.zh ?? "";
  }

  /** Fill every `data-text`, `data-label` and `data-placeholder` under `root`; the sentences stay plain text. */
  apply(root) {
    for (const node of root.querySelectorAll("[data-text]")) {
      node.textContent = this.say(node.dataset.text, blanksOf(node));
    }
    for (const node of root.querySelectorAll("[data-label]")) {
      node.setAttribute("aria-label", this.say(node.dataset.label, blanksOf(node)));
    }
    for (const node of root.querySelectorAll("[data-placeholder]")) {
      node.setAttribute("placeholder", this.say(node.dataset.placeholder));
    }
  }
}

function blanksOf(node) {
  return node.dataset.blanks ? JSON.parse(node.dataset.blanks) : {};
}
