import type { ServerEvent } from "./link.ts";
import { parseKey } from "./order.ts";
import type { Message, Operations } from "./types.ts";

type Echo<Operation> = Operation extends (request: infer Request) => Promise<infer Answer>
  ? (me: string, request: Request, answer: Answer) => ServerEvent
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
  read: (me, { To_Account }, { ReadOrdinal, Unread }) => ({
    event: "message.read",
    body: { From_Account: me, To_Account, ReadOrdinal, Unread, TimeMs: Date.now() },
  }),
  recall: (me, { To_Account, MsgKey }) => ({
    event: "message.recalled",
    body: { From_Account: me, To_Account, MsgKey, Operator_Account: me, TimeMs: Date.now() },
  }),
  edit: (me, { To_Account, MsgKey, MsgBody, CloudCustomData }) => ({
    event: "message.edited",
    body: {
      From_Account: me,
      To_Account,
      MsgKey,
      EditMs: Date.now(),
      ...parseKey(MsgKey),
      ...(MsgBody ? { MsgBody } : {}),
      ...(CloudCustomData === undefined ? {} : { CloudCustomData }),
    },
  }),
  delete: (me, { To_Account, MsgKeyList }) => ({
    event: "message.deleted",
    body: { From_Account: me, To_Account, MsgKeyList, TimeMs: Date.now() },
  }),
  react: (me, request) => reaction(me, request, true),
  unreact: (me, request) => reaction(me, request, false),
};

function reaction(
  me: string,
  { To_Account, MsgKey, Reaction }: { To_Account: string; MsgKey: string; Reaction: string },
  Added: boolean,
): ServerEvent {
  const body = { From_Account: To_Account, To_Account: me, MsgKey, Operator_Account: me, Reaction, Added };
  return { event: "message.reaction", body: { ...body, TimeMs: Date.now() } };
}

/** Whether an operation has an echo. */
export function echoed(action: string): boolean {
  return find(action) !== undefined;
}

/** The echo of an operation that was answered. */
export function echo(action: string, me: string, request: object, answer: unknown): ServerEvent | undefined {
  return find(action)?.(me, request, answer);
}

function find(action: string): ((me: string, request: object, answer: unknown) => ServerEvent) | undefined {
  const [subject, verb = ""] = action.split(".");
  return subject === "message" && Object.hasOwn(echoes, verb)
    ? (echoes[verb as keyof typeof echoes] as (me: string, request: object, answer: unknown) => ServerEvent)
    : undefined;
}
