import type { Message } from "@parley/client";
import { textOf } from "../text.ts";

/** What a reply says of the message that it answers. */
export interface Quote {
  /** The key of that message. */
  key: string;
  text: string;
  /** The name of who wrote it. */
  sender: string;
}

/** How much of a message is quoted, in characters. */
const most = 100;

/** Writes the `CloudCustomData` of a reply as TUIKit does, so that its apps show the quote too. */
export function writeQuote(m: Message, sender: string): string {
  const text = [...textOf(m)];
  return JSON.stringify({
    messageReply: {
      messageID: m.MsgKey,
      messageAbstract: text.length > most ? `${text.slice(0, most).join("")}…` : text.join(""),
      messageSender: sender,
      messageType: 1,
      version: 1,
    },
  });
}

/** Reads the quote of a message; undefined where it is no reply. */
export function readQuote(custom: string | undefined): Quote | undefined {
  if (!custom) return undefined;
  try {
    const reply = JSON.parse(custom)?.messageReply;
    if (typeof reply?.messageID !== "string") return undefined;
    return {
      key: reply.messageID,
      text: String(reply.messageAbstract ?? ""),
      sender: String(reply.messageSender ?? ""),
    };
  } catch {
    return undefined; // somebody else's data
  }
}
