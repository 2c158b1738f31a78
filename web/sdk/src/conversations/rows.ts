import { isRecalled } from "../messages/mergeMessage.ts";
import { preview } from "../text/preview.ts";
import type { AnyMessage, Conversation, Element, MessageReacted, MsgKey } from "../types.ts";

/** Whether a message is excluded from the count of unread messages of a user. */
export function isExcludedFromUnread(m: AnyMessage, me: string): boolean {
  return m.NoUnread === true || isRecalled(m) || (m.GroupId !== undefined && (m.From_Account === me || isTip(m)));
}

/** Whether a message is a tip: nobody wrote it, and it says what has changed in the group. */
function isTip(m: { IsSystemMsg?: number | undefined }): boolean {
  return m.IsSystemMsg === 1;
}

/** What a row shows of a message. */
export function lastMsgOf(m: {
  MsgKey: MsgKey;
  MsgBody: readonly Element[];
  MsgFlagBits?: number | undefined;
  GroupId?: string | undefined;
  From_Account?: string | undefined;
  NameCard?: string | undefined;
  IsSystemMsg?: number | undefined;
}): NonNullable<Conversation["LastMsg"]> {
  return {
    MsgKey: m.MsgKey,
    ...(m.GroupId !== undefined && m.From_Account !== undefined ? { From_Account: m.From_Account } : {}),
    ...(m.GroupId !== undefined && m.NameCard !== undefined ? { NameCard: m.NameCard } : {}),
    Preview: isTip(m) ? "[Tip]" : preview(m.MsgBody),
    ...(isRecalled(m) ? { Recalled: true } : {}),
  };
}

/** The row with the mention of a message that arrived: of the user, or of all members. */
export function withMention(row: Conversation, m: AnyMessage, me: string): Conversation {
  if (!m.GroupAtInfo || m.From_Account === me || m.MsgSeq <= row.ReadOrdinal) return row;
  const all = m.GroupAtInfo.some(({ GroupAtAllFlag }) => GroupAtAllFlag === 1);
  const mine = m.GroupAtInfo.some(({ GroupAt_Account }) => GroupAt_Account === me);
  return {
    ...row,
    ...(all ? { AtAll: Math.max(row.AtAll ?? 0, m.MsgSeq) } : {}),
    ...(mine ? { AtMe: numbers([...(row.AtMe ?? []), m.MsgSeq]) } : {}),
  };
}

/** The row without the mentions that its user has read. */
export function withoutReadMentions({ AtMe, AtAll, ...row }: Conversation): Conversation {
  const unread = (AtMe ?? []).filter((number) => number > row.ReadOrdinal);
  return {
    ...row,
    ...(unread.length > 0 ? { AtMe: unread } : {}),
    ...(AtAll !== undefined && AtAll > row.ReadOrdinal ? { AtAll } : {}),
  };
}

/** Adds the mentions of messages that arrived after the server made its row. */
export function withNewerMentions(row: Conversation, old: Conversation, top: number): Conversation {
  const newer = (old.AtMe ?? []).filter((number) => number > top);
  return {
    ...row,
    ...(newer.length > 0 ? { AtMe: numbers([...(row.AtMe ?? []), ...newer]) } : {}),
    ...((old.AtAll ?? 0) > top ? { AtAll: old.AtAll } : {}),
  };
}

/** A message with a reaction added or removed. */
export function withReaction<M extends AnyMessage>(m: M, event: MessageReacted): M {
  const list = (m.ReactionList ?? []).map((one) =>
    one.Reaction === event.Reaction
      ? { ...one, From_Account: one.From_Account.filter((user) => user !== event.Operator_Account) }
      : one,
  );
  if (event.Added) {
    const one = list.find(({ Reaction }) => Reaction === event.Reaction);
    if (one) one.From_Account = [...one.From_Account, event.Operator_Account];
    else list.push({ Reaction: event.Reaction, From_Account: [event.Operator_Account] });
  }
  const { ReactionList, ...rest } = m;
  const left = list.filter(({ From_Account }) => From_Account.length > 0);
  return left.length > 0 ? { ...m, ReactionList: left } : (rest as M);
}

/** A message that its receiver, or a member of its group, has confirmed as read. */
export function withReceipt<M extends AnyMessage>(m: M, reader: string): M {
  if (m.GroupId === undefined) return { ...m, IsPeerRead: 1 };
  return m.ReadBy?.includes(reader) ? m : { ...m, ReadBy: [...(m.ReadBy ?? []), reader] };
}

/** Ascending, each once. */
function numbers(list: readonly number[]): number[] {
  return [...new Set(list)].sort((a, b) => a - b);
}
