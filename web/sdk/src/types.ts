import type {
  Conversation,
  FriendRow,
  Kick,
  Message,
  MessageHistoryAnswer,
  MessageSendRequest,
  ServerEvents,
  SessionSyncAnswer,
} from "./api.ts";

export type * from "./api.ts";

/** `<MsgSeq>_<MsgRandom>_<MsgTime>`: with the conversation, the identity of a message. */
export type MsgKey = string;

/** `MsgFlagBits` of a message that was recalled: its body is empty. */
export const recalledFlag = 8;

/** A message to send, with the identity that makes every repeat of it the same message. */
export type Draft = MessageSendRequest & { MsgSeq: number };

/** The fields of a {@link Draft} that a caller may choose. */
export type SendOptions = Omit<MessageSendRequest, "To_Account" | "MsgSeq" | "MsgRandom" | "MsgBody">;

/** A message that was written here and is not known to be stored. */
export interface Pending {
  draft: Draft;
  /** `sending`: goes on until the server answers; `failed`: the server refused it, and `error` says why. */
  state: "sending" | "failed";
  /** When it was written, Unix ms: by the server's clock if that was known, to be shown. */
  since: number;
  /** The server's time was this or later when it was written, Unix ms; absent: it was not known. */
  after?: number;
  /** The server's time was this or later when it may first have heard of it, Unix ms. */
  tried?: number;
  /** The server's refusal. */
  error?: { code: number; message: string };
}

/** A page of history, ascending. */
export type HistoryPage = MessageHistoryAnswer;

/** Which part of a history to read. */
export interface HistoryRange {
  /** Newer than this message. */
  from?: MsgKey;
  /** Older than this message. */
  to?: MsgKey;
  /** At most this many, 1 to 100; 20 unless told. */
  limit?: number;
}

/** What a device says it is; login policies count by it. */
export type Platform = "Android" | "iPhone" | "iPad" | "Windows" | "Mac" | "Linux" | "Web" | "MiniProgram";

/**
 * What the client is doing about its connection.
 *
 * - `offline`: nothing; before `login` and after `close` or `logout`
 * - `connecting`: the first attempts
 * - `online`: events arrive
 * - `reconnecting`: the connection was lost, attempts go on
 * - `kicked`: another device took the place; no further attempts
 * - `refused`: the signature or the account is not accepted; no further attempts
 */
export type State = "offline" | "connecting" | "online" | "reconnecting" | "kicked" | "refused";

/** The versions and counts that the first page of a sync tells. */
export type Counters = Omit<
  SessionSyncAnswer,
  "Conversations" | "Complete" | "Cursor" | "Since" | "Spread" | "Expired"
>;

/**
 * What a host does not have or does not allow.
 *
 * - `storage`: nothing is kept on this device (`unkept` comes as well if a store failed)
 * - `tabs`: the tabs of this browser cannot share a connection, so this client is a device of its own
 * - `installation`: the name of this installation cannot be kept, so the next page is another device
 */
export interface Limit {
  what: "storage" | "tabs" | "installation";
  error?: unknown;
}

/** How a user is shown, as far as this client knows. */
export interface UserCard {
  Nick?: string;
  FaceUrl?: string;
}

/** What a search found in one conversation. */
export interface Found {
  To_Account: string;
  /** How many messages. */
  count: number;
  /** The newest of them, newest first. */
  MsgList: readonly Message[];
}

/** The events of a client, and what each carries: its own, and those of the server under their own names. */
export interface Events extends Omit<ServerEvents, "message.new" | "session.kick"> {
  /**
   * A message that this client had not seen, from the other user or from another
   * device of mine, or the stored form of one that was sent here. Once per
   * message; the order is that of arrival, `timeline` has the true one.
   */
  message: Message;
  /** A timeline changed in any way: a message came, became another or went. */
  messages: { To_Account: string };
  /** Some conversations changed: all of them, as the list shows them. */
  conversations: readonly Conversation[];
  /** What waits to be sent changed. */
  pending: { To_Account: string };
  /** A sync with the server is done, as after every connect. */
  synced: Counters;
  /** The friend table changed: all of it, as this device keeps it. */
  friends: readonly FriendRow[];
  /** The connection changed. */
  state: State;
  /** This device had to go. The client stays away until `login` is called. */
  kicked: Kick;
  /** The server does not accept this user. The client stays away until `login` is called. */
  refused: Error;
  /** Nothing is kept on this device any more, until the client is made anew: the store failed. */
  unkept: unknown;
  /** This host lacks something, and the client does without. */
  limited: Limit;
}
