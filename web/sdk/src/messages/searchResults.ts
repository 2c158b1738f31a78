import { nameOf } from "../conversations/conversationId.ts";
import type { AnyMessage, Found } from "../types.ts";

/** Groups messages, newest first, by their conversation. Each result holds at most `limit` of them and counts all. */
export function groupByConversation(
  found: readonly AnyMessage[],
  limit: number,
  idOf: (m: AnyMessage) => string,
): readonly Found[] {
  const results = new Map<string, Found & { MsgList: AnyMessage[] }>();
  for (const m of found) {
    const id = idOf(m);
    const result = results.get(id) ?? { ...nameOf(id), count: 0, MsgList: [] };
    results.set(id, result);
    if (result.count++ < limit) result.MsgList.push(m);
  }
  return [...results.values()];
}
