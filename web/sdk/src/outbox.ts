import { ParleyError } from "./errors.ts";
import type { Change } from "./store.ts";
import { backoff, sendWindow, sleep, type Timing } from "./timing.ts";
import type { Draft, HistoryPage, HistoryRange, Message, Pending } from "./types.ts";

/** By how much the clocks of a device and of the server differ at most, ms. */
const clockError = 5 * 60_000;

/** What an outbox needs. */
export interface OutboxOptions {
  /** The signed-in user. */
  me: string;
  timing: Timing;
  /** One attempt. */
  post(draft: Draft): Promise<Message>;
  /** The stored form of a draft, if this client holds it. */
  held(draft: Draft): Message | undefined;
  pull(to: string, range: HistoryRange): Promise<HistoryPage>;
  /** A draft was found to be stored. */
  found(m: Message): void;
  keep(change: Change): void;
  /** Resolves when everything given to `keep` is written. */
  kept(): Promise<void>;
  /** What is pending with a user changed. */
  changed(to: string): void;
  /** An attempt failed on the way; the connection may be dead, too. */
  failed(): void;
}

/** One message on its way. */
interface Parcel {
  pending: Pending;
  /** The attempts under way; absent: there are none. */
  delivery?: Promise<Message>;
  /** Ends the attempts: it was settled or taken back. */
  taken: AbortController;
}

/**
 * Sends drafts: one after the other in a conversation, and again and again until
 * the server answers, also after a restart. A draft that the server refuses stays
 * until it is sent again or discarded.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #parcels = new Map<string, Parcel[]>();
  readonly #queues = new Map<string, Promise<unknown>>();
  #wakeup = new AbortController();
  #running = false;
  /** Resolves with the next start. */
  #started: Promise<void>;
  #start = () => {};

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#started = this.#stopped();
  }

  /** Attempts are made from now on. */
  start(): void {
    this.#running = true;
    this.#start();
  }

  /** No attempt is made until the next start. */
  stop(): void {
    this.#running = false;
    this.#started = this.#stopped();
    this.wake();
  }

  /** What is not known to be stored, in the order in which it was written. */
  pending(to: string): readonly Pending[] {
    return (this.#parcels.get(to) ?? []).map(({ pending }) => pending);
  }

  /** Takes in what was pending when the client was here last; what was not refused goes on its way. */
  restore(kept: readonly Pending[]): void {
    for (const pending of kept) {
      const { To_Account } = pending.draft;
      if (this.#find(pending.draft)) continue;
      const parcel = this.#add(To_Account, pending);
      if (pending.state === "sending") void this.#deliver(parcel).catch(() => {});
      this.#options.changed(To_Account);
    }
  }

  /** Resolves with the stored message; rejects when the server refuses it, or when it is discarded. */
  send(draft: Draft): Promise<Message> {
    const parcel = this.#find(draft) ?? this.#add(draft.To_Account, { draft, state: "sending", since: Date.now() });
    return parcel.delivery ?? this.#deliver(parcel);
  }

  /** Takes a draft back. One that is on its way may have been stored nevertheless. */
  discard(draft: Draft): void {
    const parcel = this.#find(draft);
    if (parcel) this.#settle(parcel);
  }

  /** The network is back: waits for another attempt end now. */
  wake(): void {
    this.#wakeup.abort();
    this.#wakeup = new AbortController();
  }

  /** Writes down everything pending anew: the store was emptied. */
  keepAll(): void {
    for (const { pending } of [...this.#parcels.values()].flat()) this.#options.keep({ kind: "pending", pending });
  }

  /** Forgets everything; promises of sends reject. */
  clear(): void {
    for (const parcel of [...this.#parcels.values()].flat()) this.#settle(parcel);
  }

  #stopped(): Promise<void> {
    return new Promise((resolve) => {
      this.#start = resolve;
    });
  }

  #find(draft: Draft): Parcel | undefined {
    return this.#parcels
      .get(draft.To_Account)
      ?.find(({ pending: { draft: d } }) => d.MsgSeq === draft.MsgSeq && d.MsgRandom === draft.MsgRandom);
  }

  #add(to: string, pending: Pending): Parcel {
    const parcel: Parcel = { pending, taken: new AbortController() };
    this.#parcels.set(to, [...(this.#parcels.get(to) ?? []), parcel]);
    return parcel;
  }

  #set(parcel: Parcel, pending: Pending): void {
    parcel.pending = pending;
    this.#options.keep({ kind: "pending", pending });
    this.#options.changed(pending.draft.To_Account);
  }

  #settle(parcel: Parcel): void {
    const { To_Account, MsgSeq, MsgRandom } = parcel.pending.draft;
    const left = (this.#parcels.get(To_Account) ?? []).filter((other) => other !== parcel);
    if (left.length > 0) this.#parcels.set(To_Account, left);
    else this.#parcels.delete(To_Account);
    parcel.taken.abort();
    this.#options.keep({ kind: "settle", peer: To_Account, MsgSeq, MsgRandom });
    this.#options.changed(To_Account);
  }

  #deliver(parcel: Parcel): Promise<Message> {
    const { draft, since, tried } = parcel.pending;
    this.#set(parcel, { draft, state: "sending", since, ...(tried === undefined ? {} : { tried }) });
    const before = this.#queues.get(draft.To_Account) ?? Promise.resolve();
    const delivery = before.then(() => this.#attempts(parcel));
    parcel.delivery = delivery;
    const settled = delivery.then(
      () => this.#settle(parcel),
      (error) => {
        delete parcel.delivery;
        if (parcel.taken.signal.aborted) return;
        const { code, message } = error instanceof ParleyError ? error : { code: 0, message: String(error) };
        this.#set(parcel, { ...parcel.pending, state: "failed", error: { code, message } });
      },
    );
    this.#queues.set(draft.To_Account, settled);
    void settled.then(() => {
      if (this.#queues.get(draft.To_Account) === settled) this.#queues.delete(draft.To_Account);
    });
    return delivery;
  }

  async #attempts(parcel: Parcel): Promise<Message> {
    const { timing } = this.#options;
    const { draft } = parcel.pending;
    for (let attempt = 0; ; attempt++) {
      if (!this.#running) await this.#going(parcel.taken.signal);
      if (parcel.taken.signal.aborted) throw new ParleyError("the message was discarded", 0, 0);
      const held = this.#options.held(draft);
      if (held) return held;
      try {
        const { tried } = parcel.pending;
        if (tried !== undefined && Date.now() - tried > sendWindow - timing.callTimeout) {
          // Too late for the server to know a repeat: see whether an earlier attempt got through, then begin anew.
          const stored = await this.#stored(draft, tried);
          if (stored) return stored;
          this.#tried(parcel, Date.now());
        } else if (tried === undefined) {
          this.#tried(parcel, Date.now());
        }
        await this.#options.kept(); // a page that is closed now finds it again
        return await this.#options.post(draft);
      } catch (error) {
        if (!(error instanceof ParleyError) || !error.temporary) throw error;
        if (error.status === 0) this.#options.failed();
        await sleep(backoff(attempt, timing), this.#wakeup.signal, parcel.taken.signal);
      }
    }
  }

  /** Looks through the history since a time (Unix ms) for what a draft became. */
  async #stored(draft: Draft, since: number): Promise<Message | undefined> {
    const { me, pull, found } = this.#options;
    const range: HistoryRange = { from: `0_0_${Math.max(0, Math.floor((since - clockError) / 1000))}`, limit: 100 };
    for (;;) {
      const { MsgList, Complete, Next } = await pull(draft.To_Account, range);
      const stored = MsgList.find(
        (m) => m.From_Account === me && m.MsgSeq === draft.MsgSeq && m.MsgRandom === draft.MsgRandom,
      );
      if (stored) found(stored);
      if (stored || Complete || !Next) return stored;
      range.to = Next;
    }
  }

  /** Resolves when attempts are made, or there is no more need of one. */
  #going(taken: AbortSignal): Promise<unknown> {
    return Promise.race([this.#started, new Promise((resolve) => taken.addEventListener("abort", resolve))]);
  }

  #tried(parcel: Parcel, at: number): void {
    parcel.pending = { ...parcel.pending, tried: at };
    this.#options.keep({ kind: "pending", pending: parcel.pending });
  }
}
