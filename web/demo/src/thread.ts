import type { Message } from "@parley/client";
import { avatar } from "./avatar.ts";
import { bubble, type Shown } from "./bubble.ts";
import { Composer } from "./composer.ts";
import { arrange, h, icon, Keyed } from "./dom.ts";
import type { Session } from "./session.ts";
import { connection } from "./status.ts";
import { dayKey, dayName, textOf } from "./text.ts";

/** Messages of one user that follow one another within this time stand together. */
const together = 3 * 60 * 1000;

/** One conversation: its messages and the field to write one. */
export class Thread {
  readonly element: HTMLElement;
  readonly #session: Session;
  readonly #peer: string;
  readonly #keyed = new Keyed();
  readonly #composer: Composer;
  readonly #list = h("div", { class: "messages", role: "log", "aria-live": "polite" });
  readonly #scroll: HTMLElement;
  readonly #status = h("span", { class: "status", role: "status" });
  readonly #jump: HTMLElement;
  readonly #jumpCount = h("span", { class: "badge" });
  /** The view stays at the newest message. */
  #follow = true;
  #visible = false;
  /** Where the line "New" is: after this ordinal of the other user. */
  #newAfter: number | undefined;
  /** The first view is still to be placed. */
  #fresh = true;

  constructor(session: Session, peer: string, back: () => void) {
    this.#session = session;
    this.#peer = peer;
    const name = session.name(peer);
    this.#list.setAttribute("aria-label", `Messages with ${name}`);
    this.#scroll = h(
      "div",
      { class: "scroll thread-scroll", tabindex: "0", onscroll: () => this.#scrolled() },
      this.#list,
    );
    this.#jump = h(
      "button",
      { class: "jump", type: "button", "aria-label": "Go to the newest message", onclick: () => this.#toEnd(true) },
      icon("down"),
      this.#jumpCount,
    );
    this.#composer = new Composer(name, (text) => {
      this.#follow = true;
      this.#newAfter = undefined;
      session.send(peer, text);
    });
    this.element = h(
      "section",
      { class: "thread", "aria-label": `Conversation with ${name}` },
      h(
        "header",
        { class: "thread-head" },
        h("button", { class: "icon-button back", "aria-label": "Back to conversations", onclick: back }, icon("back")),
        avatar(peer, name, "m"),
        h("div", { class: "who" }, h("h1", { class: "who-name", dir: "auto" }, name), this.#status),
      ),
      h("div", { class: "thread-body" }, this.#scroll, this.#jump),
      this.#composer.element,
    );
    // A keyboard on a phone, or a longer draft, makes the view lower: it stays at the end.
    new ResizeObserver(() => this.#follow && this.#toEnd(false)).observe(this.#scroll);
  }

  /** The conversation was opened. */
  show(): void {
    this.#visible = true;
    const row = this.#session.client.find(this.#peer);
    this.#newAfter = row && row.Unread > 0 ? row.ReadOrdinal : undefined;
    this.#follow = this.#fresh = true;
    const reach = this.#session.reach(this.#peer);
    if (reach.next === undefined && !reach.complete) void this.#session.older(this.#peer);
  }

  hide(): void {
    this.#visible = false;
  }

  focus(): void {
    if (matchMedia("(pointer: fine)").matches) this.#composer.focus();
  }

  render(): void {
    if (!this.#visible) return;
    this.#head();
    const anchor = this.#anchor();
    const { items, stored } = this.#items();
    arrange(this.#list, items);
    this.#list.setAttribute("aria-busy", String(this.#session.reach(this.#peer).loading));
    this.#place(anchor, stored);
    this.#read();
  }

  #head(): void {
    const { text, tone } = connection(this.#session);
    const shown =
      tone === "good"
        ? this.#session.name(this.#peer).toLowerCase() === this.#peer.toLowerCase()
          ? ""
          : this.#peer
        : text;
    if (this.#status.textContent !== shown) this.#status.textContent = shown;
    this.#status.dataset.tone = tone === "good" ? "" : tone;
    this.#status.hidden = shown === "";
  }

  #items(): { items: HTMLElement[]; stored: number } {
    const { client, me } = this.#session;
    const reach = this.#session.reach(this.#peer);
    const stored = client.timeline(this.#peer);
    const all: Shown[] = stored.map((m) => this.#shown(m));
    const here = new Set(all.map((item) => item.key));
    for (const pending of this.#session.pending(this.#peer)) {
      const key = keyOf(me, pending.draft.MsgSeq, pending.draft.MsgRandom);
      if (here.has(key)) continue;
      const state = pending.error === undefined ? "sending" : "failed";
      all.push({ key, mine: true, text: pending.text, time: pending.time, state, pending });
    }
    const items: HTMLElement[] = [];
    if (all.length === 0) {
      items.push(this.#empty());
    } else {
      items.push(this.#top(reach.complete, reach.error));
    }
    let newLine = this.#newAfter === undefined;
    all.forEach((item, i) => {
      const before = all[i - 1];
      const after = all[i + 1];
      const newDay = !before || dayKey(before.time) !== dayKey(item.time);
      if (newDay && (before || reach.complete)) {
        const name = dayName(item.time);
        items.push(
          this.#keyed.get(`day ${dayKey(item.time)}`, name, () => h("div", { class: "day" }, h("span", {}, name))),
        );
      }
      let parted = newDay;
      if (!newLine && !item.mine && item.ordinal !== undefined && item.ordinal > (this.#newAfter ?? 0)) {
        newLine = parted = true;
        items.push(
          this.#keyed.get("new", "", () => h("div", { class: "new-line", role: "separator" }, h("span", {}, "New"))),
        );
      }
      const first = parted || !before || !joined(before, item);
      const last = !after || !joined(item, after) || dayKey(after.time) !== dayKey(item.time);
      const shows = JSON.stringify([item.state, item.time, first, last, item.pending?.error]);
      items.push(this.#keyed.get(item.key, shows, () => bubble(item, first, last, this.#session, this.#peer)));
    });
    this.#keyed.done();
    return { items, stored: stored.length };
  }

  #shown(m: Message): Shown {
    const mine = m.From_Account === this.#session.me;
    return {
      key: keyOf(m.From_Account, m.MsgSeq, m.MsgRandom),
      mine,
      text: textOf(m),
      time: m.MsgTime * 1000,
      state: !mine ? "in" : this.#session.seen(this.#peer, m) ? "read" : "sent",
      ...(m.Ordinal ? { ordinal: m.Ordinal } : {}),
    };
  }

  /** What stands above the first message. */
  #top(complete: boolean, error: string | undefined): HTMLElement {
    const name = this.#session.name(this.#peer);
    if (error !== undefined) {
      return this.#keyed.get("top", `error ${error}`, () =>
        h(
          "div",
          { class: "top" },
          h("span", {}, "The history did not load."),
          h("button", { class: "link", onclick: () => void this.#session.older(this.#peer) }, "Try again"),
        ),
      );
    }
    if (!complete) {
      return this.#keyed.get("top", "more", () =>
        h(
          "div",
          { class: "top" },
          h("span", { class: "spinner", role: "img", "aria-label": "Loading older messages" }),
        ),
      );
    }
    return this.#keyed.get("top", "first", () =>
      h(
        "div",
        { class: "top beginning" },
        avatar(this.#peer, name, "l"),
        h("p", {}, "This is the beginning of your conversation with ", h("strong", { dir: "auto" }, name), "."),
      ),
    );
  }

  /** What stands in place of messages where there are none. */
  #empty(): HTMLElement {
    const reach = this.#session.reach(this.#peer);
    const name = this.#session.name(this.#peer);
    if (reach.error !== undefined) return this.#top(false, reach.error);
    if (!reach.complete) return this.#top(false, undefined);
    return this.#keyed.get("empty", "", () =>
      h(
        "div",
        { class: "empty" },
        avatar(this.#peer, name, "l"),
        h("h2", { dir: "auto" }, name),
        h("p", { class: "muted" }, "Nothing here yet. The first word is yours."),
        h(
          "button",
          { class: "button soft", type: "button", onclick: () => this.#session.send(this.#peer, "👋") },
          "Wave 👋",
        ),
      ),
    );
  }

  /** A message in view and where it stands, to keep it there. */
  #anchor(): { element: HTMLElement; top: number } | undefined {
    if (this.#follow) return undefined;
    const top = this.#scroll.getBoundingClientRect().top;
    for (const element of this.#list.querySelectorAll<HTMLElement>(".message")) {
      const box = element.getBoundingClientRect();
      if (box.bottom > top) return { element, top: box.top };
    }
    return undefined;
  }

  #place(anchor: { element: HTMLElement; top: number } | undefined, stored: number): void {
    if (this.#fresh && stored > 0) {
      this.#fresh = false;
      const line = this.#list.querySelector<HTMLElement>(".new-line");
      this.#toEnd(false);
      const room = this.#scroll.getBoundingClientRect();
      const above = line ? line.getBoundingClientRect().top - room.top - room.height / 4 : 0;
      if (above < 0) {
        this.#follow = false;
        this.#scroll.scrollTop += above;
      }
    } else if (this.#follow) {
      this.#toEnd(false);
    } else if (anchor?.element.isConnected) {
      this.#scroll.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
    }
    this.#offerJump();
  }

  #toEnd(smooth: boolean): void {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#scroll.scrollTo({ top: this.#scroll.scrollHeight, behavior: smooth && !still ? "smooth" : "instant" });
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroll;
    this.#follow = scrollHeight - scrollTop - clientHeight < 60;
    this.#offerJump();
    this.#read();
    const reach = this.#session.reach(this.#peer);
    if (scrollTop < 400 && !reach.loading && reach.error === undefined && !reach.complete && reach.next !== undefined) {
      void this.#session.older(this.#peer);
    }
  }

  #offerJump(): void {
    this.#jump.classList.toggle("shown", !this.#follow);
    this.#jump.tabIndex = this.#follow ? -1 : 0;
    const unread = this.#session.client.find(this.#peer)?.Unread ?? 0;
    this.#jumpCount.textContent = unread > 0 ? String(unread) : "";
  }

  /** Everything that came into view is read. */
  #read(): void {
    if (!this.#visible || document.visibilityState !== "visible" || this.#session.client.state !== "online") return;
    const bottom = this.#scroll.getBoundingClientRect().bottom;
    const messages = [...this.#list.querySelectorAll<HTMLElement>(".message[data-ordinal]")];
    const last = messages.findLast((element) => element.getBoundingClientRect().top < bottom);
    if (last) this.#session.read(this.#peer, Number(last.dataset.ordinal));
  }
}

function keyOf(from: string, seq: number, random: number): string {
  return `${from} ${seq} ${random}`;
}

/** Whether two messages stand together. */
function joined(a: Shown, b: Shown): boolean {
  return a.mine === b.mine && b.time - a.time < together;
}
