import type { Element, Message, MsgKey } from "./types.ts";

/** The parts of a message that order it. */
export type Place = Pick<Message, "MsgTime" | "MsgSeq" | "MsgRandom">;

/** Orders messages of a conversation: by time, then sequence, then random, all as numbers. */
export function compare(a: Place, b: Place): number {
  return a.MsgTime - b.MsgTime || a.MsgSeq - b.MsgSeq || a.MsgRandom - b.MsgRandom;
}

/** Writes a key. */
export function formatKey(p: Place): MsgKey {
  return `${p.MsgSeq}_${p.MsgRandom}_${p.MsgTime}`;
}

/** Reads a key; undefined where the text is none. */
export function parseKey(key: MsgKey): Place | undefined {
  const parts = /^(\d+)_(\d+)_(\d+)$/.exec(key);
  return parts ? { MsgSeq: Number(parts[1]), MsgRandom: Number(parts[2]), MsgTime: Number(parts[3]) } : undefined;
}

/** What a person would read of a message body: its texts one after the other, or what stands for them. */
export function words(body: readonly Element[]): string {
  return body.map(({ MsgType, MsgContent }) => label(MsgType, MsgContent)).join("");
}

/** The text of a message body for a conversation list: its words, at most 120 bytes. */
export function preview(body: readonly Element[]): string {
  const text = words(body);
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= 120) return text;
  let end = 120;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(bytes.subarray(0, end));
}

const labels: Record<string, string> = {
  TIMLocationElem: "[Location]",
  TIMFaceElem: "[Face]",
  TIMSoundElem: "[Audio]",
  TIMImageElem: "[Image]",
  TIMFileElem: "[File]",
  TIMVideoFileElem: "[Video]",
};

/** Which field of a content is its text. */
const texts: Record<string, string> = { TIMTextElem: "Text", TIMCustomElem: "Desc", TIMRelayElem: "Title" };

function label(type: string, content: Record<string, unknown>): string {
  const text = content[texts[type] ?? ""];
  return typeof text === "string" ? text : (labels[type] ?? "");
}
