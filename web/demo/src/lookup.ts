/** How long the lookup waits after a failure, ms. */
const pause = 5000;

/** How many users one call may name. */
const maxUsers = 100;

/** Values of users, by user ID. A value is read when it is first shown; one call reads the values of many users. */
export class Lookup<Value> {
  readonly #fallback: Value;
  readonly #read: (users: string[]) => Promise<ReadonlyMap<string, Value>>;
  readonly #changed: () => void;
  readonly #known = new Map<string, Value>();
  readonly #wanted = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param fallback the value of a user that is not known
   * @param read asks the server. A user who is not in its answer gets `fallback`
   * @param changed is called when values have changed
   */
  constructor(fallback: Value, read: (users: string[]) => Promise<ReadonlyMap<string, Value>>, changed: () => void) {
    this.#fallback = fallback;
    this.#read = read;
    this.#changed = changed;
  }

  /** The value that is known now. If none is known, it is read, and `changed` is called. */
  get(user: string): Value {
    if (!this.#known.has(user)) this.refresh(user);
    return this.#known.get(user) ?? this.#fallback;
  }

  /** Reads the value of a user again. The old value stays until then. */
  refresh(user: string): void {
    this.#wanted.add(user);
    this.#timer ??= setTimeout(() => void this.#fetch());
  }

  /** Reads the values of all users again that were read before: changes may have been missed. */
  refreshAll(): void {
    for (const user of this.#known.keys()) this.refresh(user);
  }

  /** Sets a value that came with an event. */
  set(user: string, value: Value): void {
    this.#known.set(user, value);
    this.#changed();
  }

  /** Makes no more calls. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#wanted.clear();
  }

  async #fetch(): Promise<void> {
    const users = [...this.#wanted].slice(0, maxUsers);
    let wait = 0;
    try {
      const found = await this.#read(users);
      for (const user of users) {
        this.#known.set(user, found.get(user) ?? this.#fallback);
        this.#wanted.delete(user);
      }
      this.#changed();
    } catch {
      wait = pause;
    }
    this.#timer = this.#wanted.size > 0 ? setTimeout(() => void this.#fetch(), wait) : undefined;
  }
}
