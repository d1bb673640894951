/** Cards: what the patient takes away from an answer, drawn by kind. */

import { calm, el, icon, reword, worded } from "./dom.js";

const ICONS = {
  appointment: "calendar",
  departments: "guide",
  ticket: "person",
  slots: "clock",
  route: "route",
  emergency: "alert",
  confirm: "check",
  confirm_change: "change",
};
/** What the patient hears when a slip does not come out; anything else is `page.slip.failed`. */
const SLIP_FAULTS = { "device.no_paper": "page.slip.no_paper", "device.no_slip": "page.slip.gone" };
const SVG_NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"';

/**
 * @param {object} card `{kind, title, rows: [{label, value}], qr?, appointment?, number?}`; an unknown kind becomes rows
 * @param {import("./wording.js").Wording} wording
 * @param {(appointment: string) => Promise<void>} print prints the slip, rejects with a DeskError
 */
export function renderCard(card, wording, print) {
  const kind = Object.hasOwn(ICONS, card.kind) ? card.kind : "plain";
  const heading = el("h3", { class: "card-title" }, [
    icon(ICONS[kind] ?? "info"),
    card.title ? el("span", { text: card.title }) : worded(wording, "span", `page.card.${kind}`),
  ]);
  const rows = card.rows ?? [];
  const steps = kind === "route" && rows.every(({ label }) => !label);
  const body = steps ? routeSteps(rows) : factList(rows);
  const node = el("div", { class: `card card--${kind}` }, [
    heading,
    el("div", { class: "card-body" }, [body, code(card, wording)]),
  ]);
  if (kind === "appointment" && card.appointment) node.append(slip(card, wording, print));
  return node;
}

function factList(rows) {
  const pairs = rows.map(({ label, value }) =>
    el("div", { class: "fact" }, [el("dt", { text: label ?? "" }), el("dd", { text: value ?? "" })]),
  );
  return el("dl", { class: "facts" }, pairs);
}

function routeSteps(rows) {
  const steps = rows.map(({ value }) =>
    el("li", { class: "step" }, [el("span", { class: "step-text", text: value ?? "" })]),
  );
  return el("ol", { class: "steps" }, steps);
}

/** The QR code as a picture: inside an <img> no script of an SVG can run and nothing can be fetched. */
function code(card, wording) {
  if (!card.qr) return null;
  // An SVG made to stand inside a page lacks the namespace that a picture of its own needs.
  const svg = card.qr.includes(SVG_NAMESPACE) ? card.qr : card.qr.replace(/^\s*<svg/, `<svg ${SVG_NAMESPACE}`);
  const image = el("img", {
    class: "qr",
    src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`,
    alt: wording.say("page.card.qr"),
    width: 200,
    height: 200,
  });
  return el("div", { class: "qr-side" }, [image, worded(wording, "p", "page.card.no_phone", { class: "qr-note" })]);
}

function slip(card, wording, print) {
  const state = el("p", { class: "slip-state", role: "status" });
  const number = el("p", { class: "slip-number", text: card.number ?? card.appointment, hidden: true });
  const label = worded(wording, "span", "page.slip.print");
  const button = el("button", { class: "button button--solid slip-button", type: "button" }, [icon("printer"), label]);
  const box = el("div", { class: "slip" }, [button, state, number]);
  button.addEventListener("click", async () => {
    button.disabled = true;
    number.hidden = true;
    reword(wording, state, "page.slip.printing");
    try {
      await print(card.appointment);
      reword(wording, state, "page.slip.printed");
    } catch (error) {
      reword(wording, state, SLIP_FAULTS[error.code] ?? "page.slip.failed");
      // A slip that is gone may be of a booking changed or cancelled by now: nothing to note down, nothing to try again.
      button.hidden = error.code === "device.no_slip";
      number.hidden = button.hidden;
    }
    reword(wording, label, "page.slip.again");
    button.disabled = false;
    box.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  });
  return box;
}
