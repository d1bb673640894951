/** The first screen: what can be done here, and a few ways to say it. */

import { el, icon } from "./dom.js";

/** Icons of the services we know; a service added later by the hospital gets the general one. */
const ICONS = { guide: "guide", book: "calendar", change: "change", cancel: "cancel", my_appointments: "card", ask: "info", human: "person" };

/**
 * @param {HTMLElement} list the tiles' list
 * @param {{id: string, title: object, say: object}[]} menu
 * @param {import("./wording.js").Wording} wording
 * @param {(title: string, say: string) => void} choose
 */
export function renderTiles(list, menu, wording, choose) {
  const tiles = menu.map(({ id, title, say }) => {
    const hint = `page.tile.${id}`;
    const name = wording.pick(title);
    const button = el(
      "button",
      { class: "tile", type: "button", data: { service: id }, on: { click: () => choose(name, wording.pick(say)) } },
      [
        el("span", { class: "tile-icon" }, [icon(ICONS[id] ?? "question")]),
        el("span", { class: "tile-words" }, [
          el("span", { class: "tile-title", text: name }),
          wording.has(hint) && el("span", { class: "tile-hint", text: wording.say(hint) }),
        ]),
        el("span", { class: "tile-go" }, [icon("next")]),
      ],
    );
    return el("li", {}, [button]);
  });
  list.replaceChildren(...tiles);
}

/** Sentences a patient can tap instead of typing. */
export function renderExamples(list, wording, choose) {
  const items = [];
  for (let number = 1; wording.has(`page.home.example.${number}`); number += 1) {
    const text = wording.say(`page.home.example.${number}`);
    items.push(
      el("li", {}, [
        el("button", { class: "example", type: "button", on: { click: () => choose(text) } }, [
          icon("speech"),
          el("span", { text }),
        ]),
      ]),
    );
  }
  list.replaceChildren(...items);
}
