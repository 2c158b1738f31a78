/**
 * How long the client waits for each thing, in milliseconds. The default values follow
 * the client protocol (docs/client-protocol.md); tests use shorter ones.
 */
export interface Timing {
  /** If a gap in a conversation has not closed by itself after this time, the client reads the history to fill it. */
  gap: number;
  /** Backoff: the upper bound of the first wait. */
  backoffMin: number;
  /** Backoff: the bound doubles with every attempt, up to this value. */
  backoffMax: number;
  /** If a connection had no traffic for this time, the client sends a frame so that it stays open. */
  keepAlive: number;
  /** The client renews a connection at a random age between `renewMin` and `renewMax`. */
  renewMin: number;
  renewMax: number;
  /** During a renewal the client reads from the old connection for this time at most. */
  renewOverlap: number;
  /** An attempt to connect fails after this time. */
  openTimeout: number;
  /** If the server does not answer a probe within this time, the connection is dead. */
  probeTimeout: number;
  /** An HTTP call fails after this time. */
  callTimeout: number;
  /** If the store does not answer within this time, the client uses memory instead. */
  storeTimeout: number;
  /** If the last sync is this old, the client makes another one. */
  sync: number;
  /** When the app comes to the foreground, the client makes a sync if the last one is older than this. */
  fresh: number;
  /** When the app has been out of sight for this time, the client reports that to the server. */
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

/** The server's idempotency window, ms: within it the server recognizes a repeat of a send. */
export const idempotencyWindow = 120_000;
