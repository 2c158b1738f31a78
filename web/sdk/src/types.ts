import type {
  Conversation,
  FriendRow,
  GroupMessage,
  GroupProfile,
  GroupSummary,
  Kick,
  Message,
  MessageHistoryAnswer,
  MessageSendRequest,
  ServerEvents,
  SessionSyncAnswer,
} from "./api/index.ts";

export type * from "./api/index.ts";

/** Names a conversation: the other user, or a group. Example: `"bob"`, or `{ GroupId: "chess" }`. */
export type To = string | { GroupId: string };

/** A conversation in the events of the client. */
export type ConversationName = { To_Account: string; GroupId?: never } | { GroupId: string; To_Account?: never };

/** The row of a one-to-one conversation. */
export type DirectConversation = Conversation & { To_Account: string };

/** The row of a group. */
export type GroupConversation = Conversation & { GroupId: string };

/** Whether a row, a read cursor or a deletion is of a one-to-one conversation. */
export function isDirect<T extends { To_Account?: string }>(of: T): of is T & { To_Account: string } {
  return of.To_Account !== undefined;
}

/** Whether a row, a read cursor or a deletion is of a group. */
export function isGroup<T extends { GroupId?: string }>(of: T): of is T & { GroupId: string } {
  return of.GroupId !== undefined;
}

/** A message of a one-to-one conversation. */
export type DirectMessage = Message & {
  GroupId?: never;
  IsSystemMsg?: never;
  Tip?: never;
  GroupAtInfo?: never;
  NeedReadReceipt?: never;
  ReadBy?: never;
};

/** A message or a tip of a group that is stored, as a timeline has it. */
export type StoredGroupMessage = GroupMessage & {
  MsgKey: string;
  /** The members who have confirmed that they read it, as far as events told this client; only on its sender's devices. */
  ReadBy?: readonly string[];
  To_Account?: never;
  Ordinal?: never;
  IsNeedReadReceipt?: never;
  IsPeerRead?: never;
  ReactionList?: never;
};

/** A message of any conversation. `GroupId` says of which kind it is. */
export type AnyMessage = DirectMessage | StoredGroupMessage;

/** The messages of a conversation with a user, or of a group. */
export type MessageOf<T extends To> = T extends string ? DirectMessage : StoredGroupMessage;

/** The row of a conversation with a user, or of a group. */
export type RowOf<T extends To> = T extends string ? DirectConversation : GroupConversation;

/** A group as this client knows it. Of a group that was not loaded it has what a list shows. */
export type KnownGroup = GroupSummary & Partial<GroupProfile>;

/**
 * The identity of a message within its conversation: `<MsgSeq>_<MsgRandom>_<MsgTime>`. In a
 * group it is the number of the message, `<MsgSeq>`.
 */
export type MsgKey = string;

/** The flag in `MsgFlagBits` of a message that was recalled. Its body is empty. */
export const recalledFlag = 8;

/**
 * A message to send, with its identity. The server stores a draft that is sent repeatedly
 * once. It is not the unsent text of a conversation (`Conversation.Draft`). In a group the
 * server numbers the messages, so `MsgSeq` of the draft stays on this device.
 */
export type Draft = Omit<MessageSendRequest, "To_Account" | "GroupId"> & ConversationName & { MsgSeq: number };

/**
 * The fields of a {@link Draft} that the app may choose. `GroupAtInfo`, `MsgPriority` and
 * `ToMembers_Account` are for messages to groups.
 */
export type SendOptions = Omit<MessageSendRequest, "To_Account" | "GroupId" | "MsgSeq" | "MsgRandom" | "MsgBody">;

/** A message that was written on this device and is not known to be stored by the server. */
export interface Pending {
  draft: Draft;
  /** `sending`: the client tries until the server answers. `failed`: the server refused it, and `error` says why. */
  state: "sending" | "failed";
  /** When it was written, Unix ms, to be shown: the server's time if the client knew it, otherwise the device's. */
  since: number;
  /** The server's time at which it was written was this or later, Unix ms; absent: the client did not know it. */
  after?: number;
  /** The server's time at the first attempt was this or later, Unix ms. */
  tried?: number;
  /** The server's refusal. */
  error?: { code: number; message: string };
}

/** A page of history, ascending. */
export type HistoryPage<M = Message> = Omit<MessageHistoryAnswer, "MsgList" | "GroupMsgList"> & { MsgList: M[] };

/** The part of a history to read. */
export interface HistoryRange {
  /** Only messages that are newer than this one. */
  from?: MsgKey;
  /** Only messages that are older than this one. */
  to?: MsgKey;
  /** At most so many messages, 1 to 100; the default is 20. */
  limit?: number;
}

/** What a client runs on. Login policies count the devices by it. */
export type Platform = "Android" | "iPhone" | "iPad" | "Windows" | "Mac" | "Linux" | "Web" | "MiniProgram";

/**
 * The state of the client's connection.
 *
 * - `offline`: there is none, before `login` and after `close` or `logout`
 * - `connecting`: the client makes its first attempts
 * - `online`: events arrive
 * - `reconnecting`: the connection was lost, and the client makes attempts
 * - `kicked`: another device has taken the slot; the client makes no further attempts
 * - `refused`: the server does not accept the signature or the account; the client makes
 *   no further attempts
 */
export type State = "offline" | "connecting" | "online" | "reconnecting" | "kicked" | "refused";

/** The versions and counts in the first page of a sync. */
export type Counters = Omit<
  SessionSyncAnswer,
  "Conversations" | "Complete" | "Cursor" | "Since" | "Spread" | "Expired"
>;

/**
 * Something that the host does not have or does not allow.
 *
 * - `storage`: this device stores nothing. If a store failed, the event `storeFailed` is emitted too
 * - `tabs`: the tabs of this browser cannot share a connection, so this client is a device of its own
 * - `installation`: the name of this installation cannot be stored, so the next page is another device
 */
export interface Limit {
  what: "storage" | "tabs" | "installation";
  error?: unknown;
}

/** The name and face of a user, as far as this client knows them. */
export interface UserCard {
  Nick?: string;
  FaceUrl?: string;
}

/** The messages that a search found in one conversation. */
export type Found = ConversationName & {
  /** How many messages were found. */
  count: number;
  /** Some of them, newest first. */
  MsgList: readonly AnyMessage[];
};

/** The events of a client and their values: its own events, and the events of the server under their own names. */
export interface Events extends Omit<ServerEvents, "message.new" | "session.kick"> {
  /**
   * A message that is new to this client: from another user, from another device of the
   * signed-in user, or one that was sent here and is stored now; also a tip of a group.
   * Emitted once for each message, in the order of arrival; `timeline` has the true order.
   * A message of a group that is not stored (`OnlineOnlyFlag`) has no `MsgKey`.
   */
  message: DirectMessage | GroupMessage;
  /** A timeline has changed: a message was added, changed or removed. */
  messages: ConversationName;
  /** Conversations have changed. The value is all conversations in the order of the list. */
  conversations: readonly Conversation[];
  /** The pending messages of a conversation have changed. */
  pending: ConversationName;
  /** The groups of the user have changed: one was joined or left, or its profile is another. The value is all of them. */
  groups: readonly KnownGroup[];
  /** The members of a group that are in memory have changed. */
  members: { GroupId: string };
  /** A sync with the server is done. The client makes one after every connect. */
  synced: Counters;
  /** The friend table has changed. The value is all of it, as this device stores it. */
  friends: readonly FriendRow[];
  /** The state of the connection has changed. */
  state: State;
  /** The server has ended the session of this device. The client does not connect until `login` is called. */
  kicked: Kick;
  /** The server does not accept this user. The client does not connect until `login` is called. */
  refused: Error;
  /** The store has failed: this client stores nothing on this device any more. */
  storeFailed: unknown;
  /** The host lacks something, and the client works without it. */
  limited: Limit;
}
