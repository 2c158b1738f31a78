import type { AnyMessage, Conversation, MsgKey, Pending } from "../types.ts";

/** What a store has of one conversation besides its messages. */
export interface StoredConversation {
  row: Conversation;
  /** The store has messages of the conversation, so it must be given the changes of messages. */
  held: boolean;
}

/** What a store returns when a client starts. */
export interface StoredData {
  /** The store has every change before this time, Unix ms of the server; 0: it has nothing. */
  since: number;
  conversations: readonly StoredConversation[];
  /** Messages that are not known to be stored by the server, in the order in which they were written. */
  pending: readonly Pending[];
  /** Other values that the client has stored, by name; absent: there are none. */
  notes?: Readonly<Record<string, unknown>>;
}

/** One change of a store. `peer` is the conversation: the other user, or the text that `conversationId` returns for a group. */
export type Change =
  | { kind: "since"; since: number }
  | { kind: "conversation"; conversation: StoredConversation }
  | { kind: "message"; peer: string; message: AnyMessage }
  /** Changes a message that the store has. If the store does not have it, nothing happens. */
  | { kind: "amend"; peer: string; key: MsgKey; amend: (m: AnyMessage) => AnyMessage }
  /** Deletes a message. */
  | { kind: "drop"; peer: string; key: MsgKey }
  /** Deletes every message up to and including this one. */
  | { kind: "dropUpTo"; peer: string; key: MsgKey }
  | { kind: "pending"; pending: Pending }
  /** Stores another value under a name; without a value the name is deleted. */
  | { kind: "note"; name: string; value?: unknown }
  /** Deletes a pending message: the server has stored it, or the app has discarded it. */
  | { kind: "settle"; peer: string; MsgSeq: number; MsgRandom: number };

/**
 * Stores the data of one user on this device, so that it is there after a restart: an
 * IndexedDB in a browser, memory elsewhere, or a store of your own.
 */
export interface Store {
  load(): Promise<StoredData>;
  /** The newest messages of a conversation, older than `before` if that is given, at most `limit`, ascending. */
  messages(peer: string, limit: number, before?: MsgKey): Promise<AnyMessage[]>;
  /** Makes changes in their order: all of them or none. */
  apply(changes: readonly Change[]): Promise<void>;
  /** The newest messages that match, at most `limit`, newest first; of one conversation or of all. */
  search(matches: (m: AnyMessage) => boolean, limit: number, peer?: string): Promise<AnyMessage[]>;
  /** Deletes everything. */
  clear(): Promise<void>;
}
