import type { Book, Entry } from "./book.ts";
import { ParleyError } from "./errors.ts";
import { compare, parseKey } from "./order.ts";
import type { Direction } from "./timeline.ts";
import { backoff, type Timing } from "./timing.ts";
import type { HistoryPage, HistoryRange, Message } from "./types.ts";

const directions: Direction[] = ["in", "out"];

/**
 * When to look again for what history did not have, as multiples of the patience
 * for a gap. A send that died half way may have told its ordinal, and a repeat
 * stores it within the server's window, which the last of these is as long as.
 */
const again = [20, 60, 240];

/** How many conversations are mended at a time. */
const atOnce = 4;

/** What a mender needs. */
export interface MenderOptions {
  book: Book;
  timing: Timing;
  pull(peer: string, range: HistoryRange): Promise<HistoryPage>;
  /** A missing message came. */
  found(m: Message): void;
}

/** Fills the gaps of conversations: waits for a frame that is merely late, then pulls history. */
export class Mender {
  readonly #options: MenderOptions;
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #busy = new Set<string>();
  /** Conversations that are new here, and the sync since which they are. */
  readonly #news = new Map<Entry, number>();
  readonly #failures = new Map<string, number>();
  readonly #doubts = new Set<ReturnType<typeof setTimeout>>();
  /** Changes with every stop, so that what was begun before knows. */
  #era = 0;

  constructor(options: MenderOptions) {
    this.#options = options;
  }

  /** Something arrived in this conversation: if it shows a gap, that is pulled unless it closes in time. */
  notice(entry: Entry, wait = this.#options.timing.gap): void {
    const { peer } = entry;
    if (!entry.timeline.gapped || this.#waiting.has(peer) || this.#busy.has(peer)) return;
    this.#waiting.set(
      peer,
      setTimeout(() => {
        this.#waiting.delete(peer);
        if (this.#busy.size < atOnce) void this.#mend(entry);
        else this.notice(entry);
      }, wait),
    );
  }

  /**
   * A conversation is new here since a sync (Unix ms of the server): pulls what was
   * said in it since then, as the frames of its first messages may be lost.
   */
  greet(entry: Entry, since: number): void {
    if (!this.#news.has(entry)) this.#news.set(entry, since);
    void this.#greet(entry, 0);
  }

  async #greet(entry: Entry, attempt: number): Promise<void> {
    const since = this.#news.get(entry);
    if (since === undefined || this.#busy.has(entry.peer)) return;
    this.#busy.add(entry.peer);
    const [asked, era] = [this.#options.book.heard, this.#era];
    try {
      const from = `0_0_${Math.max(0, Math.floor(since / 1000) - 2)}`;
      const { MsgList } = await this.#options.pull(entry.peer, { from, limit: 100 });
      if (era === this.#era) for (const m of MsgList) this.#take(m, asked);
      this.#news.delete(entry);
    } catch (error) {
      if (!(error instanceof ParleyError && error.temporary)) this.#news.delete(entry);
    } finally {
      this.#busy.delete(entry.peer);
    }
    if (era !== this.#era) return;
    this.notice(entry);
    if (!this.#news.has(entry)) return;
    const timer = setTimeout(
      () => {
        this.#doubts.delete(timer);
        void this.#greet(entry, attempt + 1);
      },
      backoff(attempt + 1, this.#options.timing),
    );
    this.#doubts.add(timer);
  }

  /** Stops waiting; what is missing is found again by the next sync. */
  stop(): void {
    this.#era++;
    for (const timer of [...this.#waiting.values(), ...this.#doubts]) clearTimeout(timer);
    this.#waiting.clear();
    this.#doubts.clear();
  }

  async #mend(entry: Entry): Promise<void> {
    if (!entry.timeline.gapped) return;
    this.#busy.add(entry.peer);
    const era = this.#era;
    let wait = this.#options.timing.gap;
    try {
      await this.#fill(entry);
      this.#failures.delete(entry.peer);
    } catch (error) {
      if (error instanceof ParleyError && error.temporary) {
        const failures = this.#failures.get(entry.peer) ?? 0;
        this.#failures.set(entry.peer, failures + 1);
        wait = backoff(failures + 1, this.#options.timing);
      } else {
        this.#forgive(entry, this.#missing(entry));
      }
    } finally {
      this.#busy.delete(entry.peer);
    }
    if (era === this.#era) this.notice(entry, wait);
  }

  async #fill(entry: Entry): Promise<void> {
    const missing = this.#missing(entry);
    // Within one second two devices of a sender order by what each chose, so the message between two
    // ordinals may stand a little outside of the two keys: look there, too, before giving it up.
    for (const slack of [undefined, 2]) {
      await this.#pull(entry, slack);
      if (!entry.timeline.gapped) return;
    }
    const range = this.#range(entry, 2);
    this.#forgive(entry, missing);
    for (const times of again) {
      const timer = setTimeout(() => {
        this.#doubts.delete(timer);
        void this.#look(entry, range, missing);
      }, times * this.#options.timing.gap);
      this.#doubts.add(timer);
    }
  }

  /** Looks in a range for what was given up and has not come since. */
  async #look(entry: Entry, range: HistoryRange, lost: Record<Direction, number[]>): Promise<void> {
    const { timeline } = entry;
    const wanted = (m: Message) => m.Ordinal !== undefined && lost[timeline.direction(m)].includes(m.Ordinal);
    const found = () => timeline.messages.filter(wanted).length === lost.in.length + lost.out.length;
    try {
      for (let to = range.to, more = true; more && !found(); ) {
        const asked = this.#options.book.heard;
        const { MsgList, Complete, Next } = await this.#options.pull(entry.peer, to ? { ...range, to } : range);
        for (const m of MsgList) if (wanted(m)) this.#take(m, asked);
        to = Next;
        more = !Complete && Next !== undefined;
      }
    } catch {
      // There is another look.
    }
  }

  async #pull(entry: Entry, slack: number | undefined): Promise<void> {
    const range = this.#range(entry, slack);
    for (let page = 0; page < 100 && entry.timeline.gapped; page++) {
      const reached = this.#missing(entry);
      const asked = this.#options.book.heard;
      const { MsgList, Complete, Next } = await this.#options.pull(entry.peer, range);
      for (const m of MsgList.slice().reverse()) {
        const ordinals = entry.timeline.ordinals(entry.timeline.direction(m));
        if (m.Ordinal && ordinals.wants(m.Ordinal)) this.#take(m, asked);
      }
      const below = directions.every(
        (d) =>
          !reached[d][0] ||
          MsgList.some((m) => entry.timeline.direction(m) === d && (m.Ordinal ?? 0) < (reached[d][0] ?? 0)),
      );
      if (Complete || !Next || (below && slack === undefined)) return;
      range.to = Next;
    }
  }

  #take(m: Message, asked: number): void {
    const taken = this.#options.book.take(m, 0, asked);
    if (taken) this.#options.found(taken);
  }

  #range(entry: Entry, slack: number | undefined): HistoryRange {
    const gap = entry.timeline.gap() ?? {};
    const floor = entry.floor === undefined ? undefined : parseKey(entry.floor);
    const after = gap.after && floor && compare(gap.after, floor) < 0 ? floor : (gap.after ?? floor);
    const range: HistoryRange = { limit: 100 };
    const last = 0xffffffff;
    if (after) {
      range.from =
        slack === undefined
          ? `${after.MsgSeq}_${after.MsgRandom}_${after.MsgTime}`
          : `0_0_${Math.max(0, after.MsgTime - slack)}`;
    }
    if (gap.before) {
      range.to = slack === undefined ? gap.before.MsgKey : `${last}_${last}_${gap.before.MsgTime + slack}`;
    }
    return range;
  }

  #missing(entry: Entry): Record<Direction, number[]> {
    const all = (d: Direction) => entry.timeline.ordinals(d).missing()?.all ?? [];
    return { in: all("in"), out: all("out") };
  }

  #forgive(entry: Entry, missing: Record<Direction, number[]>): void {
    for (const d of directions) for (const n of missing[d]) entry.timeline.ordinals(d).forgive(n);
  }
}
