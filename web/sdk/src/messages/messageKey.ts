import type { Message, MsgKey } from "../types.ts";

/** The fields of a message that decide its place in a conversation. */
export type Place = Pick<Message, "MsgTime" | "MsgSeq" | "MsgRandom">;

/** Compares two messages of a conversation: by time, then by sequence, then by random, all as numbers. */
export function compare(a: Place, b: Place): number {
  return a.MsgTime - b.MsgTime || a.MsgSeq - b.MsgSeq || a.MsgRandom - b.MsgRandom;
}

/** Makes the key of a message. */
export function formatKey(p: Place): MsgKey {
  return `${p.MsgSeq}_${p.MsgRandom}_${p.MsgTime}`;
}

/** Reads the key of a message; undefined if the text is not a key. */
export function parseKey(key: MsgKey): Place | undefined {
  const parts = /^(\d+)_(\d+)_(\d+)$/.exec(key);
  return parts ? { MsgSeq: Number(parts[1]), MsgRandom: Number(parts[2]), MsgTime: Number(parts[3]) } : undefined;
}
