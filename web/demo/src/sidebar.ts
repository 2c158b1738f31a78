import type { Conversation } from "@parley/client";
import { avatar } from "./avatar.ts";
import { arrange, h, icon, Keyed, mark } from "./dom.ts";
import type { Session } from "./session.ts";
import { connection } from "./status.ts";
import { when } from "./text.ts";

/** The list of conversations, the field that finds or starts one, and who is signed in. */
export class Sidebar {
  readonly element: HTMLElement;
  readonly #session: Session;
  readonly #open: (peer: string) => void;
  readonly #list = h("ul", { class: "rows" });
  readonly #hint = h("div", { class: "hint" });
  readonly #status = h("span", { class: "status", role: "status" });
  readonly #search: HTMLInputElement;
  readonly #keyed = new Keyed();
  #selected: string | undefined;

  constructor(session: Session, open: (peer: string) => void, leave: () => void) {
    this.#session = session;
    this.#open = open;
    this.#search = h("input", {
      class: "field search",
      type: "search",
      placeholder: "Search or start a chat",
      "aria-label": "Search, or start a conversation with a user ID",
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      maxlength: 32,
      dir: "auto",
      oninput: () => this.render(this.#selected),
      onkeydown: (event: KeyboardEvent) => this.#typed(event),
    });
    this.element = h(
      "nav",
      { class: "sidebar", "aria-label": "Conversations", onkeydown: (event: KeyboardEvent) => this.#move(event) },
      h(
        "header",
        { class: "sidebar-head" },
        avatar(session.me, session.name(session.me), "m"),
        h(
          "div",
          { class: "who" },
          h("strong", { class: "who-name", dir: "auto" }, session.name(session.me)),
          this.#status,
        ),
        h(
          "button",
          { class: "icon-button", title: "Sign out", "aria-label": "Sign out", onclick: leave },
          icon("leave"),
        ),
      ),
      h("div", { class: "search-box" }, icon("search"), this.#search),
      h("div", { class: "scroll" }, this.#list, this.#hint),
    );
  }

  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  render(selected: string | undefined): void {
    this.#selected = selected;
    const { text, tone } = connection(this.#session);
    if (this.#status.textContent !== text) this.#status.textContent = text;
    this.#status.dataset.tone = tone;

    const query = this.#search.value.trim();
    const wanted = query.toLocaleLowerCase();
    const matches = (peer: string) =>
      peer.toLocaleLowerCase().includes(wanted) || this.#session.name(peer).toLocaleLowerCase().includes(wanted);
    const list = this.#session.client.conversations;
    const rows = list.filter((row) => matches(row.To_Account)).map((row) => this.#row(row));
    const known = new Set(list.map((row) => row.To_Account));
    const others = this.#session.others.filter((peer) => this.#session.synced && !known.has(peer) && matches(peer));
    for (const peer of others) rows.push(this.#person(peer));
    const exact = known.has(query) || others.includes(query) || query === this.#session.me;
    if (query && !exact) rows.push(this.#start(query));
    this.#keyed.done();
    arrange(this.#list, rows);
    this.#hintFor(list.length, query);
  }

  #hintFor(count: number, query: string): void {
    const text =
      query === this.#session.me
        ? "That is you."
        : count === 0 && !query && this.#session.synced
          ? "No conversations yet. Say hello to somebody above, or type any user ID."
          : "";
    if (this.#hint.textContent !== text) this.#hint.textContent = text;
  }

  #row(row: Conversation): HTMLElement {
    const peer = row.To_Account;
    const name = this.#session.name(peer);
    const current = peer === this.#selected;
    const pending = this.#session.pending(peer);
    const failed = pending.some((p) => p.error);
    const last = pending.at(-1);
    const text = failed ? "Not sent" : (last?.text ?? row.LastMsg?.Preview ?? "");
    const time = when(last?.time ?? row.TimeMs);
    const unread = current && document.visibilityState === "visible" ? 0 : row.Unread;
    const shows = JSON.stringify([name, text, time, row.Unread, unread, failed]);
    const item = this.#keyed.get(peer, shows, () => {
      const badge = row.Unread > 99 ? "99+" : String(row.Unread);
      return h(
        "li",
        { "data-peer": peer },
        h(
          "button",
          { class: "row", type: "button", onclick: () => this.#choose(peer) },
          avatar(peer, name),
          h("span", { class: "row-name", dir: "auto" }, name),
          h("time", { class: "row-time" }, time),
          h("span", { class: failed ? "row-preview failed" : "row-preview", dir: "auto" }, text.replace(/\s+/g, " ")),
          unread > 0 &&
            h(
              "span",
              { class: "badge" },
              badge,
              h("span", { class: "hidden" }, ` unread message${unread > 1 ? "s" : ""}`),
            ),
        ),
      );
    });
    this.#mark(item, current);
    return item;
  }

  /** Somebody who was seeded and has no conversation yet. */
  #person(peer: string): HTMLElement {
    const name = this.#session.name(peer);
    const item = this.#keyed.get(peer, "person", () =>
      h(
        "li",
        { "data-peer": peer },
        h(
          "button",
          { class: "row", type: "button", onclick: () => this.#choose(peer) },
          avatar(peer, name),
          h("span", { class: "row-name", dir: "auto" }, name),
          h("span", { class: "row-preview" }, "Say hello"),
        ),
      ),
    );
    this.#mark(item, peer === this.#selected);
    return item;
  }

  #start(query: string): HTMLElement {
    return this.#keyed.get("start", query, () =>
      h(
        "li",
        { class: "start" },
        h(
          "button",
          { class: "row", type: "button", onclick: () => this.#choose(query) },
          h("span", { class: "avatar avatar-m avatar-new", "aria-hidden": "true" }, icon("plus")),
          h("span", { class: "row-name" }, "Start a chat"),
          h("span", { class: "row-preview", dir: "auto" }, `with ${query}`),
        ),
      ),
    );
  }

  #mark(item: HTMLElement, current: boolean): void {
    const button = item.firstElementChild;
    if (current) button?.setAttribute("aria-current", "true");
    else button?.removeAttribute("aria-current");
  }

  #choose(peer: string): void {
    this.#search.value = "";
    this.#open(peer);
  }

  #typed(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      this.#search.value = "";
      this.render(this.#selected);
    } else if (event.key === "Enter") {
      const query = this.#search.value.trim();
      const first = this.#list.querySelector<HTMLElement>("li:not(.start)");
      const peer = this.#session.client.find(query) ? query : (first?.dataset.peer ?? query);
      if (query && peer !== this.#session.me) this.#choose(peer);
    }
  }

  /** The arrows walk through the rows. */
  #move(event: KeyboardEvent): void {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const rows = [...this.#list.querySelectorAll("button")];
    const at = rows.indexOf(document.activeElement as HTMLButtonElement);
    if (at < 0 && event.key === "ArrowUp") return;
    const target = at === 0 && event.key === "ArrowUp" ? this.#search : rows[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (!target) return;
    event.preventDefault();
    target.focus();
  }
}

/** What the big pane shows while no conversation is open. */
export function nothingOpen(): HTMLElement {
  return h(
    "section",
    { class: "nothing" },
    mark(),
    h("h2", {}, "Pick up the thread"),
    h(
      "p",
      { class: "muted" },
      "Choose a conversation, or press ",
      h("kbd", {}, "Ctrl K"),
      " and type a user ID to start one.",
    ),
  );
}
