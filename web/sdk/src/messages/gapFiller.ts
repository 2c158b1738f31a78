import type { ConversationEntry, ConversationStore } from "../conversations/conversationStore.ts";
import { ParleyError } from "../errors.ts";
import { backoff } from "../time/backoff.ts";
import type { Timing } from "../time/timing.ts";
import type { AnyMessage, HistoryPage, HistoryRange } from "../types.ts";
import { compare, offsetOf, parseKey } from "./messageKey.ts";
import type { Direction } from "./timeline.ts";

const directions: Direction[] = ["in", "out"];

/**
 * When to search again for messages that the history did not have, as multiples of
 * `timing.gap`. A send may fail after the server has given out its offset, and a repeat of
 * that send may store the message later, within the server's idempotency window. The last
 * search is at the end of that window (240 × 500 ms = 120 s).
 */
const searchAgainAfter = [20, 60, 240];

/** How many conversations are filled at the same time. */
const maxConcurrent = 4;

/** What a gap filler needs. */
export interface GapFillerOptions {
  conversations: ConversationStore;
  timing: Timing;
  /** Reads a page of the history from the server. */
  readHistory(peer: string, range: HistoryRange): Promise<HistoryPage<AnyMessage>>;
  /** A missing message was found and added. */
  found(m: AnyMessage): void;
}

/** Fills gaps in conversations. It waits a little for a frame that is only late, then reads the history. */
export class GapFiller {
  readonly #options: GapFillerOptions;
  /** The timers of conversations whose gap may still close by itself. */
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>();
  /** The conversations whose history is being read. */
  readonly #busy = new Set<string>();
  /** Conversations that are new on this device, and the time of the sync after which they appeared. */
  readonly #newConversations = new Map<ConversationEntry, number>();
  readonly #failures = new Map<string, number>();
  readonly #retryTimers = new Set<ReturnType<typeof setTimeout>>();
  /** While false, nothing is read, and no timer is set. Example: the answer of a sync arrives after the app called `close`. */
  #running = false;
  /** Counts the stops, so that an answer to a request made before one is not used after it. */
  #stops = 0;

  constructor(options: GapFillerOptions) {
    this.#options = options;
  }

  /** Begins to read. What a stop has interrupted for new conversations is read again. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    for (const entry of this.#newConversations.keys()) void this.#loadNewConversation(entry, 0);
  }

  /** Stops reading and waiting. The next sync finds again what is missing. */
  stop(): void {
    this.#running = false;
    this.#stops++;
    for (const timer of [...this.#waiting.values(), ...this.#retryTimers]) clearTimeout(timer);
    this.#waiting.clear();
    this.#retryTimers.clear();
  }

  /** Forgets what is to be read: the conversations were deleted on this device. */
  clear(): void {
    this.#newConversations.clear();
    this.#failures.clear();
  }

  /** Checks a conversation after something arrived. If a gap does not close within `wait` ms, it is filled. */
  check(entry: ConversationEntry, wait = this.#options.timing.gap): void {
    const { peer } = entry;
    if (!this.#running || !entry.timeline.hasGap || this.#waiting.has(peer) || this.#busy.has(peer)) return;
    this.#waiting.set(
      peer,
      setTimeout(() => {
        this.#waiting.delete(peer);
        if (this.#busy.size < maxConcurrent) void this.#fill(entry);
        else this.check(entry);
      }, wait),
    );
  }

  /**
   * Reads the first messages of a conversation that is new on this device. The frames of
   * these messages may be lost, and without them no offset shows that one is missing.
   *
   * @param since the time of the sync after which the conversation appeared, Unix ms of the server
   */
  loadNewConversation(entry: ConversationEntry, since: number): void {
    if (!this.#newConversations.has(entry)) this.#newConversations.set(entry, since);
    void this.#loadNewConversation(entry, 0);
  }

  async #loadNewConversation(entry: ConversationEntry, attempt: number): Promise<void> {
    const since = this.#newConversations.get(entry);
    if (!this.#running || since === undefined || this.#busy.has(entry.peer)) return;
    this.#busy.add(entry.peer);
    const [requestedAt, stops] = [this.#options.conversations.revision, this.#stops];
    try {
      const fromTime = Math.max(0, Math.floor(since / 1000) - 2);
      // The keys of messages of groups have no times.
      const from = entry.row.GroupId === undefined ? { from: `0_0_${fromTime}` } : {};
      const { MsgList } = await this.#options.readHistory(entry.peer, { ...from, limit: 100 });
      const newer = MsgList.filter((m) => m.MsgTime >= fromTime);
      if (stops === this.#stops) {
        for (const m of newer) this.#add(m, requestedAt);
        this.#newConversations.delete(entry);
      }
    } catch (error) {
      if (!(error instanceof ParleyError && error.temporary)) this.#newConversations.delete(entry);
    } finally {
      this.#busy.delete(entry.peer);
    }
    if (!this.#running) return;
    this.check(entry);
    if (!this.#newConversations.has(entry)) return;
    const timer = setTimeout(
      () => {
        this.#retryTimers.delete(timer);
        void this.#loadNewConversation(entry, attempt + 1);
      },
      backoff(attempt + 1, this.#options.timing),
    );
    this.#retryTimers.add(timer);
  }

  async #fill(entry: ConversationEntry): Promise<void> {
    if (!entry.timeline.hasGap) return;
    this.#busy.add(entry.peer);
    let wait = this.#options.timing.gap;
    try {
      await this.#readMissing(entry);
      this.#failures.delete(entry.peer);
    } catch (error) {
      if (error instanceof ParleyError && error.temporary) {
        const failures = this.#failures.get(entry.peer) ?? 0;
        this.#failures.set(entry.peer, failures + 1);
        wait = backoff(failures + 1, this.#options.timing);
      } else {
        this.#giveUp(entry, this.#missing(entry));
      }
    } finally {
      this.#busy.delete(entry.peer);
    }
    this.check(entry, wait);
  }

  async #readMissing(entry: ConversationEntry): Promise<void> {
    const missing = this.#missing(entry);
    // Messages of the same second are ordered by what each device of the sender has chosen. So the message between two
    // offsets may be a little outside of the range between their two keys. The second round reads 2 seconds more on
    // each side. Example: messages 1, 2, 3 of one second have the sequences 5, 900, 6; message 2 comes after 3.
    // In a group the numbers are the order, so one round is enough.
    for (const margin of entry.row.GroupId === undefined ? [undefined, 2] : [undefined]) {
      await this.#readRange(entry, margin);
      if (!entry.timeline.hasGap) return;
    }
    if (!this.#running) return;
    const range = this.#range(entry, 2);
    this.#giveUp(entry, missing);
    for (const times of searchAgainAfter) {
      const timer = setTimeout(() => {
        this.#retryTimers.delete(timer);
        void this.#searchAgain(entry, range, missing);
      }, times * this.#options.timing.gap);
      this.#retryTimers.add(timer);
    }
  }

  /** Searches a range for messages that were given up and have not arrived since. */
  async #searchAgain(entry: ConversationEntry, range: HistoryRange, lost: Record<Direction, number[]>): Promise<void> {
    const { timeline } = entry;
    const isLost = (m: AnyMessage) => lost[timeline.direction(m)].includes(offsetOf(m));
    const allFound = () => timeline.messages.filter(isLost).length === lost.in.length + lost.out.length;
    try {
      for (let to = range.to, more = true; more && !allFound(); ) {
        const requestedAt = this.#options.conversations.revision;
        const { MsgList, Complete, Next } = await this.#options.readHistory(entry.peer, to ? { ...range, to } : range);
        for (const m of MsgList) if (isLost(m)) this.#add(m, requestedAt);
        to = Next;
        more = !Complete && Next !== undefined;
      }
    } catch {
      // A later search follows, or the next sync.
    }
  }

  /** Reads the range of the missing messages, newest page first, until the gap is closed or the range is read. */
  async #readRange(entry: ConversationEntry, margin: number | undefined): Promise<void> {
    const range = this.#range(entry, margin);
    for (let page = 0; page < 100 && entry.timeline.hasGap; page++) {
      const missing = this.#missing(entry);
      const requestedAt = this.#options.conversations.revision;
      const { MsgList, Complete, Next } = await this.#options.readHistory(entry.peer, range);
      for (const m of MsgList.slice().reverse()) {
        const offsets = entry.timeline.offsets(entry.timeline.direction(m));
        const offset = offsetOf(m);
        if (offset && offsets.lacks(offset)) this.#add(m, requestedAt);
      }
      const belowAllMissing = directions.every(
        (d) =>
          !missing[d][0] ||
          MsgList.some((m) => entry.timeline.direction(m) === d && offsetOf(m) < (missing[d][0] ?? 0)),
      );
      if (Complete || !Next || (belowAllMissing && margin === undefined)) return;
      range.to = Next;
    }
  }

  #add(m: AnyMessage, requestedAt: number): void {
    const added = this.#options.conversations.addMessage(m, 0, requestedAt);
    if (added) this.#options.found(added);
  }

  /** @param margin how many seconds the range is wider on each side; undefined: exactly between the two messages */
  #range(entry: ConversationEntry, margin: number | undefined): HistoryRange {
    if (entry.row.GroupId !== undefined) return this.#rangeOfNumbers(entry);
    const gap = entry.timeline.gapRange() ?? {};
    const start = entry.trackedAfter === undefined ? undefined : parseKey(entry.trackedAfter);
    const after = gap.after && start && compare(gap.after, start) < 0 ? start : (gap.after ?? start);
    const range: HistoryRange = { limit: 100 };
    const last = 0xffffffff;
    if (after) {
      range.from =
        margin === undefined
          ? `${after.MsgSeq}_${after.MsgRandom}_${after.MsgTime}`
          : `0_0_${Math.max(0, after.MsgTime - margin)}`;
    }
    if (gap.before) {
      range.to = margin === undefined ? gap.before.MsgKey : `${last}_${last}_${gap.before.MsgTime + margin}`;
    }
    return range;
  }

  /** The range of the missing messages of a group: the keys of its messages are their numbers, in order. */
  #rangeOfNumbers(entry: ConversationEntry): HistoryRange {
    const missing = entry.timeline.offsets("in").missing();
    if (!missing) return { limit: 100 };
    const from = missing.first > 1 ? { from: String(missing.first - 1) } : {};
    return { limit: 100, ...from, to: String(missing.last + 1) };
  }

  #missing(entry: ConversationEntry): Record<Direction, number[]> {
    const all = (d: Direction) => entry.timeline.offsets(d).missing()?.all ?? [];
    return { in: all("in"), out: all("out") };
  }

  #giveUp(entry: ConversationEntry, missing: Record<Direction, number[]>): void {
    for (const d of directions) for (const n of missing[d]) entry.timeline.offsets(d).giveUp(n);
  }
}
