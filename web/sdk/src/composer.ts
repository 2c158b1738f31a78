import { type Moment, moment, passed, type ServerClock } from "./clock.ts";
import { random, Sequence } from "./sequence.ts";
import type { Draft, Element, Message, Pending, SendOptions } from "./types.ts";

/** For how long a draft counts that was made and is not pending, ms. */
const fresh = 10_000;

/** What a composer needs: what is held and pending with a user. */
export interface ComposerOptions {
  clock: ServerClock;
  timeline(to: string): readonly Message[];
  pending(to: string): readonly Pending[];
}

/** Makes drafts, each with an identity of its own and behind what it answers. */
export class Composer {
  readonly #options: ComposerOptions;
  readonly #sequence: Sequence;
  /** The sequence of the last draft to each user, and when it was made. */
  readonly #last = new Map<string, { seq: number; at: Moment }>();

  constructor(options: ComposerOptions) {
    this.#options = options;
    this.#sequence = new Sequence(() => options.clock.now() ?? Date.now());
  }

  compose(to: string, body: string | Element[], options: SendOptions): Draft {
    const MsgBody = typeof body === "string" ? [{ MsgType: "TIMTextElem", MsgContent: { Text: body } }] : body;
    const MsgSeq = this.#sequence.next(this.#above(to));
    this.#last.set(to, { seq: MsgSeq, at: moment() });
    return { To_Account: to, MsgSeq, MsgRandom: random(), MsgBody, ...options };
  }

  /** Another client used this sequence. */
  seen(seq: number): void {
    this.#sequence.seen(seq);
  }

  /** The highest sequence that a message to a user must follow: of what may be stored in the same second. */
  #above(to: string): number {
    const { clock, timeline, pending } = this.#options;
    const list = timeline(to);
    const newest = list.at(-1)?.MsgTime ?? 0;
    const now = clock.now() ?? 0; // behind the server's time, if anything
    const from = Math.max(newest - 5, now / 1000 - 60);
    let above = -1;
    for (let i = list.length - 1; i >= 0 && (list[i]?.MsgTime ?? 0) >= from; i--) {
      above = Math.max(above, list[i]?.MsgSeq ?? 0);
    }
    for (const { draft } of pending(to)) above = Math.max(above, draft.MsgSeq);
    const last = this.#last.get(to);
    return last && passed(last.at) < fresh ? Math.max(above, last.seq) : above;
  }
}
