/** How long the client waits for what, in milliseconds. The defaults are the contract's; tests shorten them. */
export interface Timing {
  /** A gap is pulled if it has not closed by itself after this time. */
  gap: number;
  /** Backoff: the bound of the first wait, and of every later one at most. */
  backoffMin: number;
  backoffMax: number;
  /** A frame is sent after so long without traffic. */
  keepAlive: number;
  /** A connection is renewed at a random age between these two. */
  renewMin: number;
  renewMax: number;
  /** The old connection is still heard for this long at most. */
  renewOverlap: number;
  /** An attempt to connect, and a probe, fail after this time. */
  openTimeout: number;
  probeTimeout: number;
  /** One HTTP call fails after this time. */
  callTimeout: number;
  /** A store that does not answer for so long is given up for memory. */
  storeTimeout: number;
  /** A sync is made after so long without one, and when the app comes to the front if the last is older than `fresh`. */
  sync: number;
  fresh: number;
  /** The server is told that the app is out of sight after this time. */
  hidden: number;
}

export const defaultTiming: Timing = {
  gap: 500,
  backoffMin: 1_000,
  backoffMax: 60_000,
  keepAlive: 5 * 60_000,
  renewMin: 100 * 60_000,
  renewMax: 116 * 60_000,
  renewOverlap: 30_000,
  openTimeout: 20_000,
  probeTimeout: 5_000,
  callTimeout: 15_000,
  storeTimeout: 5_000,
  sync: 30 * 60_000,
  fresh: 60_000,
  hidden: 3_000,
};

/** How long the server knows a repeated send for the same one. */
export const sendWindow = 120_000;

/**
 * The wait before an attempt: full jitter, so that a thousand clients cut off
 * together do not come back together.
 *
 * @param attempt 0 for the first
 * @param least a bound that the server asked for; the first waits spread at least over it
 */
export function backoff(attempt: number, timing: Pick<Timing, "backoffMin" | "backoffMax">, least = 0): number {
  const bound = Math.min(timing.backoffMax, timing.backoffMin * 2 ** Math.min(attempt, 16));
  return Math.random() * Math.max(bound, least);
}

/** Resolves after a time, or as soon as one of the signals aborts. */
export function sleep(ms: number, ...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    for (const signal of signals) signal.addEventListener("abort", done);
    if (signals.some((signal) => signal.aborted)) done();
  });
}

/** Rejects when something takes longer than a time, ms. */
export function within<T>(ms: number, what: string, run: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what}: no answer in ${ms} ms`)), ms);
    run()
      .finally(() => clearTimeout(timer))
      .then(resolve, reject);
  });
}
