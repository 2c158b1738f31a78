import type { AnyMessage, Draft, Pending } from "@parley/client";
import { dayKey } from "../text.ts";

/** The flag in `MsgFlagBits` of a message that was recalled. */
const recalledFlag = 8;

/** Messages of one user that follow one another within this time are shown as a group, ms. */
const groupWithin = 3 * 60 * 1000;

/** The state of a message, as the thread shows it. */
export type MessageState = "in" | "sending" | "sent" | "read" | "failed";

/** A message of a thread: stored, or pending. */
export interface Item {
  /** Is the same for a pending message and its stored message. */
  id: string;
  mine: boolean;
  time: number;
  state: MessageState;
  /** The content of the stored or the pending message. */
  content: AnyMessage | Draft;
  /** The stored message, if it is stored. */
  message?: AnyMessage;
  /** The pending message, if it is not stored. */
  pending?: Pending;
}

/** A line of a thread: a message, or a separator between messages. */
export type Line =
  | { kind: "day"; id: string; time: number }
  | { kind: "new"; id: string }
  | { kind: "tip"; id: string; item: Item }
  | { kind: "message"; id: string; item: Item; first: boolean; last: boolean };

/** The messages of a conversation. Pending messages are at the end. */
export function itemsOf(
  me: string,
  timeline: readonly AnyMessage[],
  pending: readonly Pending[],
  seen: (m: AnyMessage) => boolean,
): Item[] {
  const used = new Set<string>();
  const items: Item[] = timeline.map((m) => {
    const mine = m.From_Account === me && !m.Tip;
    const state = !mine ? "in" : seen(m) ? "read" : "sent";
    const same = idOf(m.From_Account, m);
    const id = used.has(same) ? `${same} ${m.MsgKey}` : same; // members choose the random numbers of their messages
    used.add(id);
    return { id, mine, time: m.MsgTime * 1000, state, content: m, message: m };
  });
  const storedIds = new Set(items.map(({ id }) => id));
  for (const p of pending) {
    const id = idOf(me, p.draft);
    if (storedIds.has(id)) continue;
    items.push({ id, mine: true, time: p.since, state: p.state, content: p.draft, pending: p });
  }
  return items;
}

/** Whether a message was recalled: only its place is left. */
export function isRecalled(m: AnyMessage | undefined): boolean {
  return ((m?.MsgFlagBits ?? 0) & recalledFlag) !== 0;
}

/**
 * Identifies a message. Its key cannot be used: it contains the time, or in a group the number, which a pending message
 * does not have.
 */
function idOf(from: string | undefined, { GroupId, MsgSeq, MsgRandom }: AnyMessage | Draft): string {
  return GroupId === undefined ? `${from} ${MsgSeq} ${MsgRandom}` : `${from} ${MsgRandom}`;
}

/** The place of a message in the count of its conversation, by which read cursors go; 0: it has none. */
export function offsetOf(m: AnyMessage | undefined): number {
  return (m?.GroupId === undefined ? m?.Ordinal : m.MsgSeq) ?? 0;
}

/**
 * Separates messages by days, puts the line "New" before the first message after the
 * offset `newAfter`, and groups messages. The day of the first message is shown only if
 * there is no older message (`complete`).
 */
export function linesOf(items: readonly Item[], newAfter: number | undefined, complete: boolean): Line[] {
  const lines: Line[] = [];
  const firstNew =
    newAfter === undefined
      ? -1
      : items.findIndex(({ mine, message }) => !mine && !message?.Tip && offsetOf(message) > newAfter);
  const newDay = (i: number) => dayOf(items[i - 1]) !== dayOf(items[i]);
  const startsGroup = (i: number) => newDay(i) || i === firstNew || !belongTogether(items[i - 1], items[i]);
  items.forEach((item, i) => {
    if (newDay(i) && (i > 0 || complete)) lines.push({ kind: "day", id: `day ${dayOf(item)}`, time: item.time });
    if (i === firstNew) lines.push({ kind: "new", id: "new" });
    if (item.message?.Tip) lines.push({ kind: "tip", id: item.id, item });
    else lines.push({ kind: "message", id: item.id, item, first: startsGroup(i), last: startsGroup(i + 1) });
  });
  return lines;
}

function dayOf(item: Item | undefined): string {
  return item ? dayKey(item.time) : "";
}

/** Whether two messages are in the same group. */
function belongTogether(a: Item | undefined, b: Item | undefined): boolean {
  if (!a || !b || isRecalled(a.message) || isRecalled(b.message)) return false;
  if (a.message?.Tip || b.message?.Tip || a.message?.From_Account !== b.message?.From_Account) {
    if (!a.mine || !b.mine) return false; // a pending message has no sender
  }
  return a.mine === b.mine && b.time - a.time < groupWithin;
}
