import type { ServerEvent } from "../connection/connectionManager.ts";
import { parseKey } from "../messages/messageKey.ts";
import type { Operations } from "../types.ts";

type MakeEvent<Operation> = Operation extends (request: infer Request) => Promise<infer Answer>
  ? (me: string, request: Request, answer: Answer, now: number) => ServerEvent | undefined
  : never;

/**
 * The event of an operation that this device has called: the same one that the user's
 * other devices receive from the server. The call names the installation, so the server
 * does not send the event to this device. For an operation that is not in this table the
 * call does not name the installation, and the server sends the event to this device too.
 */
const makers: { [Name in keyof Operations["message"]]?: MakeEvent<Operations["message"][Name]> } = {
  send: (me, request, { MsgKey, MsgSeq, MsgTime, Ordinal, MsgDropReason }) => {
    if (MsgDropReason) return undefined; // it was not sent
    const { SendMsgControl, OnlineOnlyFlag, OfflinePushInfo, To_Account, GroupId, IsNeedReadReceipt, ...stored } =
      request;
    const unreadExclusion = SendMsgControl?.includes("NoUnread") ? { NoUnread: true } : {};
    const message = { ...stored, ...unreadExclusion, From_Account: me, MsgSeq, MsgTime, ...(MsgKey ? { MsgKey } : {}) };
    if (GroupId) {
      const receipt = IsNeedReadReceipt ? { NeedReadReceipt: IsNeedReadReceipt } : {};
      return { event: "message.new", body: { ...message, ...receipt, GroupId } };
    }
    const receipt = IsNeedReadReceipt ? { IsNeedReadReceipt } : {};
    const ordinal = Ordinal ? { Ordinal } : {};
    return { event: "message.new", body: { ...message, ...receipt, To_Account, ...ordinal } };
  },
  read: (me, { To_Account, GroupId } = {}, { ReadOrdinal, Unread }, TimeMs) => ({
    event: "message.read",
    body: { From_Account: me, ...(GroupId ? { GroupId } : { To_Account }), ReadOrdinal, Unread, TimeMs },
  }),
  recall: (me, { To_Account, GroupId, MsgKey }, _, TimeMs) => ({
    event: "message.recalled",
    body: { From_Account: me, ...(GroupId ? { GroupId } : { To_Account }), MsgKey, Operator_Account: me, TimeMs },
  }),
  edit: (me, { To_Account, GroupId, MsgKey, MsgBody, CloudCustomData }, { EditMs }, now) => ({
    event: "message.edited",
    body: {
      From_Account: me,
      ...(GroupId ? { GroupId } : { To_Account }),
      MsgKey,
      EditMs: EditMs ?? now, // the server's time decides the order of edits
      ...(GroupId ? { MsgSeq: Number(MsgKey) } : parseKey(MsgKey)),
      ...(MsgBody ? { MsgBody } : {}),
      ...(CloudCustomData === undefined ? {} : { CloudCustomData }),
    },
  }),
  delete: (me, { To_Account, GroupId, MsgKeyList }, _, TimeMs) => ({
    event: "message.deleted",
    body: { ...(GroupId ? { GroupId } : { From_Account: me, To_Account }), MsgKeyList, TimeMs },
  }),
  react: (me, request, _, now) => reactionEvent(me, request, true, now),
  unreact: (me, request, _, now) => reactionEvent(me, request, false, now),
};

function reactionEvent(
  me: string,
  { To_Account, GroupId, MsgKey, Reaction }: Parameters<Operations["message"]["react"]>[0],
  Added: boolean,
  TimeMs: number,
): ServerEvent {
  // Whose message it is does not matter: its key is enough.
  const message = GroupId ? { GroupId, From_Account: me } : { From_Account: To_Account, To_Account: me };
  return {
    event: "message.reaction",
    body: { ...message, MsgKey, Operator_Account: me, Reaction, Added, TimeMs },
  };
}

/** Whether the client makes the event of an operation itself. */
export function hasOwnEvent(action: string): boolean {
  return find(action) !== undefined;
}

/** The event of an operation that was answered; undefined: nothing happened. `now` is the server's time, Unix ms. */
export function ownEvent(
  action: string,
  me: string,
  request: object,
  answer: unknown,
  now: number,
): ServerEvent | undefined {
  return find(action)?.(me, request, answer, now);
}

type AnyMaker = (me: string, request: object, answer: unknown, now: number) => ServerEvent | undefined;

function find(action: string): AnyMaker | undefined {
  const [group, name = ""] = action.split(".");
  return group === "message" && Object.hasOwn(makers, name)
    ? (makers[name as keyof typeof makers] as AnyMaker)
    : undefined;
}
