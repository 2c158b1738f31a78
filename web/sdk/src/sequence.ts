/** When sequences begin to count: tenths of a second from here fit 32 bits for 13 years. */
const epoch = Date.UTC(2025, 0, 1);

const highest = 2 ** 32 - 1;

/** How far a sequence seen may be ahead of the clock and still be one of this kind of client: a minute. */
const trusted = 600;

/**
 * Chooses the `MsgSeq` of messages. The server orders by its own second first, so
 * the sequence decides only among messages of one second: it increases, and an
 * answer has a higher one than what it answers.
 */
export class Sequence {
  readonly #now: () => number;
  #last = 0;

  /** @param now the server's time, Unix ms; the device's where that is not known */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * @param above the highest sequence that the message must follow, whoever chose it.
   * Example: bob's device is a day slow, alice's message has the sequence 900; bob's
   * answer in the same second has at least 901.
   */
  next(above = -1): number {
    const own = Math.max(this.#last + 1, this.#tenths());
    // A sequence of another kind of client may be anything: only this message follows it.
    if (above >= own) return Math.min(above + 1, highest);
    this.#last = own;
    return own % 2 ** 32;
  }

  /** Another client used this one. */
  seen(seq: number): void {
    if (seq > this.#last && seq <= this.#tenths() + trusted) this.#last = seq;
  }

  #tenths(): number {
    return Math.floor((this.#now() - epoch) / 100);
  }
}

/** A random number of 32 bits. */
export function random(): number {
  const made = globalThis.crypto?.getRandomValues?.(new Uint32Array(1))[0];
  return made ?? Math.floor(Math.random() * 2 ** 32);
}

/** A name that nobody else chooses. Pages without https have no `crypto.randomUUID`. */
export function uniqueName(): string {
  return globalThis.crypto?.randomUUID?.() ?? [1, 2, 3, 4].map(() => random().toString(16).padStart(8, "0")).join("");
}
