/**
 * Tracks the offsets of one direction of a conversation and finds missing messages. The
 * server numbers the messages of a direction 1, 2, 3, ... (field `Ordinal`). Offsets up to
 * `base` are not tracked: their messages are here, or the client does not need them. Above
 * `base`, each offset up to `top` is either present or missing.
 *
 * Example: the base is 4 and the messages 5 and 7 have arrived. The base becomes 5, the
 * top is 7, and 6 is missing.
 */
export class OffsetTracker {
  /** undefined: tracking has not started. */
  #base: number | undefined;
  #top = 0;
  readonly #present = new Set<number>();

  /** The highest offset that exists, as far as the client knows. */
  get top(): number {
    return this.#top;
  }

  /** Stops tracking the offsets up to and including `base`, and tracks those after it. */
  startAfter(base: number): void {
    this.#base = Math.max(this.#base ?? 0, base);
    this.#top = Math.max(this.#top, base);
    this.#advanceBase();
  }

  /** The message with this offset is here. If tracking has not started, it starts with this offset. */
  add(offset: number): void {
    this.#base ??= offset - 1;
    this.#top = Math.max(this.#top, offset);
    if (offset > this.#base) this.#present.add(offset);
    this.#advanceBase();
  }

  /** The server has a message with this offset. If tracking has not started, it starts after this offset. */
  raiseTop(offset: number): void {
    if (this.#base === undefined) this.startAfter(offset);
    else this.#top = Math.max(this.#top, offset);
  }

  /** Whether the message with this offset is tracked and not here. */
  lacks(offset: number): boolean {
    return this.#base !== undefined && offset > this.#base && !this.#present.has(offset);
  }

  /** Treats an offset as present although its message is not here: it was deleted, or has expired. */
  giveUp(offset: number): void {
    this.add(offset);
  }

  /** Whether a message is missing. */
  get hasGap(): boolean {
    return this.#base !== undefined && this.#top > this.#base + this.#present.size;
  }

  /** The missing offsets, ascending; undefined if no message is missing. */
  missing(): { first: number; last: number; all: number[] } | undefined {
    const all: number[] = [];
    for (let n = (this.#base ?? this.#top) + 1; n < this.#top + 1; n++) if (!this.#present.has(n)) all.push(n);
    const first = all[0];
    const last = all.at(-1);
    return first === undefined || last === undefined ? undefined : { first, last, all };
  }

  /** Raises the base as long as the next offset is present. */
  #advanceBase(): void {
    if (this.#base === undefined) return;
    for (const n of this.#present) if (n <= this.#base) this.#present.delete(n);
    while (this.#present.delete(this.#base + 1)) this.#base++;
  }
}
