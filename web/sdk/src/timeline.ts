import { compare } from "./order.ts";
import { Ordinals } from "./ordinals.ts";
import type { Message, MsgKey } from "./types.ts";

/** The two rows of ordinals of a conversation, as the signed-in user sees them. */
export type Direction = "in" | "out";

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
  /** History was read here, so this client holds the newest part without a break. */
  shown = false;
  /** The list reaches back to the first message. */
  complete = false;

  constructor(me: string) {
    this.#me = me;
  }

  /** Ascending. A new array after each change, so it may be kept and compared. */
  get messages(): readonly Message[] {
    this.#copy ??= [...this.#list];
    return this.#copy;
  }

  direction(m: Message): Direction {
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

  /** Takes a message in. Returns false for one that is here already. */
  add(m: Message): boolean {
    if (this.#keys.has(m.MsgKey)) return false;
    this.#keys.set(m.MsgKey, m);
    let at = this.#list.length;
    for (let before = this.#list[at - 1]; before && compare(before, m) > 0; before = this.#list[at - 1]) at--;
    this.#list.splice(at, 0, m);
    this.#copy = undefined;
    if (m.Ordinal) this.#watch[this.direction(m)].see(m.Ordinal);
    return true;
  }

  /** Lets go of what is older than a message: what lies between was not watched. */
  trim(oldest: Message): void {
    const kept = this.#list.findIndex((m) => compare(m, oldest) >= 0);
    for (const m of this.#list.splice(0, kept < 0 ? this.#list.length : kept)) this.#keys.delete(m.MsgKey);
    this.#copy = undefined;
  }

  get(key: MsgKey): Message | undefined {
    return this.#keys.get(key);
  }

  /** The message of mine with this sequence and random, whatever its time. */
  sent(seq: number, random: number): Message | undefined {
    for (let i = this.#list.length - 1; i >= 0; i--) {
      const m = this.#list[i];
      if (m && m.From_Account === this.#me && m.MsgSeq === seq && m.MsgRandom === random) return m;
    }
    return undefined;
  }

  /** Whether a message of either direction is missing. */
  get gapped(): boolean {
    return this.#watch.in.missing() !== undefined || this.#watch.out.missing() !== undefined;
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
