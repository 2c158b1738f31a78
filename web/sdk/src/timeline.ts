import { compare, parseKey } from "./order.ts";
import { Ordinals } from "./ordinals.ts";
import { type Message, type MsgKey, recalledFlag } from "./types.ts";

/** The two rows of ordinals of a conversation, as the signed-in user sees them. */
export type Direction = "in" | "out";

/** How many keys of changes and deletions are remembered: a bot runs for months. */
const remembered = 1_000;

/** What an event says of a message. */
export interface Amendment {
  /** When the client heard of it, in its own count of what it heard. */
  heard: number;
  amend(m: Message): Message;
  /** It holds whatever else is known: a recall, or an edit, which has a time of the server. */
  final: boolean;
}

/**
 * The messages of one conversation that this client holds: each once, in order,
 * watched for gaps in both directions.
 */
export class Timeline {
  readonly #me: string;
  readonly #list: Message[] = [];
  #copy: readonly Message[] | undefined;
  readonly #keys = new Map<MsgKey, Message>();
  readonly #watch = { in: new Ordinals(), out: new Ordinals() };
  /** What events said of messages, held or not: their frames, and pages asked for before, may come later. */
  readonly #amended = new Map<MsgKey, Amendment[]>();
  /** Deleted here; a late frame or page does not bring them back. */
  readonly #gone = new Set<MsgKey>();
  /** History was read here, so this client holds the newest part without a break. */
  shown = false;
  /** It reaches back to the first message, so that whatever is missing shows. */
  complete = false;

  constructor(me: string) {
    this.#me = me;
  }

  /** A timeline without messages, from which the same ones stay away. */
  anew(): Timeline {
    const fresh = new Timeline(this.#me);
    for (const key of this.#gone) fresh.remove(key);
    return fresh;
  }

  /** Ascending. A new array after each change, so it may be kept and compared. */
  get messages(): readonly Message[] {
    this.#copy ??= [...this.#list];
    return this.#copy;
  }

  direction(m: Pick<Message, "From_Account">): Direction {
    return m.From_Account === this.#me ? "out" : "in";
  }

  ordinals(direction: Direction): Ordinals {
    return this.#watch[direction];
  }

  /** The list reaches back to the first message: where a direction has none yet, its first one is watched for, too. */
  whole(): void {
    this.complete = true;
    for (const ordinals of Object.values(this.#watch)) ordinals.start(0);
  }

  /**
   * Takes a message in, and what was heard of it before. Returns what it is now;
   * undefined for one that is here already, or was deleted.
   *
   * @param asked what the client had heard when it asked for the message; absent: the message came by itself
   */
  add(m: Message, asked?: number): Message | undefined {
    if (m.Ordinal) this.#watch[this.direction(m)].see(m.Ordinal);
    if (this.#keys.has(m.MsgKey) || this.#gone.has(m.MsgKey)) return undefined;
    let now = m;
    for (const { heard, amend, final } of this.#amended.get(m.MsgKey) ?? []) {
      if (final || asked === undefined || heard > asked) now = amend(now);
    }
    this.#keys.set(m.MsgKey, now);
    this.#list.splice(this.#position(now), 0, now);
    this.#copy = undefined;
    return now;
  }

  /** Replaces a message that is held by what the server said it is. Returns whether that is another. */
  renew(m: Message, asked: number): boolean {
    const held = this.#keys.get(m.MsgKey);
    if (!held) return false;
    const now = merge(held, m, this.newer(m.MsgKey, asked));
    if (same(held, now)) return false;
    this.#replace(held, now);
    return true;
  }

  /** Whether this message was deleted here. */
  lacks(key: MsgKey): boolean {
    return this.#gone.has(key);
  }

  /** Whether what was asked for is newer than all that events said of a message. */
  newer(key: MsgKey, asked: number): boolean {
    return (this.#amended.get(key) ?? []).every(({ heard }) => heard <= asked);
  }

  /** Changes a message by an event. Returns what it is now; undefined where it is not held. */
  amend(key: MsgKey, amendment: Amendment): Message | undefined {
    const before = (this.#amended.get(key) ?? []).slice(-50);
    this.#amended.delete(key);
    this.#amended.set(key, [...before, amendment]);
    if (this.#amended.size > remembered) forgetFirst(this.#amended);
    const held = this.#keys.get(key);
    if (!held) return undefined;
    const now = amendment.amend(held);
    this.#replace(held, now);
    return now;
  }

  /** Drops a message for good. */
  remove(key: MsgKey): void {
    this.#gone.add(key);
    if (this.#gone.size > remembered) forgetFirst(this.#gone);
    const held = this.#keys.get(key);
    if (!held) return;
    this.#keys.delete(key);
    this.#list.splice(this.#list.indexOf(held), 1);
    this.#copy = undefined;
  }

  /** Lets go of the oldest messages of a list that nobody reads, when it has grown to twice its size. */
  bound(size: number): void {
    if (!this.shown && this.#list.length >= 2 * size) this.#cut(this.#list.length - size);
  }

  /** Drops everything up to and including a message. */
  clear(upTo: MsgKey): void {
    const end = parseKey(upTo);
    if (end) this.#cut(this.#list.findIndex((m) => compare(m, end) > 0));
  }

  /**
   * Keeps the newest part that has no hole in its ordinals: what lies before it may
   * lack something. The part from `sure` on has none, whatever its ordinals say.
   */
  keepUnbroken(sure?: Message): void {
    const next: { [D in Direction]?: number } = {};
    for (let i = this.#list.length - 1; i >= 0; i--) {
      const m = this.#list[i];
      if (!m?.Ordinal) continue;
      const direction = this.direction(m);
      const expected = (next[direction] ?? m.Ordinal + 1) - 1;
      if (m.Ordinal !== expected && !(sure && compare(m, sure) >= 0)) {
        this.#cut(i + 1);
        return;
      }
      next[direction] = Math.min(m.Ordinal, expected);
    }
  }

  get(key: MsgKey): Message | undefined {
    return this.#keys.get(key);
  }

  /** The message of mine with this sequence and random, whatever its time. */
  sent(seq: number, random: number): Message | undefined {
    return this.#list.findLast((m) => m.From_Account === this.#me && m.MsgSeq === seq && m.MsgRandom === random);
  }

  /** Whether a message of either direction is missing. */
  get gapped(): boolean {
    return this.#watch.in.gapped || this.#watch.out.gapped;
  }

  /**
   * The narrowest range of history that holds everything missing: exclusive
   * bounds, absent where none of the messages held bounds it on that side.
   */
  gap(): { after?: Message; before?: Message } | undefined {
    const missing = { in: this.#watch.in.missing(), out: this.#watch.out.missing() };
    if (!missing.in && !missing.out) return undefined;
    const range: { after?: Message; before?: Message } = {};
    const open = { after: false, before: false };
    for (const direction of ["in", "out"] as const) {
      const hole = missing[direction];
      if (!hole) continue;
      const after = this.#at(direction, hole.first, -1);
      if (!after) open.after = true;
      else if (!range.after || compare(after, range.after) < 0) range.after = after;
      const before = this.#at(direction, hole.last, 1);
      if (!before) open.before = true;
      else if (!range.before || compare(before, range.before) > 0) range.before = before;
    }
    if (open.after) delete range.after;
    if (open.before) delete range.before;
    return range;
  }

  #position(m: Message): number {
    let at = this.#list.length;
    for (let before = this.#list[at - 1]; before && compare(before, m) > 0; before = this.#list[at - 1]) at--;
    return at;
  }

  #replace(held: Message, m: Message): void {
    this.#list[this.#list.indexOf(held)] = m;
    this.#keys.set(m.MsgKey, m);
    this.#copy = undefined;
  }

  /** Lets go of what stands before an index; -1 is the end. */
  #cut(index: number): void {
    for (const m of this.#list.splice(0, index < 0 ? this.#list.length : index)) this.#keys.delete(m.MsgKey);
    this.#copy = undefined;
  }

  /** The held message of a direction next to an ordinal, on the side of `step`. */
  #at(direction: Direction, ordinal: number, step: 1 | -1): Message | undefined {
    let best: Message | undefined;
    for (const m of this.#list) {
      if (!m.Ordinal || this.direction(m) !== direction || (m.Ordinal - ordinal) * step <= 0) continue;
      if (!best?.Ordinal || (m.Ordinal - best.Ordinal) * step < 0) best = m;
    }
    return best;
  }
}

/** Whether two states of a message are the same, whatever the order of their fields. */
function same(a: Message, b: Message): boolean {
  const fields = Object.keys({ ...a, ...b }) as (keyof Message)[];
  return fields.every((field) => JSON.stringify(a[field]) === JSON.stringify(b[field]));
}

function forgetFirst(of: { keys(): IterableIterator<MsgKey>; delete(key: MsgKey): unknown }): void {
  const { value, done } = of.keys().next();
  if (!done) of.delete(value);
}

/** Whether a message was taken back. */
export function recalled(m: Partial<Message>): boolean {
  return ((m.MsgFlagBits ?? 0) & recalledFlag) !== 0;
}

/**
 * What a message is, from what is held and what the server said. A recall is
 * final and each edit has a later time than the one before, so neither is undone
 * by an answer that knows less, whatever came first.
 *
 * @param newer the server was asked after the last event that is known here
 */
export function merge(held: Message, told: Message, newer: boolean): Message {
  const named = { ...(held.Nick ? { Nick: held.Nick } : {}), ...(held.FaceUrl ? { FaceUrl: held.FaceUrl } : {}) };
  if (recalled(told)) return { ...told, ...named }; // only the frame had the name and the face
  const [before, after] = [held.EditMs ?? 0, told.EditMs ?? 0];
  if (recalled(held) || after < before) return held;
  if (newer) return { ...told, ...named };
  if (after === before) return held;
  const { MsgBody, EditMs, CloudCustomData } = told;
  const { CloudCustomData: _, ...rest } = held;
  return {
    ...rest,
    MsgBody,
    ...(EditMs ? { EditMs } : {}),
    ...(CloudCustomData === undefined ? {} : { CloudCustomData }),
  };
}
