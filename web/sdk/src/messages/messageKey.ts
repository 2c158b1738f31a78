import type { AnyMessage, GroupMessage, Message, MsgKey } from "../types.ts";

/** The fields of a message that decide its place in a conversation. Only messages of groups have a `GroupId`. */
export type Place = Pick<Message, "MsgTime" | "MsgSeq" | "MsgRandom"> & { GroupId?: string | undefined };

/**
 * Compares two messages of a conversation: by time, then by sequence, then by random, all
 * as numbers. In a group it compares the numbers of the messages alone (`MsgSeq`): no
 * message has an earlier time than one with a lower number.
 */
export function compare(a: Place, b: Place): number {
  return timeOf(a) - timeOf(b) || a.MsgSeq - b.MsgSeq || randomOf(a) - randomOf(b);
}

/** Makes the key of a message. */
export function formatKey(p: Place): MsgKey {
  return p.GroupId === undefined ? `${p.MsgSeq}_${p.MsgRandom}_${p.MsgTime}` : String(p.MsgSeq);
}

/** Reads the key of a message; undefined if the text is not a key. The key of a message of a group is its number. */
export function parseKey(key: MsgKey): Place | undefined {
  const parts = /^(\d+)(?:_(\d+)_(\d+))?$/.exec(key);
  if (!parts) return undefined;
  return { MsgSeq: Number(parts[1]), MsgRandom: Number(parts[2] ?? 0), MsgTime: Number(parts[3] ?? 0) };
}

/** The offset of a message: its number in its direction, or in its group; 0: it has none. */
export function offsetOf(m: AnyMessage | GroupMessage | Message): number {
  return "GroupId" in m && m.GroupId !== undefined ? m.MsgSeq : ((m as Message).Ordinal ?? 0);
}

/** The key of a message of a group does not say its time. So 0 stands for the time and the random of all of them. */
function timeOf(p: Place): number {
  return p.GroupId === undefined ? p.MsgTime : 0;
}

function randomOf(p: Place): number {
  return p.GroupId === undefined ? p.MsgRandom : 0;
}
