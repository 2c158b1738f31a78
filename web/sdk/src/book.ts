import { compare, parseKey, preview } from "./order.ts";
import type { Change, KeptConversation } from "./store.ts";
import { merge, recalled, Timeline } from "./timeline.ts";
import {
  type Conversation,
  type ConversationDeleted,
  type Message,
  type MessageReacted,
  type MessageRecalled,
  type MessagesConfirmed,
  type MessagesDeleted,
  type MsgKey,
  type ReadMark,
  recalledFlag,
} from "./types.ts";

/** How many missed messages of a conversation that is not shown are pulled, so that the app hears of each: a page. */
const pulledUnseen = 100;

/** How many messages of a conversation that was never opened stay in memory: a bot runs for months. */
const heldUnseen = 250;

/** What the client holds of one conversation. */
export interface Entry {
  peer: string;
  row: Conversation;
  timeline: Timeline;
  /** The server has told the row; else it was made up from what arrived. */
  told: boolean;
  /** Messages of it are kept on this device. */
  held: boolean;
  /** Ordinals counted as unread before their message was here. */
  presumed: Set<number>;
  /** The last message when the watch for gaps began: everything missing is newer. */
  floor?: MsgKey;
}

/** What a book tells its owner. */
export interface BookOptions {
  /** The signed-in user. */
  me: string;
  keep(change: Change): void;
  /** The timeline of a conversation changed. */
  changed(peer: string): void;
  /** What the book holds does not say how the row is now: the server has to. */
  unsure(peer: string): void;
}

/**
 * The conversations of the signed-in user: rows as the server tells them,
 * carried on by the events between two syncs, and the messages held.
 */
export class Book {
  readonly #me: string;
  readonly #options: BookOptions;
  readonly #entries = new Map<string, Entry>();
  #sorted: readonly Conversation[] | undefined;
  /** Counts the events that changed messages: before and after without a clock. */
  #heard = 0;

  constructor(options: BookOptions) {
    this.#me = options.me;
    this.#options = options;
  }

  /** Every conversation that has something to show: the pinned ones, the latest pin first, then the newest first. */
  get rows(): readonly Conversation[] {
    this.#sorted ??= [...this.#entries.values()]
      .map((entry) => entry.row)
      .filter((row) => row.TimeMs > 0 || row.PinnedMs)
      .sort(
        (a, b) =>
          (b.PinnedMs ?? 0) - (a.PinnedMs ?? 0) || b.TimeMs - a.TimeMs || (a.To_Account < b.To_Account ? -1 : 1),
      );
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
      entry = { peer, row, timeline: new Timeline(this.#me), told: false, held: false, presumed: new Set() };
      this.#entries.set(peer, entry);
    }
    return entry;
  }

  /** Whom a message is with. */
  peer(m: Pick<Message, "From_Account" | "To_Account">): string {
    return m.From_Account === this.#me ? m.To_Account : m.From_Account;
  }

  /** Takes in what was kept on this device. */
  restore(kept: KeptConversation): void {
    const { row } = kept;
    const entry = this.entry(row.To_Account);
    if (entry.told) return;
    entry.row = row;
    entry.held = kept.held;
    this.#watch(entry, row);
    entry.told = true;
    this.#sorted = undefined;
  }

  /** What was heard so far: given back with the answer to what is asked now. */
  get heard(): number {
    return this.#heard;
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    this.#sorted = undefined;
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
    if (row.InOrdinal > told.InOrdinal || row.OutOrdinal > told.OutOrdinal) {
      row.TimeMs = Math.max(told.TimeMs, old.TimeMs);
      if (old.LastMsg) row.LastMsg = old.LastMsg;
    }
    if (row.DraftMs !== undefined && row.DraftMs === old.DraftMs && old.Draft !== undefined) row.Draft ??= old.Draft;
    for (const n of entry.presumed) if (n <= told.InOrdinal) entry.presumed.delete(n);
    this.#set(entry, row);
    if (row.ReadOrdinal > told.ReadOrdinal) row.Unread = this.#unreadAfter(entry, row.ReadOrdinal);
    else if (row.InOrdinal > told.InOrdinal) row.Unread = told.Unread + this.#unreadAfter(entry, told.InOrdinal);
    this.#watch(entry, told);
    entry.told = true;
    if (row.ClearedKey && row.ClearedKey !== old.ClearedKey) this.#hide(entry, row.ClearedKey);
    return entry;
  }

  #watch(entry: Entry, told: Conversation): void {
    const { timeline } = entry;
    const watch = { in: timeline.ordinals("in"), out: timeline.ordinals("out") };
    const begun = entry.told || timeline.messages.length > 0;
    const missed = Math.max(told.InOrdinal - watch.in.top, told.OutOrdinal - watch.out.top);
    if (timeline.shown || (begun && missed <= pulledUnseen)) {
      // Shown, or not far behind: everything that is missing is wanted.
      watch.in.hear(told.InOrdinal);
      watch.out.hear(told.OutOrdinal);
    } else if (!entry.told || missed > 0) {
      // Its history is pulled when it is shown, and only what arrives from now on is watched.
      watch.in.start(told.InOrdinal);
      watch.out.start(told.OutOrdinal);
      if (told.LastMsg) entry.floor = told.LastMsg.MsgKey;
    }
  }

  /**
   * Takes in a message that arrived. Returns what it is now, as events may have
   * overtaken it; undefined for one that is here already.
   *
   * @param top the highest ordinal of its direction that the server knows
   * @param asked what was heard when it was asked for; absent: it came by itself
   */
  take(arrived: Message, top = 0, asked?: number): Message | undefined {
    const entry = this.entry(this.peer(arrived));
    const m = entry.timeline.add(arrived, asked);
    if (!m) return undefined;
    entry.timeline.bound(heldUnseen);
    const ordinal = m.Ordinal ?? 0;
    const direction = entry.timeline.direction(m);
    if (ordinal === 1 && !entry.told) entry.timeline.whole(); // it begins here, so the first answer is watched for, too
    if (top > ordinal) entry.timeline.ordinals(direction).hear(top);
    if (ordinal) this.#count(entry, m, ordinal, direction);
    this.#options.changed(entry.peer);
    if (ordinal) this.#keep(entry, m); // else it was for who is online, and is not stored anywhere
    return m;
  }

  /** Takes in a message of the history. `asked` is what was heard when it was asked for. */
  learn(m: Message, asked: number): void {
    const taken = this.take(m, 0, asked);
    if (taken) this.#keep(this.entry(this.peer(m)), taken);
    else this.renew(m, asked);
  }

  /** Takes in what became of a message. `asked` is what was heard when it was asked for. */
  renew(m: Message, asked: number): void {
    const entry = this.entry(this.peer(m));
    const { timeline, peer } = entry;
    if (timeline.lacks(m.MsgKey)) return;
    if (timeline.renew(m, asked)) this.#options.changed(peer);
    const newer = timeline.newer(m.MsgKey, asked);
    if (entry.held) this.#options.keep({ kind: "amend", peer, key: m.MsgKey, amend: (kept) => merge(kept, m, newer) });
  }

  /**
   * Shows messages that were kept on this device, before the server is asked.
   *
   * @param all also those before a hole: the server does not answer, or has nothing there
   */
  show(peer: string, kept: readonly Message[], all = false): void {
    const entry = this.entry(peer);
    for (const m of kept) entry.timeline.add(m);
    if (!all) entry.timeline.keepUnbroken();
    if (kept.length > 0) this.#options.changed(peer);
  }

  #count(entry: Entry, m: Message, ordinal: number, direction: "in" | "out"): void {
    const row = { ...entry.row };
    if (!entry.told && row.InOrdinal === 0 && direction === "in") row.InOrdinal = row.ReadOrdinal = ordinal - 1;
    if (direction === "out") {
      row.OutOrdinal = Math.max(row.OutOrdinal, ordinal);
    } else if (ordinal > row.InOrdinal) {
      for (let n = row.InOrdinal + 1; n < ordinal; n++) entry.presumed.add(n);
      row.Unread += ordinal - Math.max(row.InOrdinal, row.ReadOrdinal) - (quiet(m) ? 1 : 0);
      row.InOrdinal = ordinal;
    } else if (entry.presumed.delete(ordinal) && quiet(m) && ordinal > row.ReadOrdinal) {
      row.Unread--;
    }
    row.Unread = Math.max(0, row.Unread);
    const last = row.LastMsg && parseKey(row.LastMsg.MsgKey);
    if (!last || compare(last, m) < 0) {
      row.LastMsg = lastOf(m);
      row.TimeMs = Math.max(row.TimeMs, m.MsgTime * 1000);
    }
    this.#set(entry, row);
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
    this.#set(entry, row);
    return true;
  }

  /** A message was taken back. */
  recalled(event: MessageRecalled): void {
    const entry = this.entry(this.peer(event));
    const before = entry.timeline.get(event.MsgKey);
    this.#amend(
      entry,
      event.MsgKey,
      (m) => ({ ...m, MsgBody: [], MsgFlagBits: (m.MsgFlagBits ?? 0) | recalledFlag }),
      true,
    );
    const row = { ...entry.row };
    if (row.LastMsg?.MsgKey === event.MsgKey) row.LastMsg = { MsgKey: event.MsgKey, Preview: "", Recalled: true };
    if (event.From_Account !== this.#me && row.Unread > 0) {
      if (!before) this.#options.unsure(entry.peer);
      else if (!quiet(before) && (before.Ordinal ?? 0) > row.ReadOrdinal) row.Unread--;
    }
    this.#set(entry, row);
  }

  /**
   * A message became another; the echo of an edit has only what was changed. A frame
   * may be late and then knows less of reactions and receipts, so only what an edit
   * can change is taken from it.
   */
  edited(m: Pick<Message, "From_Account" | "To_Account" | "MsgKey"> & Partial<Message>): void {
    const entry = this.entry(this.peer(m));
    const { MsgKey, MsgBody, CloudCustomData, EditMs = 0 } = m;
    const amend = (held: Message): Message =>
      EditMs < (held.EditMs ?? 0) || recalled(held)
        ? held
        : {
            ...held,
            EditMs,
            ...(MsgBody ? { MsgBody } : {}),
            ...(CloudCustomData === undefined ? {} : { CloudCustomData }),
          };
    this.#amend(entry, MsgKey, amend, true);
    const now = entry.timeline.get(MsgKey);
    if (entry.row.LastMsg?.MsgKey !== MsgKey) return;
    if (now) this.#set(entry, { ...entry.row, LastMsg: lastOf(now) });
    else if (MsgBody && !entry.row.LastMsg.Recalled)
      this.#set(entry, { ...entry.row, LastMsg: lastOf({ MsgKey, MsgBody }) });
  }

  /** I deleted messages, for me, on this device or another. */
  deleted(event: MessagesDeleted): void {
    const entry = this.entry(this.peer(event));
    this.drop(entry.peer, event.MsgKeyList);
    const last = entry.row.LastMsg?.MsgKey;
    if (entry.row.Unread > 0 || (last && event.MsgKeyList.includes(last))) this.#options.unsure(entry.peer);
  }

  /** What the user took off this device before is not taken in again. */
  banish(peer: string, keys: readonly MsgKey[]): void {
    for (const key of keys) this.entry(peer).timeline.remove(key);
  }

  /**
   * What became of the messages held is not known any more. Nothing that is kept is
   * deleted: rows stay until the server tells them anew, and timelines begin again.
   */
  renewAll(): void {
    for (const entry of this.#entries.values()) {
      const { row } = entry;
      entry.row = { ...row, ReadOrdinal: 0, PeerReadOrdinal: 0, InOrdinal: 0, OutOrdinal: 0 };
      entry.timeline = entry.timeline.anew();
      entry.told = false;
      entry.presumed.clear();
      delete entry.floor;
    }
    this.#sorted = undefined;
  }

  /** Lets go of deleted messages, for good. */
  drop(peer: string, keys: readonly MsgKey[]): void {
    for (const key of keys) {
      this.entry(peer).timeline.remove(key);
      this.#options.keep({ kind: "drop", peer, key });
    }
    if (keys.length > 0) this.#options.changed(peer);
  }

  /** Somebody reacted, or took a reaction back. */
  reacted(event: MessageReacted): void {
    this.#amend(this.entry(this.peer(event)), event.MsgKey, (m) => react(m, event));
  }

  /** The receipts of messages came. */
  confirmed(event: MessagesConfirmed): void {
    const entry = this.entry(this.peer(event));
    for (const key of event.MsgKeyList) this.#amend(entry, key, (m) => ({ ...m, IsPeerRead: 1 }));
  }

  /** I took a conversation out of the list; with `ClearRamble`, its history is hidden too. */
  conversationDeleted(event: ConversationDeleted): void {
    const entry = this.entry(event.To_Account);
    const { LastMsg, PinnedMs, DraftMs, Draft, ...rest } = entry.row;
    const row = { ...rest, Unread: 0, ReadOrdinal: rest.InOrdinal, TimeMs: 0 };
    this.#set(entry, event.ClearedKey ? { ...row, ClearedKey: event.ClearedKey } : row);
    if (event.ClearedKey) this.#hide(entry, event.ClearedKey);
  }

  /** I changed a row: a pin, an option, a draft. */
  alter(peer: string, change: Partial<Conversation>): void {
    const entry = this.entry(peer);
    this.#set(entry, { ...entry.row, ...change });
  }

  #set(entry: Entry, row: Conversation): void {
    entry.row = row;
    this.#sorted = undefined;
    this.#options.keep({ kind: "conversation", conversation: { row, held: entry.held } });
  }

  #keep(entry: Entry, message: Message): void {
    if (!entry.held) {
      entry.held = true;
      this.#set(entry, entry.row);
    }
    this.#options.keep({ kind: "message", peer: entry.peer, message });
  }

  #amend(entry: Entry, key: MsgKey, amend: (m: Message) => Message, final = false): void {
    if (entry.timeline.amend(key, { heard: ++this.#heard, amend, final })) this.#options.changed(entry.peer);
    if (entry.held) this.#options.keep({ kind: "amend", peer: entry.peer, key, amend });
  }

  #hide(entry: Entry, upTo: MsgKey): void {
    entry.timeline.clear(upTo);
    this.#options.keep({ kind: "dropUpTo", peer: entry.peer, key: upTo });
    this.#options.changed(entry.peer);
  }

  /** How many messages after an ordinal count: all but those known to be quiet. */
  #unreadAfter(entry: Entry, ordinal: number): number {
    const from = Math.max(ordinal, entry.row.ReadOrdinal);
    let count = entry.row.InOrdinal - from;
    for (const m of entry.timeline.messages) {
      if (quiet(m) && (m.Ordinal ?? 0) > from && entry.timeline.direction(m) === "in") count--;
    }
    return Math.max(0, count);
  }
}

/** Whether a message does not count as unread. */
function quiet(m: Message): boolean {
  return m.NoUnread === true || recalled(m);
}

function lastOf(m: Pick<Message, "MsgKey" | "MsgBody"> & Partial<Message>): NonNullable<Conversation["LastMsg"]> {
  return { MsgKey: m.MsgKey, Preview: preview(m.MsgBody), ...(recalled(m) ? { Recalled: true } : {}) };
}

function react(m: Message, event: MessageReacted): Message {
  const list = (m.ReactionList ?? []).map((one) =>
    one.Reaction === event.Reaction
      ? { ...one, From_Account: one.From_Account.filter((user) => user !== event.Operator_Account) }
      : one,
  );
  if (event.Added) {
    const one = list.find(({ Reaction }) => Reaction === event.Reaction);
    if (one) one.From_Account = [...one.From_Account, event.Operator_Account];
    else list.push({ Reaction: event.Reaction, From_Account: [event.Operator_Account] });
  }
  const { ReactionList, ...rest } = m;
  const left = list.filter(({ From_Account }) => From_Account.length > 0);
  return left.length > 0 ? { ...rest, ReactionList: left } : rest;
}
