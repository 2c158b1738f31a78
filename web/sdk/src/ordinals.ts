/**
 * Watches the ordinals 1, 2, 3, ... of one direction of a conversation for
 * holes. Everything up to `base` is known or none of our business; above it,
 * each ordinal is either here or missing.
 */
export class Ordinals {
  #base: number | undefined;
  #top = 0;
  readonly #have = new Set<number>();

  /** The highest ordinal known to exist. */
  get top(): number {
    return this.#top;
  }

  /** Declares what is not watched: everything up to and including this ordinal. */
  start(base: number): void {
    this.#base = Math.max(this.#base ?? 0, base);
    this.#top = Math.max(this.#top, base);
    this.#settle();
  }

  /** A message is here. The first ever seen starts the watch. */
  see(ordinal: number): void {
    this.#base ??= ordinal - 1;
    this.#top = Math.max(this.#top, ordinal);
    if (ordinal > this.#base) this.#have.add(ordinal);
    this.#settle();
  }

  /** The server knows of this ordinal. Before the watch has started, it starts it. */
  hear(ordinal: number): void {
    if (this.#base === undefined) this.start(ordinal);
    else this.#top = Math.max(this.#top, ordinal);
  }

  /** Whether a message with this ordinal would be news. */
  wants(ordinal: number): boolean {
    return this.#base !== undefined && ordinal > this.#base && !this.#have.has(ordinal);
  }

  /** Gives up on an ordinal: its message was deleted, or has expired. */
  forgive(ordinal: number): void {
    this.see(ordinal);
  }

  /** Whether anything is missing. */
  get gapped(): boolean {
    return this.#base !== undefined && this.#top > this.#base + this.#have.size;
  }

  /** What is missing, ascending; undefined for nothing. */
  missing(): { first: number; last: number; all: number[] } | undefined {
    const all: number[] = [];
    for (let n = (this.#base ?? this.#top) + 1; n < this.#top + 1; n++) if (!this.#have.has(n)) all.push(n);
    const first = all[0];
    const last = all.at(-1);
    return first === undefined || last === undefined ? undefined : { first, last, all };
  }

  #settle(): void {
    if (this.#base === undefined) return;
    for (const n of this.#have) if (n <= this.#base) this.#have.delete(n);
    while (this.#have.delete(this.#base + 1)) this.#base++;
  }
}
