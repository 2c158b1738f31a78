import type { Emitter } from "../emitter.ts";
import { ParleyError } from "../errors.ts";
import type { GapFiller } from "../messages/gapFiller.ts";
import { messagesOf } from "../messages/messageCalls.ts";
import type { Change } from "../storage/store.ts";
import { backoff } from "../time/backoff.ts";
import { elapsedSince, type Moment, moment, type ServerClock } from "../time/serverClock.ts";
import type { Timing } from "../time/timing.ts";
import { sleep } from "../time/wait.ts";
import {
  type Conversation,
  type Counters,
  type Events,
  isGroup,
  type MessageOperations,
  type SessionOperations,
} from "../types.ts";
import { idOf, nameOf } from "./conversationId.ts";
import type { ConversationEntry, ConversationStore } from "./conversationStore.ts";

/** What a synchronizer needs. */
export interface SynchronizerOptions {
  conversations: ConversationStore;
  persist(change: Change): void;
  gapFiller: GapFiller;
  events: Emitter<Events>;
  timing: Timing;
  session: Pick<SessionOperations, "sync">;
  message: Pick<MessageOperations, "changes">;
  /** Whether there is a connection. If there is none, the next connection makes a sync. */
  online(): boolean;
  /** The next reconnect is spread over so many seconds. */
  spread(seconds: number): void;
  /** A page was applied. */
  changed(): void;
  /** The server refused the user or the signature. Resolves with whether another attempt may succeed. */
  refused(): Promise<boolean>;
  /** The device was away for longer than the retention of messages, so the server sends everything again. */
  expired(): void;
  clock: ServerClock;
  /** The friend table has this version on the server. */
  friendTableChanged(version: number): void;
  /** The groups of the user have this version on the server. */
  groupsChanged(version: number): void;
  /** The server sent the row of a group. */
  groupRow(row: Conversation & { GroupId: string }): void;
}

/** Makes syncs: it asks the server for everything that has changed since the last one. */
export class Synchronizer {
  readonly #options: SynchronizerOptions;
  #running: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastSync: Moment | undefined;
  #counters: Counters | undefined;
  #stopped = new AbortController();
  /** The client has every change before this time, Unix ms of the server; 0: it has nothing. */
  since = 0;

  constructor(options: SynchronizerOptions) {
    this.#options = options;
  }

  /**
   * Makes a sync, with more attempts as long as there is a connection. One sync runs at a
   * time.
   *
   * @param gapWait how long to wait for the frames of messages that the sync shows to be
   *   missing, ms, before they are read from the history
   */
  run(gapWait = 0): Promise<void> {
    this.#running = this.#running.then(() => this.#run(gapWait));
    return this.#running;
  }

  /** Makes a sync soon. Several calls within that time lead to one sync. */
  soon(): void {
    this.#runAfter(this.#options.timing.gap);
  }

  /** The app is in the foreground again: makes a sync unless the last one is recent. */
  refresh(): void {
    if (!this.#lastSync || elapsedSince(this.#lastSync) > this.#options.timing.fresh) this.soon();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped.abort();
    this.#stopped = new AbortController();
  }

  /** The next sync asks for everything. */
  reset(): void {
    this.since = 0;
    this.#counters = undefined;
  }

  async #run(gapWait: number): Promise<void> {
    clearTimeout(this.#timer);
    for (let attempt = 0; this.#options.online(); attempt++) {
      try {
        this.#emitCounters(await this.#sync(gapWait));
        this.#lastSync = moment();
        this.#runAfter(this.#options.timing.sync); // a frame may be lost although the connection is alive
        return;
      } catch (error) {
        if (error instanceof ParleyError && error.refused && !(await this.#options.refused())) return;
        await sleep(backoff(attempt, this.#options.timing), this.#stopped.signal);
      }
    }
  }

  #runAfter(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#options.online()) return; // the next connection makes a sync
    this.#timer = setTimeout(() => void this.run(), ms);
  }

  /**
   * One sync: first the rows that have changed, then what happened to the messages that
   * this device has. Returns the counters of the first page.
   *
   * @param awaySince the time since which this device does not know what happened to its
   *   messages, Unix ms of the server
   */
  async #sync(gapWait: number, awaySince = this.since): Promise<Counters> {
    const { conversations, persist, gapFiller, session } = this.#options;
    const Since = this.since;
    const first = await session.sync({ Since });
    this.#options.clock.atLeast(first.Since);
    if (first.Expired) {
      this.since = 0;
      this.#options.expired();
      return this.#sync(gapWait, Since);
    }
    const synced = new Set<ConversationEntry>();
    const withChangedMessages = new Set<string>();
    let pages = 1;
    for (let page = first; ; pages++) {
      for (const row of page.Conversations) {
        const known = Since === 0 || conversations.find(idOf(row))?.fromServer;
        const entry = conversations.mergeRow(row);
        synced.add(entry);
        if (isGroup(row)) this.#options.groupRow(row);
        if (awaySince > 0 && entry.hasStoredMessages && (entry.row.OperationMs ?? 0) >= awaySince)
          withChangedMessages.add(entry.peer);
        // If a conversation is shown or complete, its offsets show every missing message. If it is new, they do not.
        const { shown, complete } = entry.timeline;
        if (!known && !shown && !complete && row.TimeMs >= Since) gapFiller.loadNewConversation(entry, Since);
      }
      this.#options.changed();
      if (page.Complete || !page.Cursor) break;
      page = await session.sync({ Since, Cursor: page.Cursor });
    }
    for (const peer of withChangedMessages) await this.#readOperationLog(peer, awaySince);
    this.since = first.Since;
    // A conversation that moved up in the list between two pages was in neither of them: the next sync has it.
    if (pages > 1) return this.#sync(gapWait);
    persist({ kind: "since", since: first.Since });
    for (const entry of conversations.entries) gapFiller.check(entry, synced.has(entry) ? gapWait : undefined);
    const { Conversations, Complete, Cursor, Since: next, Spread, Expired, ...counters } = first;
    this.#options.spread(Spread);
    return counters;
  }

  /** Reads what happened to the messages of a conversation since a time: recalls, edits, deletions and reactions. */
  async #readOperationLog(id: string, Since: number): Promise<void> {
    const { conversations, message } = this.#options;
    let Cursor: string | undefined;
    do {
      const requestedAt = conversations.revision;
      const page = await message.changes({ ...nameOf(id), Since, ...(Cursor ? { Cursor } : {}) });
      for (const m of messagesOf(page)) conversations.updateMessage(m, requestedAt);
      conversations.removeMessages(id, page.Deleted ?? []);
      Cursor = page.Complete ? undefined : page.Cursor;
      this.#options.changed();
    } while (Cursor);
  }

  /** Emits `synced`, and an event for each version that differs from the last sync. */
  #emitCounters(counters: Counters): void {
    const { events } = this.#options;
    const before = this.#counters ?? counters;
    this.#counters = counters;
    const { FriendVersion = 0, ListVersion = 0, BlockVersion = 0 } = counters;
    this.#options.friendTableChanged(FriendVersion);
    this.#options.groupsChanged(counters.GroupVersion ?? 0);
    if (FriendVersion !== (before.FriendVersion ?? 0)) events.emit("friend.changed", { To_Account: [], FriendVersion });
    if (ListVersion !== (before.ListVersion ?? 0)) events.emit("friend.changed", { GroupName: [], ListVersion });
    if (BlockVersion !== (before.BlockVersion ?? 0)) events.emit("block.changed", { BlockVersion });
    events.emit("synced", counters);
  }
}
