import { compare, parseKey, preview } from "./order.ts";
import { Timeline } from "./timeline.ts";
import type { Conversation, Message, MsgKey, ReadMark } from "./types.ts";

/** What the client holds of one conversation. */
export interface Entry {
  peer: string;
  row: Conversation;
  timeline: Timeline;
  /** The server has told the row; else it was made up from what arrived. */
  told: boolean;
  /** Ordinals counted as unread before their message was here. */
  presumed: Set<number>;
  /** The last message when the watch for gaps began: everything missing is newer. */
  floor?: MsgKey;
}

/**
 * The conversations of the signed-in user: rows as the server tells them,
 * carried on by the events between two syncs, and the messages held.
 */
export class Book {
  readonly #me: string;
  readonly #entries = new Map<string, Entry>();
  #sorted: readonly Conversation[] | undefined;

  constructor(me: string) {
    this.#me = me;
  }

  /** Every conversation that has something to show, newest first. */
  get rows(): readonly Conversation[] {
    this.#sorted ??= [...this.#entries.values()]
      .map((entry) => entry.row)
      .filter((row) => row.TimeMs > 0)
      .sort((a, b) => b.TimeMs - a.TimeMs || (a.To_Account < b.To_Account ? -1 : 1));
    return this.#sorted;
  }

  get entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  find(peer: string): Entry | undefined {
    return this.#entries.get(peer);
  }

  entry(peer: string): Entry {
    let entry = this.#entries.get(peer);
    if (!entry) {
      const row: Conversation = {
        To_Account: peer,
        Unread: 0,
        ReadOrdinal: 0,
        PeerReadOrdinal: 0,
        InOrdinal: 0,
        OutOrdinal: 0,
        TimeMs: 0,
      };
      entry = { peer, row, timeline: new Timeline(this.#me), told: false, presumed: new Set() };
      this.#entries.set(peer, entry);
    }
    return entry;
  }

  /** Whom a message is with. */
  peer(m: Pick<Message, "From_Account" | "To_Account">): string {
    return m.From_Account === this.#me ? m.To_Account : m.From_Account;
  }

  /**
   * Takes in a row from the server. An event may have overtaken it, so nothing
   * goes back; what arrived since is still counted.
   */
  tell(told: Conversation): Entry {
    const entry = this.entry(told.To_Account);
    const old = entry.row;
    const row = { ...told };
    row.ReadOrdinal = Math.max(told.ReadOrdinal, entry.told ? old.ReadOrdinal : 0);
    row.PeerReadOrdinal = Math.max(told.PeerReadOrdinal, old.PeerReadOrdinal);
    row.InOrdinal = Math.max(told.InOrdinal, old.InOrdinal);
    row.OutOrdinal = Math.max(told.OutOrdinal, old.OutOrdinal);
    if (old.TimeMs > told.TimeMs) {
      row.TimeMs = old.TimeMs;
      if (old.LastMsg) row.LastMsg = old.LastMsg;
    }
    for (const n of entry.presumed) if (n <= told.InOrdinal) entry.presumed.delete(n);
    entry.row = row;
    this.#sorted = undefined;
    if (row.ReadOrdinal > told.ReadOrdinal) row.Unread = this.#unreadAfter(entry, row.ReadOrdinal);
    else if (row.InOrdinal > told.InOrdinal) row.Unread = told.Unread + this.#unreadAfter(entry, told.InOrdinal);
    this.#watch(entry, told);
    entry.told = true;
    return entry;
  }

  #watch(entry: Entry, told: Conversation): void {
    const { timeline } = entry;
    const watch = { in: timeline.ordinals("in"), out: timeline.ordinals("out") };
    if (timeline.shown || (!entry.told && timeline.messages.length > 0)) {
      // Shown, or begun by a message that came before its row: everything that is missing is wanted.
      watch.in.hear(told.InOrdinal);
      watch.out.hear(told.OutOrdinal);
    } else if (!entry.told || told.InOrdinal > watch.in.top || told.OutOrdinal > watch.out.top) {
      // Not shown: its history is pulled when it is, and only what arrives from now on is watched.
      watch.in.start(told.InOrdinal);
      watch.out.start(told.OutOrdinal);
      if (told.LastMsg) entry.floor = told.LastMsg.MsgKey;
    }
  }

  /**
   * Takes in a message from anywhere. Returns false for one that is here already.
   *
   * @param top the highest ordinal of its direction that the server knows
   */
  take(m: Message, top = 0): boolean {
    const entry = this.entry(this.peer(m));
    if (!entry.timeline.add(m)) return false;
    const ordinal = m.Ordinal ?? 0;
    const direction = entry.timeline.direction(m);
    if (top > ordinal) entry.timeline.ordinals(direction).hear(top);
    if (ordinal) this.#count(entry, m, ordinal, direction);
    return true;
  }

  #count(entry: Entry, m: Message, ordinal: number, direction: "in" | "out"): void {
    const row = { ...entry.row };
    if (!entry.told && row.InOrdinal === 0 && direction === "in") row.InOrdinal = row.ReadOrdinal = ordinal - 1;
    if (direction === "out") {
      row.OutOrdinal = Math.max(row.OutOrdinal, ordinal);
    } else if (ordinal > row.InOrdinal) {
      for (let n = row.InOrdinal + 1; n < ordinal; n++) entry.presumed.add(n);
      const quiet = m.NoUnread ? 1 : 0;
      row.Unread += ordinal - Math.max(row.InOrdinal, row.ReadOrdinal) - quiet;
      row.InOrdinal = ordinal;
    } else if (entry.presumed.delete(ordinal) && m.NoUnread && ordinal > row.ReadOrdinal) {
      row.Unread--;
    }
    row.Unread = Math.max(0, row.Unread);
    const last = row.LastMsg && parseKey(row.LastMsg.MsgKey);
    if (!last || compare(last, m) < 0) {
      row.LastMsg = { MsgKey: m.MsgKey, Preview: preview(m.MsgBody) };
      row.TimeMs = Math.max(row.TimeMs, m.MsgTime * 1000);
    }
    entry.row = row;
    this.#sorted = undefined;
  }

  /** Takes in a read position. Returns whether it moved anything. */
  mark(read: ReadMark): boolean {
    const mine = read.From_Account === this.#me;
    const entry = this.find(mine ? read.To_Account : read.From_Account);
    if (!entry) return false;
    const row = { ...entry.row };
    if (mine) {
      if (read.ReadOrdinal < row.ReadOrdinal) return false;
      const moved = read.ReadOrdinal > row.ReadOrdinal;
      row.ReadOrdinal = read.ReadOrdinal;
      const unread = row.ReadOrdinal >= row.InOrdinal ? 0 : this.#unreadAfter(entry, row.ReadOrdinal);
      if (!moved && unread === row.Unread) return false;
      row.Unread = unread;
    } else {
      if (read.ReadOrdinal <= row.PeerReadOrdinal) return false;
      row.PeerReadOrdinal = read.ReadOrdinal;
    }
    entry.row = row;
    this.#sorted = undefined;
    return true;
  }

  /** How many messages after an ordinal count: all but those known to be quiet. */
  #unreadAfter(entry: Entry, ordinal: number): number {
    const from = Math.max(ordinal, entry.row.ReadOrdinal);
    let count = entry.row.InOrdinal - from;
    for (const m of entry.timeline.messages) {
      if (m.NoUnread && (m.Ordinal ?? 0) > from && entry.timeline.direction(m) === "in") count--;
    }
    return Math.max(0, count);
  }
}
