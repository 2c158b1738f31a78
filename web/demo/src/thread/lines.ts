import type { Draft, Message, Pending } from "@parley/client";
import { dayKey } from "../text.ts";

/** The bit of `MsgFlagBits` that says so of a message that was recalled. */
const recalledFlag = 8;

/** Messages of one user that follow one another within this time stand together. */
const together = 3 * 60 * 1000;

/** What became of a message, as far as it is shown. */
export type MessageState = "in" | "sending" | "sent" | "read" | "failed";

/** A message of a thread, stored or not yet. */
export interface Item {
  /** The same for a draft and its stored form. */
  id: string;
  mine: boolean;
  time: number;
  state: MessageState;
  /** What is written: of either. */
  content: Message | Draft;
  /** Where it is stored. */
  message?: Message;
  /** Where it is not. */
  pending?: Pending;
}

/** A line of a thread: a message, or what parts messages. */
export type Line =
  | { kind: "day"; id: string; time: number }
  | { kind: "new"; id: string }
  | { kind: "message"; id: string; item: Item; first: boolean; last: boolean };

/** The messages of a conversation, those that are on their way at the end. */
export function itemsOf(
  me: string,
  timeline: readonly Message[],
  pending: readonly Pending[],
  seen: (m: Message) => boolean,
): Item[] {
  const items: Item[] = timeline.map((m) => {
    const mine = m.From_Account === me;
    const state = !mine ? "in" : seen(m) ? "read" : "sent";
    return { id: idOf(m.From_Account, m), mine, time: m.MsgTime * 1000, state, content: m, message: m };
  });
  const here = new Set(items.map(({ id }) => id));
  for (const p of pending) {
    const id = idOf(me, p.draft);
    if (here.has(id)) continue;
    items.push({ id, mine: true, time: p.since, state: p.state, content: p.draft, pending: p });
  }
  return items;
}

/** Whether a message was taken back: its place is all that is left. */
export function isRecalled(m: Message | undefined): boolean {
  return ((m?.MsgFlagBits ?? 0) & recalledFlag) !== 0;
}

/** The key of a message has its time, which a draft does not know yet. */
function idOf(from: string, { MsgSeq, MsgRandom }: Message | Draft): string {
  return `${from} ${MsgSeq} ${MsgRandom}`;
}

/**
 * Parts messages by days, puts the line "New" before the first one after the ordinal
 * `newAfter`, and groups those that stand together. The day of the first message is told
 * where nothing is older (`complete`).
 */
export function linesOf(items: readonly Item[], newAfter: number | undefined, complete: boolean): Line[] {
  const lines: Line[] = [];
  const fresh =
    newAfter === undefined ? -1 : items.findIndex(({ mine, message }) => !mine && (message?.Ordinal ?? 0) > newAfter);
  const newDay = (i: number) => dayOf(items[i - 1]) !== dayOf(items[i]);
  const parted = (i: number) => newDay(i) || i === fresh || !joined(items[i - 1], items[i]);
  items.forEach((item, i) => {
    if (newDay(i) && (i > 0 || complete)) lines.push({ kind: "day", id: `day ${dayOf(item)}`, time: item.time });
    if (i === fresh) lines.push({ kind: "new", id: "new" });
    lines.push({ kind: "message", id: item.id, item, first: parted(i), last: parted(i + 1) });
  });
  return lines;
}

function dayOf(item: Item | undefined): string {
  return item ? dayKey(item.time) : "";
}

/** Whether two messages stand together. */
function joined(a: Item | undefined, b: Item | undefined): boolean {
  if (!a || !b || isRecalled(a.message) || isRecalled(b.message)) return false;
  return a.mine === b.mine && b.time - a.time < together;
}
