/** Elements made by hand: text is only ever set as text, so nothing a patient or a server says can become markup. */

const SVG = "http://www.w3.org/2000/svg";
const SPRITE = "/kiosk/static/icons/sprite.svg";
const ICON_NAME = /^[a-z-]+$/;

/**
 * @param {string} tag
 * @param {object} [options] `class`, `text`, `on` ({event: listener}), `data` (dataset); all else is an attribute
 * @param {(Node|null|undefined|false)[]} [children]
 * @returns {HTMLElement}
 */
export function el(tag, options = {}, children = []) {
  const node = document.createElement(tag);
  const { class: className, text, on, data, ...attributes } = options;
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  for (const [name, value] of Object.entries(data ?? {})) node.dataset[name] = value;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  for (const [event, listener] of Object.entries(on ?? {})) node.addEventListener(event, listener);
  node.append(...children.filter(Boolean));
  return node;
}

/** An icon of the sprite, for the eye only: the word beside it is what is read aloud. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${SPRITE}#${ICON_NAME.test(name) ? name : "question"}`);
  svg.append(use);
  return svg;
}

/** A span whose sentence follows the language switch. */
export function worded(wording, tag, key, options = {}, blanks = undefined) {
  const data = { ...options.data, text: key };
  if (blanks) data.blanks = JSON.stringify(blanks);
  return el(tag, { ...options, text: wording.say(key, blanks), data });
}

/** Set a worded element to another sentence. */
export function reword(wording, node, key, blanks = undefined) {
  node.dataset.text = key;
  if (blanks) node.dataset.blanks = JSON.stringify(blanks);
  else delete node.dataset.blanks;
  node.textContent = wording.say(key, blanks);
}

/** Whether the reader asked for less movement. */
export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
