import type { Found, Message } from "../types.ts";

/** Groups messages, newest first, by their conversation. Each group holds at most `limit` of them and counts all. */
export function groupByConversation(
  found: readonly Message[],
  limit: number,
  peerOf: (m: Message) => string,
): readonly Found[] {
  const groups = new Map<string, { To_Account: string; count: number; MsgList: Message[] }>();
  for (const m of found) {
    const To_Account = peerOf(m);
    const group = groups.get(To_Account) ?? { To_Account, count: 0, MsgList: [] };
    groups.set(To_Account, group);
    if (group.count++ < limit) group.MsgList.push(m);
  }
  return [...groups.values()];
}
