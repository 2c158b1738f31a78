import { nameOf } from "../conversations/conversationId.ts";
import { random32 } from "../random.ts";
import { elapsedSince, type Moment, moment, type ServerClock } from "../time/serverClock.ts";
import type { AnyMessage, Draft, Element, Pending, SendOptions } from "../types.ts";
import { MsgSeqGenerator } from "./msgSeq.ts";

/** For this time a composed message counts even if it is not pending, ms. */
const recentlyComposed = 10_000;

/** What a composer needs: the messages of a conversation in memory, and those that wait to be sent, by its id. */
export interface MessageComposerOptions {
  clock: ServerClock;
  timeline(to: string): readonly AnyMessage[];
  pending(to: string): readonly Pending[];
}

/** Gives messages their identity, with a sequence that places an answer after the message that it answers. */
export class MessageComposer {
  readonly #options: MessageComposerOptions;
  readonly #sequence: MsgSeqGenerator;
  /** The sequence of the last message that was composed for each conversation, and when that was. */
  readonly #last = new Map<string, { seq: number; at: Moment }>();

  constructor(options: MessageComposerOptions) {
    this.#options = options;
    this.#sequence = new MsgSeqGenerator(() => options.clock.now() ?? Date.now());
  }

  compose(to: string, body: string | Element[], options: SendOptions): Draft {
    const MsgBody = typeof body === "string" ? [{ MsgType: "TIMTextElem", MsgContent: { Text: body } }] : body;
    const MsgSeq = this.#sequence.next(this.#highestSeq(to));
    this.#last.set(to, { seq: MsgSeq, at: moment() });
    return { ...nameOf(to), MsgSeq, MsgRandom: random32(), MsgBody, ...options };
  }

  /** Another client has used this sequence. */
  observe(seq: number): void {
    this.#sequence.observe(seq);
  }

  /**
   * The highest sequence among the messages of a conversation that the server may have stored in
   * the same second as the next one. The next message must have a higher one.
   */
  #highestSeq(to: string): number {
    const { clock, timeline, pending } = this.#options;
    const list = timeline(to);
    const newest = list.at(-1)?.MsgTime ?? 0;
    const now = clock.now() ?? 0; // the server's time or less
    const from = Math.max(newest - 5, now / 1000 - 60);
    let highest = -1;
    for (let i = list.length - 1; i >= 0 && (list[i]?.MsgTime ?? 0) >= from; i--) {
      highest = Math.max(highest, list[i]?.MsgSeq ?? 0);
    }
    for (const { draft } of pending(to)) highest = Math.max(highest, draft.MsgSeq);
    const last = this.#last.get(to);
    return last && elapsedSince(last.at) < recentlyComposed ? Math.max(highest, last.seq) : highest;
  }
}
