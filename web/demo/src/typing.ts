/** How often at most the other user is told, ms. */
const interval = 3000;

/** How long somebody who was typing counts as typing without another word, ms. */
const expiry = 6000;

/** Who is writing to the signed-in user, and telling others that the user writes to them. */
export class Typing {
  readonly #tell: (to: string, typing: boolean) => void;
  readonly #changed: () => void;
  readonly #writers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #told = new Map<string, number>();

  constructor(tell: (to: string, typing: boolean) => void, changed: () => void) {
    this.#tell = tell;
    this.#changed = changed;
  }

  /** Whether a user is writing now. */
  has(user: string): boolean {
    return this.#writers.has(user);
  }

  /** The other user began or goes on, or has stopped, as far as one can tell. */
  heard(user: string, typing: boolean): void {
    const had = this.#writers.has(user);
    clearTimeout(this.#writers.get(user));
    if (typing)
      this.#writers.set(
        user,
        setTimeout(() => this.heard(user, false), expiry),
      );
    else this.#writers.delete(user);
    if (had !== typing) this.#changed();
  }

  /** The signed-in user writes to somebody: called at each key. */
  write(to: string): void {
    const now = Date.now();
    if (now - (this.#told.get(to) ?? Number.NEGATIVE_INFINITY) < interval) return;
    this.#told.set(to, now);
    this.#tell(to, true);
  }

  /** The signed-in user has stopped without sending: what was told is taken back. */
  stop(to: string): void {
    const told = this.#told.get(to);
    this.#told.delete(to);
    if (told !== undefined && Date.now() - told < expiry) this.#tell(to, false);
  }

  /** The message was sent, which says that it is written. */
  sent(to: string): void {
    this.#told.delete(to);
  }
}
