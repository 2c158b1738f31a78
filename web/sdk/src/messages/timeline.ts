import type { AnyMessage, Draft, MsgKey } from "../types.ts";
import { mergeMessage } from "./mergeMessage.ts";
import { compare, offsetOf, parseKey } from "./messageKey.ts";
import { OffsetTracker } from "./offsetTracker.ts";

/**
 * The direction of a message: to the signed-in user, or from the signed-in user. Each has
 * offsets of its own. All messages of a group have one direction, "in": the server numbers
 * them together, whoever sent them.
 */
export type Direction = "in" | "out";

/** How many changed or removed messages are remembered. A bot may run for months, so the number is limited. */
const maxRemembered = 1_000;

/** A change of a message that an event announced. */
export interface Amendment {
  /** The revision of the conversation store after this event: see {@link Timeline.add}. */
  revision: number;
  amend(m: AnyMessage): AnyMessage;
  /** The change holds whatever the server answers: a recall, or an edit, which carries a time of the server. */
  final: boolean;
}

/**
 * The messages of one conversation that are in memory: each once, in order. It finds
 * missing messages of both directions.
 *
 * A `revision` counts the events that changed messages. A request carries the revision at
 * which it was sent, so that its answer can be compared with later events. Example: a
 * request is sent at revision 7, then an event about a reaction arrives and gets revision
 * 8. The answer may not contain the reaction yet, so the reaction is applied to it.
 */
export class Timeline {
  readonly #me: string;
  readonly #list: AnyMessage[] = [];
  #copy: readonly AnyMessage[] | undefined;
  readonly #byKey = new Map<MsgKey, AnyMessage>();
  readonly #offsets = { in: new OffsetTracker(), out: new OffsetTracker() };
  /**
   * What events said of messages, whether these are in memory or not. The frame of such a
   * message may arrive later, as may a page of history that was requested earlier.
   */
  readonly #amendments = new Map<MsgKey, Amendment[]>();
  /** Messages that were deleted. A late frame or page does not bring them back. */
  readonly #removed = new Set<MsgKey>();
  /** The app has read the history, so the list holds the newest part of the conversation without a gap. */
  shown = false;
  /** The list reaches back to the first message of the conversation, so every missing message is found. */
  complete = false;

  constructor(me: string) {
    this.#me = me;
  }

  /** A timeline without messages that remembers which messages were removed. */
  emptied(): Timeline {
    const fresh = new Timeline(this.#me);
    for (const key of this.#removed) fresh.remove(key);
    return fresh;
  }

  /** Ascending. A new array after each change, so that an app can keep it and compare it. */
  get messages(): readonly AnyMessage[] {
    this.#copy ??= [...this.#list];
    return this.#copy;
  }

  direction(m: Pick<AnyMessage, "From_Account" | "GroupId">): Direction {
    return m.From_Account === this.#me && m.GroupId === undefined ? "out" : "in";
  }

  offsets(direction: Direction): OffsetTracker {
    return this.#offsets[direction];
  }

  /**
   * The list reaches back to the first message. If a direction has no message yet, its
   * first one is tracked too. In a group the first message that a user sees can have any
   * number: a member may not see what was sent before the member joined.
   */
  markComplete(isGroup = false): void {
    this.complete = true;
    if (isGroup) return;
    for (const offsets of Object.values(this.#offsets)) offsets.startAfter(0);
  }

  /**
   * Adds a message and applies what earlier events said of it. Returns the result;
   * undefined if the message is in the list already, or was removed.
   *
   * @param requestedAt the revision at which the message was requested; undefined: the
   *   server delivered the message without a request
   */
  add(m: AnyMessage, requestedAt?: number): AnyMessage | undefined {
    const offset = offsetOf(m);
    if (offset) this.#offsets[this.direction(m)].add(offset);
    if (this.#byKey.has(m.MsgKey) || this.#removed.has(m.MsgKey)) return undefined;
    let amended = m;
    for (const { revision, amend, final } of this.#amendments.get(m.MsgKey) ?? []) {
      if (final || requestedAt === undefined || revision > requestedAt) amended = amend(amended);
    }
    this.#byKey.set(m.MsgKey, amended);
    this.#list.splice(this.#position(amended), 0, amended);
    this.#copy = undefined;
    return amended;
  }

  /** Merges a message in the list with its state in an answer of the server. Returns whether it changed. */
  update(m: AnyMessage, requestedAt: number): boolean {
    const current = this.#byKey.get(m.MsgKey);
    if (!current) return false;
    const merged = mergeMessage(current, m, this.isNewerThanEvents(m.MsgKey, requestedAt));
    if (isSame(current, merged)) return false;
    this.#replace(current, merged);
    return true;
  }

  /** Whether this message was removed. */
  isRemoved(key: MsgKey): boolean {
    return this.#removed.has(key);
  }

  /** Whether a request was sent after every event about a message. */
  isNewerThanEvents(key: MsgKey, requestedAt: number): boolean {
    return (this.#amendments.get(key) ?? []).every(({ revision }) => revision <= requestedAt);
  }

  /** Changes a message as an event says. Returns the result; undefined if the message is not in the list. */
  amend(key: MsgKey, amendment: Amendment): AnyMessage | undefined {
    const before = (this.#amendments.get(key) ?? []).slice(-50);
    this.#amendments.delete(key);
    this.#amendments.set(key, [...before, amendment]);
    if (this.#amendments.size > maxRemembered) deleteOldest(this.#amendments);
    const current = this.#byKey.get(key);
    if (!current) return undefined;
    const amended = amendment.amend(current);
    this.#replace(current, amended);
    return amended;
  }

  /** Removes a message. It is not added again. */
  remove(key: MsgKey): void {
    this.#removed.add(key);
    if (this.#removed.size > maxRemembered) deleteOldest(this.#removed);
    const current = this.#byKey.get(key);
    if (!current) return;
    this.#byKey.delete(key);
    this.#list.splice(this.#list.indexOf(current), 1);
    this.#copy = undefined;
  }

  /** If the app has not read this conversation and the list has twice `size` messages, drops the oldest ones. */
  trim(size: number): void {
    if (!this.shown && this.#list.length >= 2 * size) this.#dropBefore(this.#list.length - size);
  }

  /** Drops every message up to and including this one. */
  dropUpTo(key: MsgKey): void {
    const end = parseKey(key);
    if (end) this.#dropBefore(this.#list.findIndex((m) => compare(m, end) > 0));
  }

  /**
   * Keeps the newest part of the list that has no gap in its offsets, and drops what is
   * before the gap. A gap at or after `trustedFrom` does not count: the list has every
   * stored message from there on.
   */
  keepUnbroken(trustedFrom?: AnyMessage): void {
    const next: { [D in Direction]?: number } = {};
    for (let i = this.#list.length - 1; i >= 0; i--) {
      const m = this.#list[i];
      const offset = m && offsetOf(m);
      if (!offset) continue;
      const direction = this.direction(m);
      const expected = (next[direction] ?? offset + 1) - 1;
      if (offset !== expected && !(trustedFrom && compare(m, trustedFrom) >= 0)) {
        this.#dropBefore(i + 1);
        return;
      }
      next[direction] = Math.min(offset, expected);
    }
  }

  get(key: MsgKey): AnyMessage | undefined {
    return this.#byKey.get(key);
  }

  /** The message from the signed-in user that a draft has become, whatever its time. */
  findSent(draft: Pick<Draft, "GroupId" | "MsgSeq" | "MsgRandom">): AnyMessage | undefined {
    return this.#list.findLast((m) => isMessageOf(draft, m, this.#me));
  }

  /** Whether a message of one of the directions is missing. */
  get hasGap(): boolean {
    return this.#offsets.in.hasGap || this.#offsets.out.hasGap;
  }

  /**
   * The smallest range of the history that contains every missing message; undefined if no
   * message is missing. Both bounds are exclusive. A bound is absent if no message in the
   * list limits the range on that side.
   *
   * Example: the list has alice's messages 1 and 3. The range is after 1 and before 3.
   */
  gapRange(): { after?: AnyMessage; before?: AnyMessage } | undefined {
    const missing = { in: this.#offsets.in.missing(), out: this.#offsets.out.missing() };
    if (!missing.in && !missing.out) return undefined;
    const range: { after?: AnyMessage; before?: AnyMessage } = {};
    const unbounded = { after: false, before: false };
    for (const direction of ["in", "out"] as const) {
      const gap = missing[direction];
      if (!gap) continue;
      const after = this.#neighbour(direction, gap.first, -1);
      if (!after) unbounded.after = true;
      else if (!range.after || compare(after, range.after) < 0) range.after = after;
      const before = this.#neighbour(direction, gap.last, 1);
      if (!before) unbounded.before = true;
      else if (!range.before || compare(before, range.before) > 0) range.before = before;
    }
    if (unbounded.after) delete range.after;
    if (unbounded.before) delete range.before;
    return range;
  }

  /** The index at which a message belongs. New messages usually belong at the end. */
  #position(m: AnyMessage): number {
    let at = this.#list.length;
    for (let before = this.#list[at - 1]; before && compare(before, m) > 0; before = this.#list[at - 1]) at--;
    return at;
  }

  #replace(current: AnyMessage, m: AnyMessage): void {
    this.#list[this.#list.indexOf(current)] = m;
    this.#byKey.set(m.MsgKey, m);
    this.#copy = undefined;
  }

  /** Drops the messages before an index; -1 stands for the end of the list. */
  #dropBefore(index: number): void {
    for (const m of this.#list.splice(0, index < 0 ? this.#list.length : index)) this.#byKey.delete(m.MsgKey);
    this.#copy = undefined;
  }

  /** The message of a direction in the list that is nearest to an offset: before it (-1) or after it (1). */
  #neighbour(direction: Direction, offset: number, step: 1 | -1): AnyMessage | undefined {
    let best: AnyMessage | undefined;
    for (const m of this.#list) {
      const at = offsetOf(m);
      if (!at || this.direction(m) !== direction || (at - offset) * step <= 0) continue;
      if (!best || (at - offsetOf(best)) * step < 0) best = m;
    }
    return best;
  }
}

/** Whether a stored message is what a draft has become. In a group the server chooses the sequence. */
export function isMessageOf(
  draft: Pick<Draft, "GroupId" | "MsgSeq" | "MsgRandom">,
  m: AnyMessage,
  sender: string,
): boolean {
  const sameSeq = draft.GroupId !== undefined || m.MsgSeq === draft.MsgSeq;
  return sameSeq && m.From_Account === sender && m.MsgRandom === draft.MsgRandom;
}

/** Whether two states of a message are the same, whatever the order of their fields. */
function isSame(a: AnyMessage, b: AnyMessage): boolean {
  const fields = Object.keys({ ...a, ...b }) as (keyof AnyMessage)[];
  return fields.every((field) => JSON.stringify(a[field]) === JSON.stringify(b[field]));
}

function deleteOldest(collection: { keys(): IterableIterator<MsgKey>; delete(key: MsgKey): unknown }): void {
  const { value, done } = collection.keys().next();
  if (!done) collection.delete(value);
}
