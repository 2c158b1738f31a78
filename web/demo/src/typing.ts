/** How often at most the other user is told, ms. */
const interval = 3000;

/** How long somebody who was typing counts as typing without another word, ms. */
const expiry = 6000;

/** Who is writing to the signed-in user, and telling others that the user writes to them. */
export class Typing {
  readonly #tell: (to: string, typing: boolean) => void;
  readonly #changed: () => void;
  readonly #now: () => number;
  readonly #writers = new Map<string, { until: number; timer: ReturnType<typeof setTimeout> }>();
  readonly #told = new Map<string, number>();

  /** `tell` tells another user; `changed` is called when somebody begins or stops; `now` is a time in ms of a clock that nobody sets. */
  constructor(
    tell: (to: string, typing: boolean) => void,
    changed: () => void,
    now: () => number = () => performance.now(),
  ) {
    this.#tell = tell;
    this.#changed = changed;
    this.#now = now;
  }

  /** Whether a user is writing now. */
  has(user: string): boolean {
    return (this.#writers.get(user)?.until ?? 0) > this.#now();
  }

  /** The other user began or goes on, or has stopped, as far as one can tell. */
  heard(user: string, typing: boolean): void {
    const had = this.#writers.get(user);
    clearTimeout(had?.timer);
    if (typing) {
      const timer = setTimeout(() => this.heard(user, false), expiry);
      this.#writers.set(user, { until: this.#now() + expiry, timer });
    } else {
      this.#writers.delete(user);
    }
    if (typing !== (had !== undefined)) this.#changed();
  }

  /** The signed-in user writes to somebody: called at each key. */
  write(to: string): void {
    const now = this.#now();
    if (now - (this.#told.get(to) ?? Number.NEGATIVE_INFINITY) < interval) return;
    this.#told.set(to, now);
    this.#tell(to, true);
  }

  /** The signed-in user has stopped without sending: what was told is taken back. */
  stop(to: string): void {
    const told = this.#told.get(to);
    this.#told.delete(to);
    if (told !== undefined && this.#now() - told < expiry) this.#tell(to, false);
  }

  /** The message was sent, which says that it is written. */
  sent(to: string): void {
    this.#told.delete(to);
  }
}
