/**
 * The monotonic clock of the device, ms. Nobody can set it, and it starts at an arbitrary
 * value. On some devices it stops while the device sleeps, so it may show less time than
 * really passed, but never more.
 */
export function monotonicNow(): number {
  return typeof performance === "undefined" ? Date.now() : performance.now();
}

/** A moment, as both clocks of the device show it. */
export interface Moment {
  monotonic: number;
  wall: number;
}

/** The present moment, to give to {@link elapsedSince} later. */
export function moment(): Moment {
  return { monotonic: monotonicNow(), wall: Date.now() };
}

/**
 * The longest time that may have passed since a moment, ms. The monotonic clock may have
 * stopped and the user may have set the wall clock, so the larger of the two differences
 * is returned. A wall clock that was set back by an hour counts like one that was set
 * forward by an hour.
 *
 * Example: the device slept for an hour and its monotonic clock stopped. The wall clock
 * went on, so the result is an hour.
 */
export function elapsedSince(since: Moment): number {
  return Math.max(monotonicNow() - since.monotonic, Math.abs(Date.now() - since.wall));
}

/**
 * An estimate of the server's time. It comes from the times in the server's answers and
 * from the monotonic clock, never from the wall clock. The estimate is never ahead of the
 * server: an answer was made before it arrives, and a monotonic clock that stops falls
 * behind.
 */
export class ServerClock {
  #last: { serverMs: number; monotonic: number } | undefined;

  /** The server said that its time is `ms`, Unix ms. */
  set(ms: number): void {
    if (Number.isFinite(ms) && ms > 0) this.#last = { serverMs: ms, monotonic: monotonicNow() };
  }

  /** The server's time is not earlier than `ms`, Unix ms. */
  atLeast(ms: number): void {
    if (ms > (this.now() ?? 0)) this.set(ms);
  }

  /** The server's time or a little less, Unix ms; undefined while the client does not know it. */
  now(): number | undefined {
    return this.#last && Math.floor(this.#last.serverMs + monotonicNow() - this.#last.monotonic);
  }
}
