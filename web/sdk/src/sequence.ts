/** When sequences begin to count: tenths of a second from here fit 32 bits for 13 years. */
const epoch = Date.UTC(2025, 0, 1);

/** How far a sequence seen may be ahead of the clock and still be taken for another client's of the same kind: a minute. */
const trusted = 600;

/**
 * Chooses the `MsgSeq` of messages: increasing, also over restarts, and behind
 * what was seen, so that an answer never stands before what it answers.
 */
export class Sequence {
  #last = 0;

  next(): number {
    this.#last = Math.max(this.#last + 1, this.#now());
    return this.#last % 2 ** 32;
  }

  /** Another client used this one. */
  seen(seq: number): void {
    if (seq > this.#last && seq <= this.#now() + trusted) this.#last = seq;
  }

  #now(): number {
    return Math.floor((Date.now() - epoch) / 100);
  }
}

/** A random number of 32 bits. */
export function random(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
