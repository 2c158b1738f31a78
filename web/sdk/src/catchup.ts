import type { Book, Entry } from "./book.ts";
import { type Moment, moment, passed, type ServerClock } from "./clock.ts";
import type { Emitter } from "./emitter.ts";
import { ParleyError } from "./errors.ts";
import type { Mender } from "./mender.ts";
import type { Change } from "./store.ts";
import { backoff, sleep, type Timing } from "./timing.ts";
import type { Counters, Events, MessageOperations, SessionOperations } from "./types.ts";

/** What a catch-up needs. */
export interface CatchUpOptions {
  book: Book;
  keep(change: Change): void;
  mender: Mender;
  events: Emitter<Events>;
  timing: Timing;
  session: Pick<SessionOperations, "sync">;
  message: Pick<MessageOperations, "changes">;
  /** Whether there is a connection: else the next one catches up. */
  online(): boolean;
  /** The next reconnect is spread over so many seconds. */
  spread(seconds: number): void;
  /** A page is taken in. */
  changed(): void;
  /** The identity was refused. Resolves with whether there is a point in going on. */
  refused(): Promise<boolean>;
  /** The device was away for longer than messages are kept: the server tells everything anew. */
  expired(): void;
  clock: ServerClock;
  /** The server's friend table has this version. */
  friends(version: number): void;
}

/** Brings what is held up to what the server knows. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  #running: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ran: Moment | undefined;
  #counters: Counters | undefined;
  #stopped = new AbortController();
  /** Everything that changed before is here, Unix ms of the server; 0: nothing is. */
  since = 0;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /**
   * Catches up, again and again as long as there is a connection. One at a time.
   *
   * @param patience how long to wait for frames of what a sync says is missing, ms
   */
  run(patience = 0): Promise<void> {
    this.#running = this.#running.then(() => this.#run(patience));
    return this.#running;
  }

  /** Catches up in a moment, once for many reasons. */
  soon(): void {
    this.#after(this.#options.timing.gap);
  }

  /** The app is in front again: catches up, unless that was done just now. */
  refresh(): void {
    if (!this.#ran || passed(this.#ran) > this.#options.timing.fresh) this.soon();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped.abort();
    this.#stopped = new AbortController();
  }

  /** Begins from nothing. */
  reset(): void {
    this.since = 0;
    this.#counters = undefined;
  }

  async #run(patience: number): Promise<void> {
    clearTimeout(this.#timer);
    for (let attempt = 0; this.#options.online(); attempt++) {
      try {
        this.#tell(await this.#sync(patience));
        this.#ran = moment();
        this.#after(this.#options.timing.sync); // a living connection may lose a frame, too
        return;
      } catch (error) {
        if (error instanceof ParleyError && error.refused && !(await this.#options.refused())) return;
        await sleep(backoff(attempt, this.#options.timing), this.#stopped.signal);
      }
    }
  }

  #after(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#options.online()) return; // the next connection catches up
    this.#timer = setTimeout(() => void this.run(), ms);
  }

  /** One sync: the rows that changed, then what became of messages that are held. Returns what the first page tells besides. */
  async #sync(patience: number, away = this.since): Promise<Counters> {
    const { book, keep, mender, session } = this.#options;
    const Since = this.since;
    const first = await session.sync({ Since });
    this.#options.clock.atLeast(first.Since);
    if (first.Expired) {
      this.since = 0;
      this.#options.expired();
      return this.#sync(patience, Since);
    }
    const entries = new Set<Entry>();
    const amended = new Set<string>();
    let pages = 1;
    for (let page = first; ; pages++) {
      for (const row of page.Conversations) {
        const known = Since === 0 || book.find(row.To_Account)?.told;
        const entry = book.tell(row); // what is missing of one that is shown or complete is seen by its ordinals
        entries.add(entry);
        if (away > 0 && entry.held && (entry.row.OperationMs ?? 0) >= away) amended.add(entry.peer);
        const { shown, complete } = entry.timeline;
        if (!known && !shown && !complete && row.TimeMs >= Since) mender.greet(entry, Since);
      }
      this.#options.changed();
      if (page.Complete || !page.Cursor) break;
      page = await session.sync({ Since, Cursor: page.Cursor });
    }
    for (const peer of amended) await this.#changes(peer, away);
    this.since = first.Since;
    if (pages > 1) return this.#sync(patience); // what moved up between two pages was in none of them
    keep({ kind: "since", since: first.Since });
    for (const entry of book.entries) mender.notice(entry, entries.has(entry) ? patience : undefined);
    const { Conversations, Complete, Cursor, Since: next, Spread, Expired, ...counters } = first;
    this.#options.spread(Spread);
    return counters;
  }

  async #changes(To_Account: string, Since: number): Promise<void> {
    const { book, message } = this.#options;
    let Cursor: string | undefined;
    do {
      const asked = book.heard;
      const page = await message.changes({ To_Account, Since, ...(Cursor ? { Cursor } : {}) });
      for (const m of page.MsgList) book.renew(m, asked);
      book.drop(To_Account, page.Deleted ?? []);
      Cursor = page.Complete ? undefined : page.Cursor;
      this.#options.changed();
    } while (Cursor);
  }

  /** Tells what a sync found besides messages. */
  #tell(now: Counters): void {
    const { events } = this.#options;
    const was = this.#counters ?? now;
    this.#counters = now;
    const { FriendVersion = 0, ListVersion = 0, BlockVersion = 0 } = now;
    this.#options.friends(FriendVersion);
    if (FriendVersion !== (was.FriendVersion ?? 0)) events.emit("friend.changed", { To_Account: [], FriendVersion });
    if (ListVersion !== (was.ListVersion ?? 0)) events.emit("friend.changed", { GroupName: [], ListVersion });
    if (BlockVersion !== (was.BlockVersion ?? 0)) events.emit("block.changed", { BlockVersion });
    events.emit("synced", now);
  }
}
