import { type Moment, moment, passed, type ServerClock } from "./clock.ts";
import { ParleyError } from "./errors.ts";
import { plain } from "./plain.ts";
import type { Change } from "./store.ts";
import { backoff, sendWindow, sleep, type Timing } from "./timing.ts";
import type { Draft, HistoryPage, HistoryRange, Message, Pending } from "./types.ts";

/** By how much the clocks of two servers differ at most, ms. */
const clockError = 10_000;

/**
 * After this time without an answer a message is looked for before it is sent
 * again. Half of the server's window: a request may be on its way for long.
 */
const doubtful = sendWindow / 2;

/** What an outbox needs. */
export interface OutboxOptions {
  /** The signed-in user. */
  me: string;
  timing: Timing;
  clock: ServerClock;
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
  /** When an attempt was first made whose outcome is not known; `always`: nobody knows when. */
  unsure?: Moment | "always";
  /** It cannot be written down, so it is not kept on the device. */
  unwritable?: boolean;
}

/**
 * Sends drafts: one after the other in a conversation, and again and again until
 * the server answers, also after a restart. A draft that the server refuses stays
 * until it is sent again or discarded.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #parcels = new Map<string, Parcel[]>();
  /** What is on its way to each user, in the order of delivery; the first one is attempted. */
  readonly #queues = new Map<string, Parcel[]>();
  /** Changes when the first of a queue may have changed. */
  readonly #turns = new Set<() => void>();
  #wakeup = new AbortController();
  #running = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Attempts are made from now on. */
  start(): void {
    this.#running = true;
    for (const look of [...this.#turns]) look();
  }

  /** No attempt is made until the next start. */
  stop(): void {
    this.#running = false;
    this.wake();
  }

  /** What is not known to be stored, in the order in which it was written. */
  pending(to: string): readonly Pending[] {
    return (this.#parcels.get(to) ?? []).map(({ pending }) => pending);
  }

  /**
   * Takes in what was pending when the client was here last; what was not refused
   * goes on its way, before what was written since.
   */
  restore(kept: readonly Pending[]): void {
    const first = new Map<string, Parcel[]>();
    for (const pending of kept) {
      const { To_Account } = pending.draft;
      if (this.#find(pending.draft)) continue;
      const parcel: Parcel = { pending, taken: new AbortController(), unsure: "always" };
      first.set(To_Account, [...(first.get(To_Account) ?? []), parcel]);
    }
    for (const [to, parcels] of first) {
      this.#parcels.set(to, [...parcels, ...(this.#parcels.get(to) ?? [])]);
      const later = this.#queues.get(to) ?? [];
      this.#queues.set(to, []);
      for (const parcel of parcels) if (parcel.pending.state === "sending") this.#deliver(parcel).catch(() => {});
      this.#queues.set(to, [...(this.#queues.get(to) ?? []), ...later]);
      this.#options.changed(to);
    }
  }

  /** Resolves with the stored message; rejects when the server refuses it, or when it is discarded. */
  send(given: Draft): Promise<Message> {
    let found = this.#find(given);
    if (found?.unwritable) {
      this.#settle(found); // the app may have mended it
      found = undefined;
    }
    if (found) return found.delivery ?? this.#deliver(found);
    const now = this.#options.clock.now();
    const times = { since: now ?? Date.now(), ...(now === undefined ? {} : { after: now }) };
    try {
      const draft = plain(given); // what the app does to its object later, or hides in it, is its own affair
      return this.#deliver(this.#add(draft.To_Account, { draft, state: "sending", ...times }));
    } catch (error) {
      const parcel = this.#add(given.To_Account, { draft: given, state: "sending", ...times });
      parcel.unwritable = true;
      this.#set(parcel, failed(parcel.pending, error));
      return Promise.reject(error);
    }
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
    for (const { pending, unwritable } of [...this.#parcels.values()].flat()) {
      if (!unwritable) this.#options.keep({ kind: "pending", pending });
    }
  }

  /** Forgets everything; promises of sends reject. */
  clear(): void {
    for (const parcel of [...this.#parcels.values()].flat()) this.#settle(parcel);
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
    if (!parcel.unwritable) this.#options.keep({ kind: "pending", pending });
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
    const { error, ...pending } = parcel.pending;
    this.#set(parcel, { ...pending, state: "sending" });
    const to = pending.draft.To_Account;
    this.#queues.set(to, [...(this.#queues.get(to) ?? []), parcel]);
    const delivery = this.#turn(parcel).then(() => this.#attempts(parcel));
    parcel.delivery = delivery;
    delivery
      .then(
        () => this.#settle(parcel),
        (error) => {
          delete parcel.delivery;
          if (!parcel.taken.signal.aborted) this.#set(parcel, failed(parcel.pending, error));
        },
      )
      .then(() => {
        const left = (this.#queues.get(to) ?? []).filter((other) => other !== parcel);
        if (left.length > 0) this.#queues.set(to, left);
        else this.#queues.delete(to);
        for (const look of [...this.#turns]) look();
      });
    return delivery;
  }

  /** Resolves when attempts are made and everything before in the conversation is done, or when it is taken back. */
  #turn(parcel: Parcel): Promise<void> {
    const { draft } = parcel.pending;
    return new Promise((resolve) => {
      const look = () => {
        const first = this.#running && this.#queues.get(draft.To_Account)?.[0] === parcel;
        if (!first && !parcel.taken.signal.aborted) return;
        this.#turns.delete(look);
        parcel.taken.signal.removeEventListener("abort", look);
        resolve();
      };
      this.#turns.add(look);
      parcel.taken.signal.addEventListener("abort", look);
      void Promise.resolve().then(look); // what is restored may still come before it
    });
  }

  async #attempts(parcel: Parcel): Promise<Message> {
    const { timing, clock } = this.#options;
    const { draft } = parcel.pending;
    for (let attempt = 0; ; attempt++) {
      if (!this.#running) await this.#turn(parcel);
      if (parcel.taken.signal.aborted) throw new ParleyError("the message was discarded", 0, 0);
      const held = this.#options.held(draft);
      if (held) return held;
      const { unsure } = parcel;
      try {
        if (unsure === "always" || (unsure && passed(unsure) > doubtful)) {
          // The server may not know a repeat any more: see whether an earlier attempt got through, then begin anew.
          const stored = await this.#stored(parcel);
          if (stored) return stored;
          delete parcel.unsure;
        }
        if (!parcel.unsure) {
          const now = clock.now();
          const { tried, ...pending } = parcel.pending;
          parcel.pending = now === undefined ? pending : { ...pending, tried: now };
          this.#options.keep({ kind: "pending", pending: parcel.pending });
        }
        await this.#options.kept(); // a page that is closed now finds it again
        parcel.unsure ??= moment();
        return await this.#options.post(draft);
      } catch (error) {
        const refused = !(error instanceof ParleyError && error.temporary);
        if (refused && !unsure) {
          delete parcel.unsure; // this attempt stored nothing, and there was none before
          throw error;
        }
        if (refused) {
          // The server refuses it now; an attempt before whose answer was lost may have been in time.
          const stored = await this.#stored(parcel).catch(() => undefined);
          if (stored) return stored;
          throw error;
        }
        if ((error as ParleyError).status === 0) this.#options.failed();
        await sleep(backoff(attempt, timing), this.#wakeup.signal, parcel.taken.signal);
      }
    }
  }

  /** Looks through the history since its first attempt for what a draft became. */
  async #stored(parcel: Parcel): Promise<Message | undefined> {
    const { me, pull, found } = this.#options;
    const { draft, tried, after } = parcel.pending;
    const since = tried ?? after;
    const range: HistoryRange = { limit: 100 };
    if (since !== undefined) range.from = `0_0_${Math.max(0, Math.floor((since - clockError) / 1000))}`;
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
}

function failed(pending: Pending, error: unknown): Pending {
  const { code, message } = error instanceof ParleyError ? error : { code: 0, message: String(error) };
  return { ...pending, state: "failed", error: { code, message } };
}
