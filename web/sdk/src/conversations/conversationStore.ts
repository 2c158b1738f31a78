import { isRecalled, mergeMessage } from "../messages/mergeMessage.ts";
import { compare, offsetOf, parseKey } from "../messages/messageKey.ts";
import { type Direction, Timeline } from "../messages/timeline.ts";
import type { Change, StoredConversation } from "../storage/store.ts";
import {
  type AnyMessage,
  type Conversation,
  type ConversationDeleted,
  type Element,
  type GroupMessageRecalled,
  type GroupMessagesConfirmed,
  type GroupMessagesDeleted,
  type MessageReacted,
  type MessageRecalled,
  type MessagesConfirmed,
  type MessagesDeleted,
  type MsgKey,
  type ReadMark,
  recalledFlag,
} from "../types.ts";
import { idOf, nameOf } from "./conversationId.ts";
import {
  isExcludedFromUnread,
  lastMsgOf,
  withMention,
  withNewerMentions,
  withoutReadMentions,
  withReaction,
  withReceipt,
} from "./rows.ts";

/**
 * If at most this many messages of a conversation that is not shown were missed, they are
 * read from the history, so that the app gets an event for each: one page.
 */
const maxReadUnshown = 100;

/** How many messages of a conversation that was never shown stay in memory. A bot may run for months. */
const maxInMemoryUnshown = 250;

/** What the client has in memory of one conversation. */
export interface ConversationEntry {
  /** The id of the conversation ({@link conversationId}): of a one-to-one conversation, the other user. */
  peer: string;
  row: Conversation;
  timeline: Timeline;
  /** The row is from the server; otherwise the client has made it from the messages that arrived. */
  fromServer: boolean;
  /** The store of this device has messages of the conversation. */
  hasStoredMessages: boolean;
  /** Offsets that were counted as unread before their messages arrived. */
  assumedUnread: Set<number>;
  /** The user has left this group: messages that are still on their way do not bring it back into the list. */
  left?: boolean;
  /** The last message when the tracking of offsets began: every missing message is newer than this one. */
  trackedAfter?: MsgKey;
}

/** What a conversation store needs. */
export interface ConversationStoreOptions {
  /** The signed-in user. */
  me: string;
  persist(change: Change): void;
  /** The timeline of a conversation has changed. */
  timelineChanged(peer: string): void;
  /** The client cannot compute the row of a conversation, so the server must be asked for it. */
  refreshRow(peer: string): void;
  /** So many messages of a group were missed that they are not read until the app shows the group. */
  skipped(GroupId: string): void;
}

/**
 * The conversations of the signed-in user: their rows and their messages. The rows are
 * from the server; between two syncs the client updates them as the events say.
 */
export class ConversationStore {
  readonly #me: string;
  readonly #options: ConversationStoreOptions;
  readonly #entries = new Map<string, ConversationEntry>();
  #sorted: readonly Conversation[] | undefined;
  #revision = 0;

  constructor(options: ConversationStoreOptions) {
    this.#me = options.me;
    this.#options = options;
  }

  /** The rows to show: pinned conversations first, the latest pin at the top, then the newest conversation first. */
  get rows(): readonly Conversation[] {
    this.#sorted ??= [...this.#entries.values()]
      .map((entry) => entry.row)
      .filter((row) => row.TimeMs > 0 || row.PinnedMs)
      .sort((a, b) => (b.PinnedMs ?? 0) - (a.PinnedMs ?? 0) || b.TimeMs - a.TimeMs || (idOf(a) < idOf(b) ? -1 : 1));
    return this.#sorted;
  }

  get entries(): Iterable<ConversationEntry> {
    return this.#entries.values();
  }

  find(peer: string): ConversationEntry | undefined {
    return this.#entries.get(peer);
  }

  /** The entry of a conversation; an empty one is made if there is none. */
  entry(peer: string): ConversationEntry {
    let entry = this.#entries.get(peer);
    if (!entry) {
      const row: Conversation = {
        ...nameOf(peer),
        Unread: 0,
        ReadOrdinal: 0,
        PeerReadOrdinal: 0,
        InOrdinal: 0,
        OutOrdinal: 0,
        TimeMs: 0,
      };
      entry = {
        peer,
        row,
        timeline: new Timeline(this.#me),
        fromServer: false,
        hasStoredMessages: false,
        assumedUnread: new Set(),
      };
      this.#entries.set(peer, entry);
    }
    return entry;
  }

  /** The id of a message's conversation: the group, or the other user. */
  peerOf(m: {
    From_Account?: string | undefined;
    To_Account?: string | undefined;
    GroupId?: string | undefined;
  }): string {
    return idOf(m.GroupId === undefined && m.From_Account !== this.#me ? { To_Account: m.From_Account } : m);
  }

  /** Takes over a conversation from the store of this device. A row that came from the server since stays. */
  restore(stored: StoredConversation): void {
    const { row } = stored;
    const entry = this.entry(idOf(row));
    if (entry.fromServer) return;
    entry.row = row;
    entry.hasStoredMessages = stored.held;
    this.#trackOffsets(entry, row);
    entry.fromServer = true;
    this.#sorted = undefined;
  }

  /**
   * Counts the events that changed messages. A request remembers the revision at which it
   * is sent, and its answer is given back with it (parameter `requestedAt`). So the client
   * knows which events are newer than the request without a clock: see {@link Timeline}.
   */
  get revision(): number {
    return this.#revision;
  }

  /** Removes everything from memory. */
  clear(): void {
    this.#entries.clear();
    this.#sorted = undefined;
  }

  /**
   * Merges a row from the server. Events may be newer than the row, so no offset and no
   * read cursor goes back, and messages that arrived since are still counted.
   *
   * Example: the row says that 3 messages exist and 1 is unread. AnyMessage 4 has already
   * arrived: the result is 4 messages, 2 of them unread.
   */
  mergeRow(fromServer: Conversation): ConversationEntry {
    const entry = this.entry(idOf(fromServer));
    const old = entry.row;
    delete entry.left;
    let row = withNewerMentions(fromServer, old, fromServer.InOrdinal);
    row = { ...row };
    row.ReadOrdinal = Math.max(fromServer.ReadOrdinal, entry.fromServer ? old.ReadOrdinal : 0);
    row.PeerReadOrdinal = Math.max(fromServer.PeerReadOrdinal, old.PeerReadOrdinal);
    row.InOrdinal = Math.max(fromServer.InOrdinal, old.InOrdinal);
    row.OutOrdinal = Math.max(fromServer.OutOrdinal, old.OutOrdinal);
    if (row.InOrdinal > fromServer.InOrdinal || row.OutOrdinal > fromServer.OutOrdinal) {
      row.TimeMs = Math.max(fromServer.TimeMs, old.TimeMs);
      if (old.LastMsg) row.LastMsg = old.LastMsg;
    }
    if (row.DraftMs !== undefined && row.DraftMs === old.DraftMs && old.Draft !== undefined) row.Draft ??= old.Draft;
    for (const n of entry.assumedUnread) if (n <= fromServer.InOrdinal) entry.assumedUnread.delete(n);
    row = withoutReadMentions(row);
    this.#setRow(entry, row);
    if (row.ReadOrdinal > fromServer.ReadOrdinal) row.Unread = this.#unreadAfter(entry, row.ReadOrdinal);
    else if (row.InOrdinal > fromServer.InOrdinal)
      row.Unread = fromServer.Unread + this.#unreadAfter(entry, fromServer.InOrdinal);
    this.#trackOffsets(entry, fromServer);
    entry.fromServer = true;
    if (row.ClearedKey && row.ClearedKey !== old.ClearedKey) this.#clearHistory(entry, row.ClearedKey);
    return entry;
  }

  /** Decides which of the messages that a row counts are missing. */
  #trackOffsets(entry: ConversationEntry, row: Conversation): void {
    const { timeline } = entry;
    const offsets = { in: timeline.offsets("in"), out: timeline.offsets("out") };
    const tracked = entry.fromServer || timeline.messages.length > 0;
    const missed = Math.max(row.InOrdinal - offsets.in.top, row.OutOrdinal - offsets.out.top);
    if (timeline.shown || (tracked && missed <= maxReadUnshown)) {
      // The conversation is shown, or only a few messages were missed: all of them are read.
      offsets.in.raiseTop(row.InOrdinal);
      offsets.out.raiseTop(row.OutOrdinal);
    } else if (!entry.fromServer || missed > 0) {
      if (tracked && row.GroupId !== undefined) this.#options.skipped(row.GroupId);
      // The history is read when the app shows the conversation. Until then only messages from now on are tracked.
      offsets.in.startAfter(row.InOrdinal);
      offsets.out.startAfter(row.OutOrdinal);
      if (row.LastMsg) entry.trackedAfter = row.LastMsg.MsgKey;
    }
  }

  /**
   * Adds a message that arrived. Returns it with the changes of events that arrived before
   * it; undefined if the message is here already, or was removed.
   *
   * @param top the highest offset of the message's direction on the server
   * @param requestedAt the revision at which the message was requested; undefined: the
   *   server delivered it without a request
   */
  addMessage(arrived: AnyMessage, top = 0, requestedAt?: number): AnyMessage | undefined {
    const entry = this.entry(this.peerOf(arrived));
    const m = entry.timeline.add(arrived, requestedAt);
    if (!m) return undefined;
    entry.timeline.trim(maxInMemoryUnshown);
    const offset = offsetOf(m);
    const direction = entry.timeline.direction(m);
    // The conversation begins with this message, so the first message of the other direction is tracked too.
    if (offset === 1 && !entry.fromServer) entry.timeline.markComplete(m.GroupId !== undefined);
    if (top > offset) entry.timeline.offsets(direction).raiseTop(top);
    if (offset && !entry.left) this.#updateRow(entry, m, offset, direction);
    this.#options.timelineChanged(entry.peer);
    if (offset) this.#persistMessage(entry, m); // one without an offset is for online users only and never stored
    return m;
  }

  /** Adds a message of the history, or updates it if it is here already. */
  addFromHistory(m: AnyMessage, requestedAt: number): void {
    const added = this.addMessage(m, 0, requestedAt);
    if (added) this.#persistMessage(this.entry(this.peerOf(m)), added);
    else this.updateMessage(m, requestedAt);
  }

  /** Merges the state of a message in an answer of the server, in memory and in the store. */
  updateMessage(m: AnyMessage, requestedAt: number): void {
    const entry = this.entry(this.peerOf(m));
    const { timeline, peer } = entry;
    if (timeline.isRemoved(m.MsgKey)) return;
    if (timeline.update(m, requestedAt)) this.#options.timelineChanged(peer);
    const newer = timeline.isNewerThanEvents(m.MsgKey, requestedAt);
    if (entry.hasStoredMessages)
      this.#options.persist({ kind: "amend", peer, key: m.MsgKey, amend: (stored) => mergeMessage(stored, m, newer) });
  }

  /**
   * Shows messages from the store of this device.
   *
   * @param all true: also those before a gap, since the server does not answer or has
   *   nothing there. false: only the newest part without a gap
   */
  showStored(peer: string, stored: readonly AnyMessage[], all = false): void {
    const entry = this.entry(peer);
    for (const m of stored) entry.timeline.add(m);
    if (!all) entry.timeline.keepUnbroken();
    if (stored.length > 0) this.#options.timelineChanged(peer);
  }

  /** Counts a message in the row of its conversation. */
  #updateRow(entry: ConversationEntry, m: AnyMessage, offset: number, direction: Direction): void {
    const row = { ...withMention(entry.row, m, this.#me) };
    const excluded = isExcludedFromUnread(m, this.#me);
    if (!entry.fromServer && row.InOrdinal === 0 && direction === "in") row.InOrdinal = row.ReadOrdinal = offset - 1;
    if (direction === "out") {
      row.OutOrdinal = Math.max(row.OutOrdinal, offset);
    } else if (offset > row.InOrdinal) {
      for (let n = row.InOrdinal + 1; n < offset; n++) entry.assumedUnread.add(n);
      row.Unread += offset - Math.max(row.InOrdinal, row.ReadOrdinal) - (excluded ? 1 : 0);
      row.InOrdinal = offset;
    } else if (entry.assumedUnread.delete(offset) && excluded && offset > row.ReadOrdinal) {
      row.Unread--;
    }
    row.Unread = Math.max(0, row.Unread);
    const last = row.LastMsg && parseKey(row.LastMsg.MsgKey);
    if (!last || compare(last, m) < 0) {
      row.LastMsg = lastMsgOf(m);
      row.TimeMs = Math.max(row.TimeMs, m.MsgTime * 1000);
    }
    this.#setRow(entry, row);
  }

  /** Applies a read cursor of the user, or of the other user. Returns whether it changed anything. A read cursor never goes back. */
  applyReadCursor(read: ReadMark): boolean {
    const mine = read.From_Account === this.#me;
    const entry = this.find(this.peerOf(read));
    if (!entry) return false;
    let row = { ...entry.row };
    if (mine) {
      if (read.ReadOrdinal < row.ReadOrdinal) return false;
      const moved = read.ReadOrdinal > row.ReadOrdinal;
      row.ReadOrdinal = read.ReadOrdinal;
      const unread = row.ReadOrdinal >= row.InOrdinal ? 0 : this.#unreadAfter(entry, row.ReadOrdinal, read.Unread);
      if (!moved && unread === row.Unread) return false;
      row.Unread = unread;
      row = withoutReadMentions(row);
    } else {
      if (read.ReadOrdinal <= row.PeerReadOrdinal) return false;
      row.PeerReadOrdinal = read.ReadOrdinal;
    }
    this.#setRow(entry, row);
    return true;
  }

  /** A message was recalled. */
  applyRecall(event: MessageRecalled | GroupMessageRecalled): void {
    const entry = this.entry(this.peerOf(event));
    const before = entry.timeline.get(event.MsgKey);
    this.#amend(
      entry,
      event.MsgKey,
      (m) => ({ ...m, MsgBody: [], MsgFlagBits: (m.MsgFlagBits ?? 0) | recalledFlag }),
      true,
    );
    const row = { ...entry.row };
    if (row.LastMsg?.MsgKey === event.MsgKey) row.LastMsg = { ...row.LastMsg, Preview: "", Recalled: true };
    if (event.From_Account !== this.#me && row.Unread > 0) {
      if (!before) this.#options.refreshRow(entry.peer);
      else if (!isExcludedFromUnread(before, this.#me) && offsetOf(before) > row.ReadOrdinal) row.Unread--;
    }
    this.#setRow(entry, row);
  }

  /**
   * A message was edited. The event of this device's own edit has only the fields that
   * were changed. A frame may be late and not have the newest reactions and receipts, so
   * only the fields that an edit can change are taken from it.
   */
  applyEdit(m: {
    From_Account?: string | undefined;
    To_Account?: string | undefined;
    GroupId?: string | undefined;
    MsgKey: MsgKey;
    MsgBody?: Element[];
    CloudCustomData?: string;
    EditMs?: number;
  }): void {
    const entry = this.entry(this.peerOf(m));
    const { MsgKey, MsgBody, CloudCustomData, EditMs = 0 } = m;
    const amend = (current: AnyMessage): AnyMessage =>
      EditMs < (current.EditMs ?? 0) || isRecalled(current)
        ? current
        : {
            ...current,
            EditMs,
            ...(MsgBody ? { MsgBody } : {}),
            ...(CloudCustomData === undefined ? {} : { CloudCustomData }),
          };
    this.#amend(entry, MsgKey, amend, true);
    const edited = entry.timeline.get(MsgKey);
    if (entry.row.LastMsg?.MsgKey !== MsgKey) return;
    if (edited) this.#setRow(entry, { ...entry.row, LastMsg: lastMsgOf(edited) });
    else if (MsgBody && !entry.row.LastMsg.Recalled)
      this.#setRow(entry, { ...entry.row, LastMsg: { ...entry.row.LastMsg, ...lastMsgOf({ MsgKey, MsgBody }) } });
  }

  /** The user has deleted messages on all of the user's devices, or the application those of a group for everybody. */
  applyDeletion(event: MessagesDeleted | GroupMessagesDeleted): void {
    const entry = this.entry(this.peerOf(event));
    this.removeMessages(entry.peer, event.MsgKeyList);
    const last = entry.row.LastMsg?.MsgKey;
    if (entry.row.Unread > 0 || (last && event.MsgKeyList.includes(last))) this.#options.refreshRow(entry.peer);
  }

  /** Ignores messages that the user removed from this device earlier, if they arrive again. */
  ignoreMessages(peer: string, keys: readonly MsgKey[]): void {
    for (const key of keys) this.entry(peer).timeline.remove(key);
  }

  /**
   * The device was away for so long that the server cannot say any more what happened to
   * the messages. Nothing that this device stores is deleted: the rows stay until the
   * server sends them again, and the timelines begin again without messages.
   */
  startOver(): void {
    for (const entry of this.#entries.values()) {
      const { row } = entry;
      entry.row = { ...row, ReadOrdinal: 0, PeerReadOrdinal: 0, InOrdinal: 0, OutOrdinal: 0 };
      entry.timeline = entry.timeline.emptied();
      entry.fromServer = false;
      entry.assumedUnread.clear();
      delete entry.trackedAfter;
    }
    this.#sorted = undefined;
  }

  /** Removes messages from memory and from the store. They are not added again. */
  removeMessages(peer: string, keys: readonly MsgKey[]): void {
    for (const key of keys) {
      this.entry(peer).timeline.remove(key);
      this.#options.persist({ kind: "drop", peer, key });
    }
    if (keys.length > 0) this.#options.timelineChanged(peer);
  }

  /** A user has added or removed a reaction. */
  applyReaction(event: MessageReacted): void {
    this.#amend(this.entry(this.peerOf(event)), event.MsgKey, (m) => withReaction(m, event));
  }

  /** The receiver, or a member of the group, has confirmed that messages were read. */
  applyReceipts(event: MessagesConfirmed | GroupMessagesConfirmed): void {
    const entry = this.entry(this.peerOf(event));
    for (const key of event.MsgKeyList) this.#amend(entry, key, (m) => withReceipt(m, event.From_Account));
  }

  /** Sets fields of the row of a group that events of the group say. Does nothing if there is no row. */
  updateGroupRow(GroupId: string, fields: Partial<Conversation>): void {
    const entry = this.find(idOf({ GroupId }));
    if (entry) this.#setRow(entry, { ...entry.row, ...fields });
  }

  /** The user is not a member of a group any more: it is not in the list. The messages stay on this device. */
  leaveGroup(GroupId: string): void {
    const entry = this.find(idOf({ GroupId }));
    if (!entry) return;
    entry.left = true;
    this.applyConversationDeletion({ GroupId, ClearRamble: 0, TimeMs: 0 });
  }

  /** The user has deleted a conversation from the list; with `ClearedKey` its history is cleared too. */
  applyConversationDeletion(event: ConversationDeleted): void {
    const entry = this.entry(idOf(event));
    const { LastMsg, PinnedMs, DraftMs, Draft, AtMe, AtAll, ...rest } = entry.row;
    const row = { ...rest, Unread: 0, ReadOrdinal: rest.InOrdinal, TimeMs: 0 };
    this.#setRow(entry, event.ClearedKey ? { ...row, ClearedKey: event.ClearedKey } : row);
    if (event.ClearedKey) this.#clearHistory(entry, event.ClearedKey);
  }

  #setRow(entry: ConversationEntry, row: Conversation): void {
    entry.row = row;
    this.#sorted = undefined;
    this.#options.persist({ kind: "conversation", conversation: { row, held: entry.hasStoredMessages } });
  }

  #persistMessage(entry: ConversationEntry, message: AnyMessage): void {
    if (!entry.hasStoredMessages) {
      entry.hasStoredMessages = true;
      this.#setRow(entry, entry.row);
    }
    this.#options.persist({ kind: "message", peer: entry.peer, message });
  }

  #amend(entry: ConversationEntry, key: MsgKey, amend: (m: AnyMessage) => AnyMessage, final = false): void {
    if (entry.timeline.amend(key, { revision: ++this.#revision, amend, final }))
      this.#options.timelineChanged(entry.peer);
    if (entry.hasStoredMessages) this.#options.persist({ kind: "amend", peer: entry.peer, key, amend });
  }

  #clearHistory(entry: ConversationEntry, upTo: MsgKey): void {
    entry.timeline.dropUpTo(upTo);
    this.#options.persist({ kind: "dropUpTo", peer: entry.peer, key: upTo });
    this.#options.timelineChanged(entry.peer);
  }

  /**
   * How many messages after an offset are unread: all except those that are known to be
   * excluded from unread.
   *
   * @param counted what the server has counted, if the event says it. It is used if not
   *   all messages of a group are in memory, since some of the others may be tips
   */
  #unreadAfter(entry: ConversationEntry, offset: number, counted?: number): number {
    const from = Math.max(offset, entry.row.ReadOrdinal);
    const later = entry.timeline.messages.filter((m) => offsetOf(m) > from && entry.timeline.direction(m) === "in");
    if (entry.row.GroupId !== undefined && counted !== undefined && later.length < entry.row.InOrdinal - from)
      return counted;
    const excluded = later.filter((m) => isExcludedFromUnread(m, this.#me)).length;
    return Math.max(0, entry.row.InOrdinal - from - excluded);
  }
}
