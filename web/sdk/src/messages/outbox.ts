import { idOf } from "../conversations/conversationId.ts";
import { ParleyError } from "../errors.ts";
import type { Change } from "../storage/store.ts";
import { jsonCopy } from "../text/json.ts";
import { backoff } from "../time/backoff.ts";
import { elapsedSince, type Moment, moment, type ServerClock } from "../time/serverClock.ts";
import { idempotencyWindow, type Timing } from "../time/timing.ts";
import { sleep } from "../time/wait.ts";
import type { AnyMessage, Draft, HistoryPage, HistoryRange, Pending } from "../types.ts";
import { isMessageOf } from "./timeline.ts";

/** The most by which the clocks of two servers differ, ms. */
const clockError = 10_000;

/**
 * After this time without an answer the client looks for a message in the history before
 * it sends it again. It is half of the server's idempotency window, since a request may be
 * on its way for a long time.
 */
const lookupAfter = idempotencyWindow / 2;

/** What an outbox needs. */
export interface OutboxOptions {
  /** The signed-in user. */
  me: string;
  timing: Timing;
  clock: ServerClock;
  /** Sends a message once. */
  post(draft: Draft): Promise<AnyMessage>;
  /** The stored message of a draft, if the client has it in memory. */
  findSent(draft: Draft): AnyMessage | undefined;
  /** Reads a page of the history from the server. */
  readHistory(to: string, range: HistoryRange): Promise<HistoryPage<AnyMessage>>;
  /** The history has the stored message of a draft. */
  found(m: AnyMessage): void;
  persist(change: Change): void;
  /** Resolves when everything that was given to `persist` is written. */
  persisted(): Promise<void>;
  /** The pending messages of a conversation have changed. */
  changed(to: string): void;
  /** An attempt was not answered; the connection may be dead too. */
  unanswered(): void;
}

/** One message that is not known to be stored. */
interface OutboxItem {
  pending: Pending;
  /** The attempts to send it; absent: none is made. */
  delivery?: Promise<AnyMessage>;
  /** Aborted when the item leaves the outbox: its message is stored or was discarded. */
  removed: AbortController;
  /** When the first attempt was made whose outcome is not known; `unknown`: before this client was started. */
  unansweredSince?: Moment | "unknown";
  /** JSON cannot express its message, so the device does not store it. */
  notSerializable?: boolean;
}

/**
 * Sends messages. The messages of a conversation are sent one after the other, and each is
 * sent again until the server answers, also after a restart. A message that the server
 * refuses stays in the outbox as failed, until the app sends it again or discards it.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #items = new Map<string, OutboxItem[]>();
  /** The items that are being sent in each conversation, in the order of sending. Attempts are made for the first one only. */
  readonly #queues = new Map<string, OutboxItem[]>();
  /** Functions to call when the first item of a queue may have changed. */
  readonly #turnChecks = new Set<() => void>();
  #wakeup = new AbortController();
  #running = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Begins to make attempts. */
  start(): void {
    this.#running = true;
    this.#checkTurns();
  }

  /** Makes no attempt until the next start. */
  stop(): void {
    this.#running = false;
    this.wake();
  }

  /** The messages of a conversation that are not known to be stored, in the order in which they were written. */
  pending(to: string): readonly Pending[] {
    return (this.#items.get(to) ?? []).map(({ pending }) => pending);
  }

  /**
   * Takes over the messages that were pending when the last client ended. Those that were
   * not refused are sent, before the messages that were written since.
   */
  restore(stored: readonly Pending[]): void {
    const restored = new Map<string, OutboxItem[]>();
    for (const pending of stored) {
      const to = idOf(pending.draft);
      if (this.#find(pending.draft)) continue;
      const item: OutboxItem = { pending, removed: new AbortController(), unansweredSince: "unknown" };
      restored.set(to, [...(restored.get(to) ?? []), item]);
    }
    for (const [to, items] of restored) {
      this.#items.set(to, [...items, ...(this.#items.get(to) ?? [])]);
      const later = this.#queues.get(to) ?? [];
      this.#queues.set(to, []);
      for (const item of items) if (item.pending.state === "sending") this.#enqueue(item).catch(() => {});
      this.#queues.set(to, [...(this.#queues.get(to) ?? []), ...later]);
      this.#options.changed(to);
    }
  }

  /** Resolves with the stored message; rejects if the server refuses the message or the app discards it. */
  send(given: Draft): Promise<AnyMessage> {
    let found = this.#find(given);
    if (found?.notSerializable) {
      this.#remove(found); // the app may have corrected it
      found = undefined;
    }
    if (found) return found.delivery ?? this.#enqueue(found);
    const now = this.#options.clock.now();
    const times = { since: now ?? Date.now(), ...(now === undefined ? {} : { after: now }) };
    try {
      const draft = jsonCopy(given); // the app may change its object later
      return this.#enqueue(this.#add(idOf(draft), { draft, state: "sending", ...times }));
    } catch (error) {
      const item = this.#add(idOf(given), { draft: given, state: "sending", ...times });
      item.notSerializable = true;
      this.#set(item, failed(item.pending, error));
      return Promise.reject(error);
    }
  }

  /** Removes a message from the outbox. If it is being sent, the server may have stored it nevertheless. */
  discard(draft: Draft): void {
    const item = this.#find(draft);
    if (item) this.#remove(item);
  }

  /** The network is back: the waits between attempts end now. */
  wake(): void {
    this.#wakeup.abort();
    this.#wakeup = new AbortController();
  }

  /** Removes everything; the promises of `send` reject. */
  clear(): void {
    for (const item of [...this.#items.values()].flat()) this.#remove(item);
  }

  #find(draft: Draft): OutboxItem | undefined {
    return this.#items
      .get(idOf(draft))
      ?.find(({ pending: { draft: d } }) => d.MsgSeq === draft.MsgSeq && d.MsgRandom === draft.MsgRandom);
  }

  #add(to: string, pending: Pending): OutboxItem {
    const item: OutboxItem = { pending, removed: new AbortController() };
    this.#items.set(to, [...(this.#items.get(to) ?? []), item]);
    return item;
  }

  #set(item: OutboxItem, pending: Pending): void {
    item.pending = pending;
    if (!item.notSerializable) this.#options.persist({ kind: "pending", pending });
    this.#options.changed(idOf(pending.draft));
  }

  #remove(item: OutboxItem): void {
    const { MsgSeq, MsgRandom } = item.pending.draft;
    const to = idOf(item.pending.draft);
    const left = (this.#items.get(to) ?? []).filter((other) => other !== item);
    if (left.length > 0) this.#items.set(to, left);
    else this.#items.delete(to);
    item.removed.abort();
    this.#options.persist({ kind: "settle", peer: to, MsgSeq, MsgRandom });
    this.#options.changed(to);
  }

  #enqueue(item: OutboxItem): Promise<AnyMessage> {
    const { error, ...pending } = item.pending;
    this.#set(item, { ...pending, state: "sending" });
    const to = idOf(pending.draft);
    this.#queues.set(to, [...(this.#queues.get(to) ?? []), item]);
    const delivery = this.#turn(item).then(() => this.#sendUntilAnswered(item));
    item.delivery = delivery;
    delivery
      .then(
        () => this.#remove(item),
        (error) => {
          delete item.delivery;
          if (!item.removed.signal.aborted) this.#set(item, failed(item.pending, error));
        },
      )
      .then(() => {
        const left = (this.#queues.get(to) ?? []).filter((other) => other !== item);
        if (left.length > 0) this.#queues.set(to, left);
        else this.#queues.delete(to);
        this.#checkTurns();
      });
    return delivery;
  }

  #checkTurns(): void {
    for (const check of [...this.#turnChecks]) check();
  }

  /** Resolves when the outbox runs and the item is the first of its queue, or when the item is removed. */
  #turn(item: OutboxItem): Promise<void> {
    const { draft } = item.pending;
    return new Promise((resolve) => {
      const check = () => {
        const first = this.#running && this.#queues.get(idOf(draft))?.[0] === item;
        if (!first && !item.removed.signal.aborted) return;
        this.#turnChecks.delete(check);
        item.removed.signal.removeEventListener("abort", check);
        resolve();
      };
      this.#turnChecks.add(check);
      item.removed.signal.addEventListener("abort", check);
      void Promise.resolve().then(check); // later than now: `restore` may still put an item before this one
    });
  }

  async #sendUntilAnswered(item: OutboxItem): Promise<AnyMessage> {
    const { timing, clock } = this.#options;
    const { draft } = item.pending;
    for (let attempt = 0; ; attempt++) {
      if (!this.#running) await this.#turn(item);
      if (item.removed.signal.aborted) throw new ParleyError("the message was discarded", 0, 0);
      const sent = this.#options.findSent(draft);
      if (sent) return sent;
      const { unansweredSince } = item;
      try {
        if (unansweredSince === "unknown" || (unansweredSince && elapsedSince(unansweredSince) > lookupAfter)) {
          // The server may not recognize a repeat any more, and would store the message a second time. So look in the
          // history whether an earlier attempt has stored it. If not, this attempt counts as the first.
          const stored = await this.#findStored(item);
          if (stored) return stored;
          delete item.unansweredSince;
        }
        if (!item.unansweredSince) {
          const now = clock.now();
          const { tried, ...pending } = item.pending;
          item.pending = now === undefined ? pending : { ...pending, tried: now };
          this.#options.persist({ kind: "pending", pending: item.pending });
        }
        await this.#options.persisted(); // if the page is closed now, the next client finds the message
        if (!this.#running) continue;
        item.unansweredSince ??= moment();
        return await this.#options.post(draft);
      } catch (error) {
        const refused = !(error instanceof ParleyError && error.temporary);
        if (refused && !unansweredSince) {
          delete item.unansweredSince; // this attempt stored nothing, and there was no earlier one
          throw error;
        }
        if (refused) {
          // The server refuses this attempt, but it may have stored an earlier one whose answer was lost. Example: the
          // answer to the first attempt is lost, then the receiver blocks the sender, and the repeat is refused.
          const stored = await this.#findStored(item).catch(() => undefined);
          if (stored) return stored;
          throw error;
        }
        if ((error as ParleyError).status === 0) this.#options.unanswered();
        await sleep(backoff(attempt, timing), this.#wakeup.signal, item.removed.signal);
      }
    }
  }

  /** Looks in the history, from the first attempt on, for the stored message of an item. */
  async #findStored(item: OutboxItem): Promise<AnyMessage | undefined> {
    const { me, readHistory, found } = this.#options;
    const { draft, tried, after } = item.pending;
    const since = tried ?? after;
    const fromTime = since === undefined ? 0 : Math.max(0, Math.floor((since - clockError) / 1000));
    const range: HistoryRange = { limit: 100 };
    // The keys of messages of groups have no times, so these histories are read back to that time.
    if (fromTime > 0 && draft.GroupId === undefined) range.from = `0_0_${fromTime}`;
    for (;;) {
      const { MsgList, Complete, Next } = await readHistory(idOf(draft), range);
      const stored = MsgList.find((m) => isMessageOf(draft, m, me));
      if (stored) found(stored);
      if (stored || Complete || !Next || (MsgList[0]?.MsgTime ?? fromTime) < fromTime) return stored;
      range.to = Next;
    }
  }
}

function failed(pending: Pending, error: unknown): Pending {
  const { code, message } = error instanceof ParleyError ? error : { code: 0, message: String(error) };
  return { ...pending, state: "failed", error: { code, message } };
}
