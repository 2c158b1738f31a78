import type { AnyMessage } from "@parley/client";
import { textOf } from "../text.ts";

/** What a reply contains of the message that it answers. */
export interface Quote {
  /** The key of that message. */
  key: string;
  text: string;
  /** The name of the sender of that message. */
  sender: string;
}

/** How much of a message is quoted, in characters. */
const maxQuoted = 100;

/** Writes the `CloudCustomData` of a reply in the format of TUIKit, so that apps with TUIKit show the quote too. */
export function writeQuote(m: AnyMessage, sender: string): string {
  const text = [...textOf(m)];
  return JSON.stringify({
    messageReply: {
      messageID: m.MsgKey,
      messageAbstract: text.length > maxQuoted ? `${text.slice(0, maxQuoted).join("")}…` : text.join(""),
      messageSender: sender,
      messageType: 1,
      version: 1,
    },
  });
}

/** Reads the quote of a message; undefined if the message is not a reply. */
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
    return undefined; // custom data of another app
  }
}
