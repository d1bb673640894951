/** The console's page: who is signed in, which view is open, and what the server tells it meanwhile. */

import { Api } from "./api.js";
import { announce, byId, el } from "./dom.js";
import { Idle } from "./idle.js";
import { Live } from "./live.js";
import { placeName, QueueView, signName } from "./queue.js";
import { TicketView } from "./ticket.js";
import { UsersView } from "./users.js";
import { Wording } from "./wording.js";

const POLL_MS = 15_000;

class App {
  constructor() {
    this.wording = new Wording();
    this.api = new Api();
    this.me = null;
    this.page = "tickets";
    this.api.onSignedOut = () => this.signedOut();
  }

  async start() {
    this.wording.load(await this.api.get("/wording"));
    const { wording, api } = this;
    this.queue = new QueueView({ wording, open: (id) => this.open(id), close: (ids) => this.closeDeparted(ids) });
    this.ticket = new TicketView({ wording, api, changed: () => this.refresh(), waited: (entry) => this.queue.waited(entry) });
    this.users = new UsersView({ wording, api });
    this.idle = new Idle({ touch: () => this.api.get("/me").catch(() => {}) });
    this.live = new Live({
      onReady: () => {
        this.refresh();
        this.ticket.talk?.sync();
      },
      onQueue: () => this.refresh(),
      onLine: (line) => this.hear(line),
      onSignedOut: () => this.signedOut(),
      onBroken: () => this.refresh(),
    });
    this.bind();
    this.say();
    try {
      await this.signedIn(await this.api.get("/me"));
    } catch {
      this.view("sign-in");
    }
  }

  bind() {
    byId("sign-in-form").addEventListener("submit", (event) => this.signIn(event));
    byId("sign-out").addEventListener("click", () => this.signOut());
    for (const node of document.querySelectorAll("[data-language]")) {
      node.addEventListener("click", () => {
        this.wording.choose(node.dataset.language);
        this.say();
      });
    }
    for (const node of document.querySelectorAll("[data-page]")) {
      node.addEventListener("click", () => this.go(node.dataset.page));
    }
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && document.activeElement?.id === "reply-text") {
        document.querySelector(".entry[aria-current]")?.focus();
      }
    });
    setInterval(() => {
      this.queue.tick();
      this.ticket.tick();
    }, 1000);
    setInterval(() => this.poll(), POLL_MS);
  }

  /** Everything on the page in the chosen language. */
  say() {
    this.wording.apply(document);
    if (this.me) byId("who").textContent = this.wording.say("console.signed_in_as", { name: this.me.name, role: this.wording.role(this.me.role) });
    this.queue.render();
    this.ticket.render();
    this.ticket.talk?.render();
    if (this.page === "users" && this.me) this.users.render();
    this.alarm();
  }

  async signIn(event) {
    event.preventDefault();
    const form = event.target;
    const fault = byId("sign-in-fault");
    const button = form.querySelector("button");
    button.disabled = true;
    fault.textContent = "";
    try {
      const me = await this.api.post("/sign-in", { name: form.elements.name.value, password: form.elements.password.value });
      form.reset();
      byId("sign-in-ended").hidden = true;
      await this.signedIn(me);
    } catch (error) {
      fault.textContent = this.wording.refusal(error);
      form.elements.password.select();
    } finally {
      button.disabled = false;
    }
  }

  async signedIn(me) {
    this.me = me;
    this.api.csrf = me.csrf;
    this.ticket.limit = me.reply_max_chars;
    this.idle.begin(me.idle_s);
    byId("pages").hidden = !me.may.includes("manage_users");
    byId("sign-out").hidden = false;
    this.say();
    this.go("tickets");
    await this.refresh();
    const id = new URLSearchParams(location.hash.slice(1)).get("ticket");
    if (id && this.queue.entries.some((entry) => entry.id === id)) await this.open(id);
    else this.live.connect(null);
  }

  async signOut() {
    try {
      await this.api.post("/sign-out");
    } catch (fault) {
      if (fault.code === "network") return announce(this.wording.refusal(fault));
    }
    byId("sign-in-ended").hidden = true;
    this.leave();
  }

  /** The session has ended by itself. */
  signedOut() {
    if (!this.me) return;
    byId("sign-in-ended").hidden = false;
    this.leave();
  }

  /** Back to the sign-in, with nothing of any patient left on the page. */
  leave() {
    this.me = null;
    this.api.csrf = "";
    this.live.calm();
    this.idle.end();
    this.queue.unread.clear();
    this.queue.current = null;
    this.queue.show([], "");
    this.ticket.drafts.clear();
    this.ticket.clear();
    this.users.clear();
    history.replaceState(null, "", location.pathname);
    byId("who").textContent = "";
    byId("pages").hidden = true;
    byId("sign-out").hidden = true;
    this.view("sign-in");
    this.alarm();
    byId("sign-in-name").focus();
  }

  view(name) {
    document.body.dataset.view = name;
    for (const id of ["sign-in", "work", "users"]) byId(id).hidden = id !== name;
  }

  async go(page) {
    this.page = page;
    this.view(page === "users" ? "users" : "work");
    for (const node of document.querySelectorAll("[data-page]")) {
      if (node.dataset.page === page) node.setAttribute("aria-current", "page");
      else node.removeAttribute("aria-current");
    }
    if (page !== "users") return;
    try {
      await this.users.open(this.me.password_min_chars);
      byId("users-heading").focus();
    } catch (fault) {
      announce(this.wording.refusal(fault));
    }
  }

  async open(id) {
    if (this.page !== "tickets") this.go("tickets");
    history.replaceState(null, "", `#ticket=${id}`);
    this.queue.choose(id);
    this.live.connect(id);
    try {
      await this.ticket.open(id);
      if (this.queue.current !== id || !this.me) return;
      (byId("claim") ?? byId("reply-text") ?? byId("ticket-heading"))?.focus();
    } catch (fault) {
      if (this.queue.current === id) this.ticket.clear();
      announce(this.wording.refusal(fault));
    }
  }

  /** Close the tickets of patients who have left. */
  async closeDeparted(ids) {
    try {
      const { closed } = await this.api.post("/close-departed", { tickets: ids });
      this.ticket.acted += 1;
      announce(this.wording.say("console.queue.departed_closed", { count: closed.length }));
    } catch (fault) {
      announce(this.wording.refusal(fault));
    }
    await this.refresh();
    this.queue.render();
  }

  hear(line) {
    if (this.ticket.entry?.id === line.ticket && "text" in line) this.ticket.talk.hear(line);
    else if (line.role === "patient") this.queue.mark(line.ticket);
  }

  /** In case something was missed: the queue, and a talk that the assistant still holds (nobody tells us its lines). */
  async poll() {
    if (!this.me) return;
    await this.refresh();
    if (this.ticket.entry?.status === "open" && this.ticket.entry.conversation) this.ticket.talk.sync();
  }

  async refresh() {
    if (!this.me) return;
    const { acted } = this.ticket;
    try {
      const { tickets } = await this.api.get("/tickets");
      if (!this.me || acted !== this.ticket.acted) return; // older than what was done meanwhile, which asks again
      this.queue.show(tickets, this.me.name);
      if (this.ticket.entry) this.ticket.update(tickets.find((entry) => entry.id === this.ticket.entry.id));
      this.alarm();
    } catch {
      // The bar "connection lost" or the sign-in page says it already.
    }
  }

  newest(entry) {
    const { wording } = this;
    return wording.say("console.alert.where", { sign: signName(wording, entry), place: placeName(wording, entry) });
  }

  /** Red tickets that nobody has taken: a bar over everything that leads to the newest, and the title of the tab. */
  alarm() {
    const { wording } = this;
    const urgent = this.queue.urgent;
    const bar = byId("alert");
    const shown = `${wording.language}:${urgent.map((entry) => entry.id).join()}`;
    if (bar.dataset.shown !== shown) {
      bar.dataset.shown = shown;
      bar.hidden = !urgent.length;
      bar.replaceChildren(
        ...(urgent.length
          ? [
              el("span", { class: "alert-mark", text: wording.say("console.queue.red") }),
              el("span", { text: wording.say("console.alert.red", { count: urgent.length }) }),
              urgent[0].rule && el("span", { class: "alert-where", text: this.newest(urgent[0]) }),
              el("button", {
                type: "button",
                class: "button",
                text: wording.say("console.alert.open", { number: urgent[0].number }),
                on: { click: () => this.open(urgent[0].id) },
              }),
            ].filter(Boolean)
          : []),
      );
    }
    if (!this.me) {
      document.title = wording.say(byId("sign-in-ended").hidden ? "console.title" : "console.title_signed_out");
    } else if (urgent.length) document.title = wording.say("console.title_red", { red: urgent.length });
    else if (this.queue.waiting) document.title = wording.say("console.title_waiting", { count: this.queue.waiting });
    else document.title = wording.say("console.title");
  }
}

new App().start();
