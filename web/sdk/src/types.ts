/**
 * The objects of the protocol im.v1 (docs/client-protocol.md §7), in the
 * spelling of the wire: a message looks the same here, in a webhook, in a call
 * of the server API and in an export.
 */

/** One part of a message. The nine kinds are those of the v4 server API; unknown ones are passed on as they came. */
export interface Element {
  MsgType: string;
  MsgContent: Record<string, unknown>;
}

/** `<MsgSeq>_<MsgRandom>_<MsgTime>`: with the conversation, the identity of a message. */
export type MsgKey = string;

/** A message as history returns it and as the event `message` carries it. */
export interface Message {
  From_Account: string;
  To_Account: string;
  MsgSeq: number;
  MsgRandom: number;
  /** Unix seconds. */
  MsgTime: number;
  MsgKey: MsgKey;
  /** Counts the messages from `From_Account` to `To_Account`: 1, 2, 3, ... Absent or 0 for what is not stored. */
  Ordinal?: number;
  MsgBody: Element[];
  CloudCustomData?: string;
  /** Not counted as unread. */
  NoUnread?: boolean;
}

/** A conversation with one user, as the signed-in user sees it. */
export interface Conversation {
  /** The other user. */
  To_Account: string;
  Unread: number;
  /** The other user's messages are read up to this ordinal. */
  ReadOrdinal: number;
  /** The other user has read mine up to this ordinal. */
  PeerReadOrdinal: number;
  /** The highest ordinal from the other user. */
  InOrdinal: number;
  /** The highest ordinal to the other user. */
  OutOrdinal: number;
  /** When the last message was sent, Unix milliseconds. */
  TimeMs: number;
  LastMsg?: { MsgKey: MsgKey; Preview: string };
}

/** A message to send, with the identity that makes every repeat of it the same message. */
export interface Draft {
  To_Account: string;
  MsgSeq: number;
  MsgRandom: number;
  MsgBody: Element[];
  CloudCustomData?: string;
  /** 1: to who is online now; not stored. */
  OnlineOnlyFlag?: 0 | 1;
  /** Such as `NoUnread`, `NoLastMsg`. */
  SendMsgControl?: string[];
  OfflinePushInfo?: Record<string, unknown>;
}

/** The fields of a {@link Draft} that a caller may choose. */
export type SendOptions = Partial<
  Pick<Draft, "CloudCustomData" | "OnlineOnlyFlag" | "SendMsgControl" | "OfflinePushInfo">
>;

/** A page of history, ascending. */
export interface HistoryPage {
  MsgList: Message[];
  /** There is nothing older in the range that was asked for. */
  Complete: boolean;
  /** Where not complete: ask again with `to` set to this. */
  Next?: MsgKey;
}

/** Which part of a history to read. */
export interface HistoryRange {
  /** Newer than this message. */
  from?: MsgKey;
  /** Older than this message. */
  to?: MsgKey;
  /** At most this many, 1 to 100; 20 unless told. */
  limit?: number;
}

/** Somebody has read: the other user, or I on another device. */
export interface ReadMark {
  /** Who has read. */
  From_Account: string;
  /** Whose messages were read. */
  To_Account: string;
  ReadOrdinal: number;
  /** Only where I am the reader. */
  Unread?: number;
  TimeMs?: number;
}

/** The answer of a read. */
export interface ReadAnswer {
  ReadOrdinal: number;
  Unread: number;
}

/** Why this device had to go. */
export interface Kick {
  Reason: string;
  Platform: string;
  Time: number;
}

/** What a device says it is; login policies count by it. */
export type Platform = "Android" | "iPhone" | "iPad" | "Windows" | "Mac" | "Linux" | "Web" | "MiniProgram";

/**
 * What the client is doing about its connection.
 *
 * - `offline`: nothing; before `connect` and after `disconnect`
 * - `connecting`: the first attempts
 * - `online`: events arrive
 * - `reconnecting`: the connection was lost, attempts go on
 * - `kicked`: another device took the place; no further attempts
 * - `refused`: the signature or the account is not accepted; no further attempts
 */
export type State = "offline" | "connecting" | "online" | "reconnecting" | "kicked" | "refused";

/** The events of a client and what each carries. */
export interface Events {
  /**
   * A message that this client had not seen, from the other user or from another
   * device of mine, or the stored form of one that was sent here. Once per
   * message; the order is that of arrival, `timeline` has the true one.
   */
  message: Message;
  /** A read position moved. */
  read: ReadMark;
  /** Some conversations changed: all of them, newest first. */
  conversations: readonly Conversation[];
  /** A sync with the server is done, as after every connect: all conversations, newest first. */
  synced: readonly Conversation[];
  /** The connection changed. */
  state: State;
  /** This device had to go. The client stays away until `connect` is called. */
  kicked: Kick;
  /** The server does not accept this user. The client stays away until `connect` is called. */
  refused: Error;
}
