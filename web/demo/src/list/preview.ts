import { type AnyMessage, type Conversation, type LastMessage, type Pending, preview } from "@parley/client";
import { tipText } from "../groups/tips.ts";

/** The preview of a tip, in the row of its group. */
export const tipPreview = "[Tip]";

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
  row: Conversation;
  pending: readonly Pending[];
  /** The newest message in memory. */
  last: AnyMessage | undefined;
  typing: boolean;
  draft: string;
  /** The name of a member of a group. */
  name?: (user: string, card?: string) => string;
}): Preview {
  const { me, row, pending, last, typing, draft, name = (user) => user } = about;
  if (pending.some(({ state }) => state === "failed")) return { text: "Not sent", tone: "failed" };
  if (typing) return { text: "typing…", tone: "typing" };
  if (draft) return { lead: "Draft:", text: oneLine(draft), tone: "draft" };
  const written = pending.at(-1);
  if (written) return { lead: "You:", text: oneLine(preview(written.draft.MsgBody)) };
  const { LastMsg } = row;
  if (!LastMsg) return { text: "" };
  if (LastMsg.Recalled) return { text: "Message recalled" };
  if (row.GroupId !== undefined) return groupPreview(LastMsg);
  const mine = last?.MsgKey === LastMsg.MsgKey && last.From_Account === me;
  return { ...(mine ? { lead: "You:" } : {}), text: oneLine(LastMsg.Preview) };

  function groupPreview({ MsgKey, From_Account, NameCard, Preview }: LastMessage): Preview {
    if (last?.MsgKey === MsgKey && last.Tip) return { text: oneLine(tipText(last.Tip, me, name)) };
    if (Preview === tipPreview) return { text: "The group has changed" };
    const lead =
      From_Account === me ? "You:" : From_Account === undefined ? undefined : `${name(From_Account, NameCard)}:`;
    return { ...(lead ? { lead } : {}), text: oneLine(Preview) };
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
