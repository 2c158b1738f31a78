/** The shortest time between two notifications to the other user, ms. */
const interval = 3000;

/** For this time after a notification a user counts as typing, ms. */
const expiry = 6000;

/** Which users are typing to the signed-in user. It also notifies others that the signed-in user is typing to them. */
export class Typing {
  readonly #notify: (to: string, typing: boolean) => void;
  readonly #changed: () => void;
  readonly #now: () => number;
  readonly #writers = new Map<string, { until: number; timer: ReturnType<typeof setTimeout> }>();
  readonly #notifiedAt = new Map<string, number>();

  /**
   * @param notify notifies another user
   * @param changed is called when a user begins or stops to type
   * @param now the time of a monotonic clock, ms
   */
  constructor(
    notify: (to: string, typing: boolean) => void,
    changed: () => void,
    now: () => number = () => performance.now(),
  ) {
    this.#notify = notify;
    this.#changed = changed;
    this.#now = now;
  }

  /** Whether a user is typing now. */
  has(user: string): boolean {
    return (this.#writers.get(user)?.until ?? 0) > this.#now();
  }

  /** A notification from another user: typing, or stopped. */
  received(user: string, typing: boolean): void {
    const had = this.#writers.get(user);
    clearTimeout(had?.timer);
    if (typing) {
      const timer = setTimeout(() => this.received(user, false), expiry);
      this.#writers.set(user, { until: this.#now() + expiry, timer });
    } else {
      this.#writers.delete(user);
    }
    if (typing !== (had !== undefined)) this.#changed();
  }

  /** The signed-in user has pressed a key in a message to somebody. */
  keyPressed(to: string): void {
    const now = this.#now();
    if (now - (this.#notifiedAt.get(to) ?? Number.NEGATIVE_INFINITY) < interval) return;
    this.#notifiedAt.set(to, now);
    this.#notify(to, true);
  }

  /** The signed-in user has stopped without sending: notifies the other user of that. */
  stop(to: string): void {
    const notifiedAt = this.#notifiedAt.get(to);
    this.#notifiedAt.delete(to);
    if (notifiedAt !== undefined && this.#now() - notifiedAt < expiry) this.#notify(to, false);
  }

  /** The message was sent. The other user receives it, so no notification is needed. */
  sent(to: string): void {
    this.#notifiedAt.delete(to);
  }
}
