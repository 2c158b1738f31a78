import { h } from "./dom.ts";
import type { Session } from "./session.ts";
import { nothingOpen, Sidebar } from "./sidebar.ts";
import { Thread } from "./thread.ts";

/** The page of a signed-in user: conversations on one side, one of them on the other; on a narrow screen, either. */
export class Shell {
  readonly element: HTMLElement;
  readonly #session: Session;
  readonly #sidebar: Sidebar;
  readonly #nothing = nothingOpen();
  readonly #main = h("main", { class: "main" }, this.#nothing);
  readonly #banner = h("div", { class: "banner", role: "alert" });
  readonly #threads = new Map<string, Thread>();
  #peer: string | undefined;
  #said = "";

  constructor(session: Session, leave: () => void) {
    this.#session = session;
    this.#sidebar = new Sidebar(
      session,
      (peer) => this.#go(peer),
      () => {
        this.#away.abort();
        leave();
      },
    );
    this.element = h("div", { class: "shell" }, this.#banner, this.#sidebar.element, this.#main);
    session.onchange(() => this.#render());
    const { signal } = this.#away;
    addEventListener("hashchange", () => this.#route(), { signal });
    addEventListener("popstate", () => this.#route(), { signal });
    addEventListener("online", () => session.changed(), { signal });
    addEventListener("offline", () => session.changed(), { signal });
    document.addEventListener("visibilitychange", () => this.#render(), { signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    const minute = setInterval(() => this.#render(), 60_000);
    signal.addEventListener("abort", () => clearInterval(minute));
    this.#route();
  }
  readonly #away = new AbortController();

  #go(peer: string | undefined): void {
    const address = peer === undefined ? location.pathname + location.search : `#${encodeURIComponent(peer)}`;
    if (peer !== this.#peer) history.pushState(null, "", address);
    this.#route();
    if (peer !== undefined) this.#threads.get(peer)?.focus();
  }

  /** The part of the address after # is the open conversation. */
  #route(): void {
    if (!this.element.isConnected && this.#peer !== undefined) return;
    let peer: string | undefined;
    try {
      peer = decodeURIComponent(location.hash.slice(1)).trim() || undefined;
    } catch {
      peer = undefined;
    }
    if (peer === this.#session.me) peer = undefined;
    if (peer !== this.#peer) {
      if (this.#peer !== undefined) this.#threads.get(this.#peer)?.hide();
      this.#peer = peer;
      if (peer === undefined) {
        this.#main.replaceChildren(this.#nothing);
      } else {
        const thread = this.#thread(peer);
        this.#main.replaceChildren(thread.element);
        thread.show();
      }
    }
    this.element.classList.toggle("open", peer !== undefined);
    this.#render();
  }

  #thread(peer: string): Thread {
    let thread = this.#threads.get(peer);
    if (!thread) {
      thread = new Thread(this.#session, peer, () => this.#go(undefined));
      this.#threads.set(peer, thread);
    }
    return thread;
  }

  #render(): void {
    this.#sidebar.render(this.#peer);
    if (this.#peer !== undefined) this.#threads.get(this.#peer)?.render();
    this.#warn();
    const unread = this.#session.client.conversations.reduce((sum, row) => sum + row.Unread, 0);
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${this.#session.name(this.#session.me)} · Parley`;
  }

  /** What keeps the page from working until the user decides. */
  #warn(): void {
    const { state } = this.#session.client;
    const text = this.#session.elsewhere
      ? "Parley is open in another tab of this browser."
      : state === "kicked"
        ? "You signed in on another device, so this one was signed off."
        : state === "refused"
          ? "The cloud did not accept this user."
          : "";
    if (text === this.#said) return;
    this.#said = text;
    this.#banner.replaceChildren();
    if (!text) return;
    this.#banner.append(
      h("span", {}, text),
      h(
        "button",
        { class: "button small", onclick: () => this.#session.start() },
        state === "refused" ? "Try again" : "Use here",
      ),
    );
  }

  #key(event: KeyboardEvent): void {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (matchMedia("(max-width: 719px)").matches) this.#go(undefined);
      this.#sidebar.focusSearch();
    } else if (event.key === "Escape" && this.#peer !== undefined && !event.isComposing && !event.defaultPrevented) {
      this.#go(undefined);
    }
  }
}
