import type { ServerEvent } from "./link.ts";
import { parseKey } from "./order.ts";
import type { Message, Operations } from "./types.ts";

type Echo<Operation> = Operation extends (request: infer Request) => Promise<infer Answer>
  ? (me: string, request: Request, answer: Answer, now: number) => ServerEvent
  : never;

/**
 * What this device would be told of an operation of its own, had it not named
 * itself: the event that the user's other devices get. An operation without an
 * echo does not name the installation, and the server tells it, too.
 */
const echoes: { [Verb in keyof Operations["message"]]?: Echo<Operations["message"][Verb]> } = {
  send: (me, request, { MsgKey, MsgSeq, MsgTime, Ordinal }) => {
    const { SendMsgControl, OnlineOnlyFlag, OfflinePushInfo, ...kept } = request;
    const quiet = SendMsgControl?.includes("NoUnread") ? { NoUnread: true } : {};
    const body: Message = { ...kept, ...quiet, From_Account: me, MsgKey, MsgSeq, MsgTime };
    return { event: "message.new", body: Ordinal ? { ...body, Ordinal } : body };
  },
  read: (me, { To_Account }, { ReadOrdinal, Unread }, TimeMs) => ({
    event: "message.read",
    body: { From_Account: me, To_Account, ReadOrdinal, Unread, TimeMs },
  }),
  recall: (me, { To_Account, MsgKey }, _, TimeMs) => ({
    event: "message.recalled",
    body: { From_Account: me, To_Account, MsgKey, Operator_Account: me, TimeMs },
  }),
  edit: (me, { To_Account, MsgKey, MsgBody, CloudCustomData }, { EditMs }, now) => ({
    event: "message.edited",
    body: {
      From_Account: me,
      To_Account,
      MsgKey,
      EditMs: EditMs ?? now, // the order of edits is that of the server
      ...parseKey(MsgKey),
      ...(MsgBody ? { MsgBody } : {}),
      ...(CloudCustomData === undefined ? {} : { CloudCustomData }),
    },
  }),
  delete: (me, { To_Account, MsgKeyList }, _, TimeMs) => ({
    event: "message.deleted",
    body: { From_Account: me, To_Account, MsgKeyList, TimeMs },
  }),
  react: (me, request, _, now) => reaction(me, request, true, now),
  unreact: (me, request, _, now) => reaction(me, request, false, now),
};

function reaction(
  me: string,
  { To_Account, MsgKey, Reaction }: { To_Account: string; MsgKey: string; Reaction: string },
  Added: boolean,
  TimeMs: number,
): ServerEvent {
  const body = { From_Account: To_Account, To_Account: me, MsgKey, Operator_Account: me, Reaction, Added };
  return { event: "message.reaction", body: { ...body, TimeMs } };
}

/** Whether an operation has an echo. */
export function echoed(action: string): boolean {
  return find(action) !== undefined;
}

/** The echo of an operation that was answered. `now` is the server's time, Unix ms. */
export function echo(
  action: string,
  me: string,
  request: object,
  answer: unknown,
  now: number,
): ServerEvent | undefined {
  return find(action)?.(me, request, answer, now);
}

type AnyEcho = (me: string, request: object, answer: unknown, now: number) => ServerEvent;

function find(action: string): AnyEcho | undefined {
  const [subject, verb = ""] = action.split(".");
  return subject === "message" && Object.hasOwn(echoes, verb)
    ? (echoes[verb as keyof typeof echoes] as AnyEcho)
    : undefined;
}
