/** One message of the front desk as an element: who says it, its text, card, choices and sources. */

import { renderCard } from "./cards.js";
import { el, icon, worded } from "./dom.js";
import { htmlLang } from "./wording.js";

/** Titles of at most this many columns (a Chinese character counts two) stand two in a row. */
const SHORT_TITLE = 14;
/** Cards to be checked: the first choice below them says yes and is drawn as the next step. */
const ASKS_YES = new Set(["confirm", "confirm_change"]);

/**
 * @param {object} message as the API hands it out
 * @param {object} view
 * @param {import("./wording.js").Wording} view.wording
 * @param {string} view.language the language the message is in
 * @param {boolean} view.tagged whether to say who speaks (false when the message above said so)
 * @param {(button: {title: string, payload: string}) => void} view.choose
 * @param {(appointment: string) => Promise<void>} view.print
 * @param {() => void} view.callStaff
 */
export function renderMessage(message, view) {
  const level = levelOf(message);
  const node = el("article", {
    class: "message",
    lang: htmlLang(view.language),
    data: { from: speakerOf(message), level: level ?? "none" },
  });
  if (level === "emergency") node.setAttribute("role", "alert");
  if (level) node.append(worded(view.wording, "h2", `page.${level}.heading`, { class: "message-alarm" }));
  if (view.tagged || level) node.append(tag(message, view.wording));
  if (message.text) node.append(el("p", { class: "message-text", text: message.text }));
  if (level === "emergency") node.append(emergencyCall(view));
  if (message.card) node.append(renderCard(message.card, view.wording, view.print));
  if (message.buttons?.length) node.append(choices(message.buttons, view, ASKS_YES.has(message.card?.kind)));
  if (message.citations?.length) node.append(sources(message.citations, view.wording));
  return node;
}

/** `emergency`, `urgent` or null. */
export function levelOf(message) {
  if (message.level === "emergency" || message.card?.kind === "emergency") return "emergency";
  return message.level === "urgent" ? "urgent" : null;
}

/** Who is heard: `staff`, `ai` (generated) or `assistant` (written beforehand by the hospital). */
export function speakerOf(message) {
  if (message.from === "staff") return "staff";
  return message.ai === false ? "assistant" : "ai";
}

function tag(message, wording) {
  const speaker = speakerOf(message);
  const symbol = { staff: "person", ai: "spark", assistant: "desk" }[speaker];
  return el("p", { class: "message-tag" }, [icon(symbol), worded(wording, "span", `page.from_${speaker}`)]);
}

function emergencyCall({ wording, callStaff }) {
  return el("button", { class: "button button--alarm", type: "button", on: { click: callStaff } }, [
    icon("bell"),
    worded(wording, "span", "page.emergency.call"),
  ]);
}

function choices(buttons, { wording, choose }, firstIsYes) {
  const short = buttons.every(({ title }) => columns(title) <= SHORT_TITLE);
  const nodes = buttons.map((button, place) =>
    el(
      "button",
      {
        class: firstIsYes && place === 0 ? "choice choice--yes" : "choice",
        type: "button",
        data: { choice: "" },
        on: { click: () => choose(button) },
      },
      [el("span", { text: button.title }), icon("next")],
    ),
  );
  const group = el("div", { class: short ? "choices choices--short" : "choices", role: "group" }, nodes);
  group.dataset.label = "page.choices";
  group.setAttribute("aria-label", wording.say("page.choices"));
  return group;
}

function columns(title) {
  return Array.from(title).reduce((sum, character) => sum + (character.codePointAt(0) > 0x2e7f ? 2 : 1), 0);
}

function sources(citations, wording) {
  // Title and date are what a patient can judge; the file's path helps only those who look after the page.
  const items = citations.map(({ title, source, quote, date, heading, section }) =>
    el("li", { class: "source", data: { file: source ?? "" } }, [
      el("p", { class: "source-title", text: title ?? "" }),
      date ? worded(wording, "p", "page.source.date", { class: "source-date" }, { date }) : null,
      heading ? el("p", { class: "source-heading", text: heading }) : null,
      quote ? el("blockquote", { class: "source-quote" }, inContext(quote, section)) : null,
    ]),
  );
  const summary = el("summary", {}, [
    icon("book"),
    worded(wording, "span", "page.sources", {}, { count: citations.length }),
    icon("down"),
  ]);
  return el("details", { class: "sources" }, [summary, el("ol", { class: "source-list" }, items)]);
}

/** The section of the document with the quoted words marked; the quote alone where the section does not hold it. */
function inContext(quote, section) {
  const at = section ? section.indexOf(quote) : -1;
  if (at < 0) return [quote];
  return [section.slice(0, at), el("mark", { class: "source-mark", text: quote }), section.slice(at + quote.length)];
}
