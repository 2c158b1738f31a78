/** The time from which sequences count. Tenths of a second since then fit into 32 bits for 13 years. */
const startTime = Date.UTC(2025, 0, 1);

const maxSeq = 2 ** 32 - 1;

/**
 * How far a sequence of another client may be ahead of the clock, in tenths of a second: a
 * minute. If it is further ahead, a client of another kind chose it, which counts
 * differently.
 */
const maxAhead = 600;

/**
 * Chooses the `MsgSeq` of messages. The server orders messages by its own time in seconds
 * first, so the sequence decides only between messages of the same second. Each sequence
 * is higher than the one before, and an answer has a higher one than the message that it
 * answers.
 */
export class MsgSeqGenerator {
  readonly #now: () => number;
  #last = 0;

  /** @param now the server's time, Unix ms; the device's time if the client does not know the server's */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * @param above the highest sequence that the message must come after, whoever chose it.
   * Example: the clock of bob's device is a day slow, and alice's message has the sequence
   * 900. Bob's answer in the same second has at least 901.
   */
  next(above = -1): number {
    const own = Math.max(this.#last + 1, this.#tenths());
    // Another kind of client may have chosen `above` in its own way. Only this message follows it, later ones do not.
    if (above >= own) return Math.min(above + 1, maxSeq);
    this.#last = own;
    return own % 2 ** 32;
  }

  /** Another client has used this sequence. */
  observe(seq: number): void {
    if (seq > this.#last && seq <= this.#tenths() + maxAhead) this.#last = seq;
  }

  #tenths(): number {
    return Math.floor((this.#now() - startTime) / 100);
  }
}
