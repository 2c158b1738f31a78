import { idOf, nameOf } from "../conversations/conversationId.ts";
import { ParleyError } from "../errors.ts";
import type {
  AnyMessage,
  Draft,
  GroupMessage,
  HistoryPage,
  HistoryRange,
  Message,
  MessageOperations,
  MessageReadAnswer,
} from "../types.ts";

/** The messages of an answer: of a one-to-one conversation, or of a group. */
export function messagesOf(answer: { MsgList?: Message[]; GroupMsgList?: GroupMessage[] }): AnyMessage[] {
  return (answer.GroupMsgList as AnyMessage[] | undefined) ?? answer.MsgList ?? [];
}

/** The calls about messages that the client makes itself, for conversations of any kind. */
export class MessageCalls {
  readonly #me: string;
  readonly #message: Pick<MessageOperations, "history" | "read" | "send">;
  readonly #get: (id: string, key: string) => AnyMessage | undefined;

  /** @param get the message with a key, if it is in memory */
  constructor(
    me: string,
    message: Pick<MessageOperations, "history" | "read" | "send">,
    get: (id: string, key: string) => AnyMessage | undefined,
  ) {
    this.#me = me;
    this.#message = message;
    this.#get = get;
  }

  /** Reads a page of the history of a conversation. */
  async history(id: string, { from: From, to: To, limit: Limit }: HistoryRange): Promise<HistoryPage<AnyMessage>> {
    const range = { ...(From && { From }), ...(To && { To }), ...(Limit && { Limit }) };
    const { MsgList, GroupMsgList, ...page } = await this.#message.history({ ...nameOf(id), ...range });
    return { ...page, MsgList: messagesOf({ MsgList, ...(GroupMsgList ? { GroupMsgList } : {}) }) };
  }

  /** Marks the messages of a conversation as read, up to an offset or all of them. */
  read(id: string, offset?: number): Promise<MessageReadAnswer> {
    return this.#message.read({ ...nameOf(id), ...(offset === undefined ? {} : { Ordinal: offset }) });
  }

  /** Sends a message once. Resolves with the message as it is in memory; one that is not stored is nowhere else. */
  async post(draft: Draft): Promise<AnyMessage> {
    const { MsgSeq, ...toGroup } = draft;
    const inGroup = draft.GroupId !== undefined;
    const answer = await this.#message.send(inGroup ? toGroup : draft);
    if (answer.MsgDropReason) throw new ParleyError("the group had too many messages in this second", 0, 429);
    if (inGroup && !answer.MsgKey) {
      const { GroupId, MsgRandom, MsgBody } = draft;
      const { MsgSeq, MsgTime } = answer;
      return { GroupId, From_Account: this.#me, MsgSeq, MsgTime, MsgRandom, MsgBody, MsgKey: "" };
    }
    const stored = this.#get(idOf(draft), answer.MsgKey ?? "");
    if (!stored) throw new ParleyError("the message was deleted", 0, 200);
    return stored;
  }
}
