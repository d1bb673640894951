/** Elements made by hand: text is only ever set as text, so nothing a patient says can become markup. */

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

/** The element of an id; it is in index.html. */
export function byId(id) {
  return document.getElementById(id);
}

/** Said by a screen reader, and kept off the screen. */
export function announce(text) {
  byId("announcer").textContent = text;
}
