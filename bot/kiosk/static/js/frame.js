/** What stands around the screens: who holds the conversation, the size of the letters, and why nothing can begin. */

const byId = (id) => document.getElementById(id);

/** The line that says who answers; none while it is the assistant. */
export function showStatus(wording, status) {
  document.body.dataset.status = status;
  const line = byId("status");
  const key = { waiting: "page.status.waiting", human: "page.status.human" }[status];
  line.hidden = !key;
  const words = line.querySelector("span");
  words.dataset.text = key ?? "";
  words.textContent = key ? wording.say(key) : "";
}

/** Large text, or not. */
export function showElder(on) {
  if (on) document.documentElement.dataset.elder = "";
  else delete document.documentElement.dataset.elder;
  byId("elder").setAttribute("aria-pressed", String(on));
}

/** Why the page cannot begin. */
export function bootNote(wording, key, blanks = {}) {
  const note = byId("boot-text");
  note.dataset.text = key;
  note.dataset.blanks = JSON.stringify(blanks);
  wording.apply(byId("boot"));
}
