import type { ServerEvent } from "../connection/connectionManager.ts";

/** What the tabs of one user send to one another over their channel. The names are part of the format. */
export type TabMessage =
  /** A tab asks whether the connection is open. */
  | { kind: "ask" }
  /** The connection of the leader is open. */
  | { kind: "open" }
  /** The connection of the leader is lost. */
  | { kind: "lost" }
  /** The leader has received a frame. */
  | { kind: "frame"; text: string }
  /** A tab asks the leader to send a frame. */
  | { kind: "send"; text: string }
  /** A tab has called an operation: the event of the operation. */
  | { kind: "own-event"; event: ServerEvent }
  /** Whether the user sees a tab; undefined: the tab is being closed. */
  | { kind: "seen"; tab: string; seen: boolean | undefined };
