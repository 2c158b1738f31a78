import type { Element } from "../types.ts";

/** What a person reads in a message body: the texts of its elements, or labels such as "[Image]", joined together. */
export function words(body: readonly Element[]): string {
  return body.map(({ MsgType, MsgContent }) => textOf(MsgType, MsgContent)).join("");
}

/** The text of a message body for a list of conversations: its words, at most 120 bytes. */
export function preview(body: readonly Element[]): string {
  const text = words(body);
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= 120) return text;
  let end = 120;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(bytes.subarray(0, end));
}

/** The label of an element without a text. */
const labels: Record<string, string> = {
  TIMLocationElem: "[Location]",
  TIMFaceElem: "[Face]",
  TIMSoundElem: "[Audio]",
  TIMImageElem: "[Image]",
  TIMFileElem: "[File]",
  TIMVideoFileElem: "[Video]",
};

/** The field of an element's content that holds its text. */
const textFields: Record<string, string> = { TIMTextElem: "Text", TIMCustomElem: "Desc", TIMRelayElem: "Title" };

function textOf(type: string, content: Record<string, unknown>): string {
  const text = content[textFields[type] ?? ""];
  return typeof text === "string" ? text : (labels[type] ?? "");
}
