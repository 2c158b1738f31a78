/**
 * Milliseconds of a clock that nobody sets. It starts anywhere, and on some
 * devices it stops while they sleep: it never says that more time passed than did.
 */
export function steady(): number {
  return typeof performance === "undefined" ? Date.now() : performance.now();
}

/** A moment on both clocks of the device. */
export interface Moment {
  steady: number;
  wall: number;
}

/** This moment, to ask later how long ago it was. */
export function moment(): Moment {
  return { steady: steady(), wall: Date.now() };
}

/**
 * The longest time that may have passed since a moment, ms. The steady clock may
 * have slept and the other one may have been set, so the larger of the two counts,
 * and a clock that was set back counts as one that was set forward.
 *
 * Example: the device slept for an hour and its steady clock with it. The wall
 * clock went on, so an hour has passed.
 */
export function passed(since: Moment): number {
  return Math.max(steady() - since.steady, Math.abs(Date.now() - since.wall));
}

/**
 * The server's time, from what the server says and the steady clock alone. The
 * estimate is never ahead of the server: an answer is older than its arrival, and
 * a steady clock that sleeps falls behind.
 */
export class ServerClock {
  #heard: { ms: number; at: number } | undefined;

  /** The server said that it was this time, Unix ms. */
  hear(ms: number): void {
    if (Number.isFinite(ms) && ms > 0) this.#heard = { ms, at: steady() };
  }

  /** It is not earlier than this, Unix ms. */
  atLeast(ms: number): void {
    if (ms > (this.now() ?? 0)) this.hear(ms);
  }

  /** The server's time, Unix ms, or a little less; undefined while nothing is known of it. */
  now(): number | undefined {
    return this.#heard && Math.floor(this.#heard.ms + steady() - this.#heard.at);
  }
}
