/** The accounts, for those who may manage them. */

import { byId, el } from "./dom.js";

export class UsersView {
  /** @param {{wording: object, api: object}} house */
  constructor({ wording, api }) {
    this.wording = wording;
    this.api = api;
    this.root = byId("users");
    this.users = [];
    this.said = "";
  }

  /** Read them and show them. */
  async open(least) {
    this.least = least;
    this.said = "";
    this.shown = true;
    const { users } = await this.api.get("/users");
    if (!this.shown) return;
    this.users = users;
    this.render();
  }

  /** Nothing stays on the page. */
  clear() {
    this.shown = false;
    this.users = [];
    this.root.replaceChildren();
    byId("password-dialog").close();
  }

  render() {
    const { wording } = this;
    const columns = ["name", "role", "state", "created", "actions"];
    this.root.replaceChildren(
      el("div", { class: "users-inner" }, [
        el("h1", { id: "users-heading", tabindex: "-1", text: wording.say("console.users.heading") }),
        el("p", { class: "note", text: wording.say("console.users.note") }),
        el("p", { id: "users-said", role: "status", text: this.said }),
        el("table", {}, [
          el("thead", {}, [
            el("tr", {}, columns.map((name) => el("th", { scope: "col", text: wording.say(`console.users.${name}`) }))),
          ]),
          el("tbody", {}, this.users.map((user) => this.#row(user))),
        ]),
        this.#form(),
      ]),
    );
  }

  #row(user) {
    const { wording } = this;
    const state = !user.active ? "inactive" : user.locked_until ? "locked" : "active";
    const style = { inactive: "users-off", locked: "users-locked", active: "" }[state];
    return el("tr", { data: { user: user.name } }, [
      el("th", { scope: "row", text: user.name }),
      el("td", { text: wording.role(user.role) }),
      el("td", { class: style, text: wording.say(`console.users.${state}`) }),
      el("td", { text: user.created.slice(0, 10) }),
      el("td", {}, [
        el("div", { class: "users-actions" }, [
          user.locked_until && this.#button(user, "unlock", () => this.#act(user, "unlock")),
          this.#button(user, user.active ? "deactivate" : "activate", () => this.#act(user, user.active ? "deactivate" : "activate")),
          this.#button(user, "reset", () => this.#askPassword(user)),
        ]),
      ]),
    ]);
  }

  #button(user, act, click) {
    const text = this.wording.say(`console.users.${act}`);
    const label = this.wording.say("console.users.act_on", { act: text, name: user.name });
    return el("button", { type: "button", class: "button button--small", text, "aria-label": label, data: { act }, on: { click } });
  }

  async #act(user, act) {
    try {
      await this.api.post(`/users/${encodeURIComponent(user.name)}/${act}`);
      this.said = this.wording.say("console.users.changed_done", { name: user.name });
      this.users = (await this.api.get("/users")).users;
    } catch (fault) {
      this.said = this.wording.refusal(fault);
    }
    this.render();
    (this.root.querySelector(`[data-user="${CSS.escape(user.name)}"] button`) ?? byId("users-heading")).focus();
  }

  #form() {
    const { wording } = this;
    const roles = Object.keys(wording.tables.roles);
    const fault = el("p", { class: "fault", role: "alert" });
    const submit = async (event) => {
      event.preventDefault();
      const form = event.target;
      try {
        const made = await this.api.post("/users", {
          name: form.elements.name.value,
          password: form.elements.password.value,
          role: form.elements.role.value,
        });
        this.said = wording.say("console.users.created_done", { name: made.name });
        this.users = (await this.api.get("/users")).users;
        this.render();
        byId("users-heading").focus();
      } catch (error) {
        fault.textContent = wording.refusal(error);
      }
    };
    return el("form", { class: "users-new", autocomplete: "off", on: { submit } }, [
      el("h2", { text: wording.say("console.users.new") }),
      this.#field("new-name", "console.users.name", el("input", { name: "name", maxlength: 32, required: true, autocomplete: "off" }), "console.users.name_hint"),
      this.#field(
        "new-role",
        "console.users.role",
        el("select", { name: "role" }, roles.reverse().map((role) => el("option", { value: role, text: wording.role(role) }))),
      ),
      this.#field("new-password", "console.sign_in.password", this.#passwordInput(), "console.users.password_hint"),
      el("button", { type: "submit", class: "button button--solid", text: wording.say("console.users.create") }),
      fault,
    ]);
  }

  #passwordInput() {
    return el("input", { name: "password", type: "password", minlength: this.least, maxlength: 200, required: true, autocomplete: "new-password" });
  }

  #field(id, label, input, hint = null) {
    input.id = id;
    if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
    return el("div", { class: "field" }, [
      el("label", { for: id, text: this.wording.say(label) }),
      input,
      hint && el("p", { class: "note", id: `${id}-hint`, text: this.wording.say(hint, { n: this.least }) }),
    ]);
  }

  #askPassword(user) {
    const { wording } = this;
    const dialog = byId("password-dialog");
    const fault = el("p", { class: "fault", role: "alert" });
    const submit = async (event) => {
      event.preventDefault();
      try {
        await this.api.post(`/users/${encodeURIComponent(user.name)}/password`, { password: event.target.elements.password.value });
        dialog.close();
        byId("users-said").textContent = wording.say("console.users.changed_done", { name: user.name });
      } catch (error) {
        fault.textContent = wording.refusal(error);
      }
    };
    dialog.replaceChildren(
      el("form", { on: { submit } }, [
        el("h2", { id: "password-heading", text: wording.say("console.users.password_for", { name: user.name }) }),
        this.#field("reset-password", "console.sign_in.password", this.#passwordInput(), "console.users.password_hint"),
        fault,
        el("div", { class: "dialog-buttons" }, [
          el("button", { type: "button", class: "button", text: wording.say("console.cancel"), on: { click: () => dialog.close() } }),
          el("button", { type: "submit", class: "button button--solid", text: wording.say("console.users.save") }),
        ]),
      ]),
    );
    dialog.showModal();
  }
}
