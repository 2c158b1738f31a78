import type { Timing } from "./timing.ts";

/**
 * Chooses the wait before the next attempt, ms. It is random between 0 and a bound
 * ("full jitter"). Example: 1,000 clients lose their connections at the same moment. They
 * do not all connect again at the same moment.
 *
 * @param attempt 0 for the first attempt
 * @param minBound the bound is at least this: the server may ask the clients to spread
 *   their reconnects over such a time
 */
export function backoff(attempt: number, timing: Pick<Timing, "backoffMin" | "backoffMax">, minBound = 0): number {
  const bound = Math.min(timing.backoffMax, timing.backoffMin * 2 ** Math.min(attempt, 16));
  return Math.random() * Math.max(bound, minBound);
}
