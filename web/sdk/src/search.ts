import type { Found, Message } from "./types.ts";

/** Groups messages, newest first, by their conversation, and keeps at most `limit` of each. */
export function byConversation(
  found: readonly Message[],
  limit: number,
  peer: (m: Message) => string,
): readonly Found[] {
  const groups = new Map<string, { To_Account: string; count: number; MsgList: Message[] }>();
  for (const m of found) {
    const To_Account = peer(m);
    const group = groups.get(To_Account) ?? { To_Account, count: 0, MsgList: [] };
    groups.set(To_Account, group);
    if (group.count++ < limit) group.MsgList.push(m);
  }
  return [...groups.values()];
}
