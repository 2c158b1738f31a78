import { ParleyError } from "./errors.ts";
import { backoff, sendWindow, sleep, type Timing } from "./timing.ts";
import type { Draft, Message } from "./types.ts";

/** What an outbox needs. */
export interface OutboxOptions {
  timing: Timing;
  /** One attempt. */
  post(draft: Draft): Promise<Message>;
  /** The stored form of a draft, if this client holds it. */
  held(draft: Draft): Message | undefined;
  /** Brings what is stored of a conversation up to date. */
  refresh(peer: string): Promise<void>;
  /** An attempt failed on the way; the connection may be dead, too. */
  failed(): void;
}

/** Sends drafts: one after the other in a conversation, and again and again until one attempt is answered. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queues = new Map<string, Promise<unknown>>();
  /** When a draft was first tried: the server knows it for the same one for a while from then. */
  readonly #tried = new WeakMap<Draft, number>();
  #wakeup = new AbortController();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Resolves with the stored message; rejects when the server refuses it or nothing was heard for too long. */
  send(draft: Draft): Promise<Message> {
    const deadline = Date.now() + this.#options.timing.sendTimeout;
    const before = this.#queues.get(draft.To_Account) ?? Promise.resolve();
    const result = before.then(() => this.#deliver(draft, deadline));
    const settled = result.catch(() => {});
    this.#queues.set(draft.To_Account, settled);
    void settled.then(() => {
      if (this.#queues.get(draft.To_Account) === settled) this.#queues.delete(draft.To_Account);
    });
    return result;
  }

  /** The network is back: waits for another attempt end now. */
  wake(): void {
    this.#wakeup.abort();
    this.#wakeup = new AbortController();
  }

  async #deliver(draft: Draft, deadline: number): Promise<Message> {
    const { timing } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const held = this.#options.held(draft);
      if (held) return held;
      try {
        const first = this.#tried.get(draft);
        if (first !== undefined && Date.now() - first > sendWindow - timing.callTimeout) {
          // Too late for the server to know a repeat: see whether an earlier attempt got through, then begin anew.
          await this.#options.refresh(draft.To_Account);
          const stored = this.#options.held(draft);
          if (stored) return stored;
          this.#tried.delete(draft);
        }
        if (!this.#tried.has(draft)) this.#tried.set(draft, Date.now());
        return await this.#options.post(draft);
      } catch (error) {
        if (!(error instanceof ParleyError) || !error.temporary) throw error;
        if (error.status === 0) this.#options.failed();
        const wait = backoff(attempt, { ...timing, backoffMax: timing.backoffMin * 8 });
        if (Date.now() + wait >= deadline) throw error;
        await sleep(wait, this.#wakeup.signal);
      }
    }
  }
}
