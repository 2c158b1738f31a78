import { type DirectConversation, type Message, type Pending, preview } from "@parley/client";

/** The second line of a conversation in the list. */
export interface Preview {
  text: string;
  /** A label before the text, such as "You:". */
  lead?: string;
  tone?: "failed" | "draft" | "typing";
}

/** What the list shows of a conversation: a failed message, typing, a draft, or else the last message. */
export function previewOf(about: {
  me: string;
  row: DirectConversation;
  pending: readonly Pending[];
  /** The newest message in memory. */
  last: Message | undefined;
  typing: boolean;
  draft: string;
}): Preview {
  const { me, row, pending, last, typing, draft } = about;
  if (pending.some(({ state }) => state === "failed")) return { text: "Not sent", tone: "failed" };
  if (typing) return { text: "typing…", tone: "typing" };
  if (draft) return { lead: "Draft:", text: oneLine(draft), tone: "draft" };
  const written = pending.at(-1);
  if (written) return { lead: "You:", text: oneLine(preview(written.draft.MsgBody)) };
  const { LastMsg } = row;
  if (!LastMsg) return { text: "" };
  if (LastMsg.Recalled) return { text: "Message recalled" };
  const mine = last?.MsgKey === LastMsg.MsgKey && last.From_Account === me;
  return { ...(mine ? { lead: "You:" } : {}), text: oneLine(LastMsg.Preview) };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
