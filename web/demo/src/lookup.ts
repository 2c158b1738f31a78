/** How long after a failure nothing is asked for, ms. */
const pause = 5000;

/** How many users one call may name. */
const most = 100;

/** What the server knows of users, by their ID: read when it is first shown, for many in one call. */
export class Lookup<Value> {
  readonly #none: Value;
  readonly #read: (users: string[]) => Promise<ReadonlyMap<string, Value>>;
  readonly #changed: () => void;
  readonly #known = new Map<string, Value>();
  readonly #wanted = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param none stands for what is not known
   * @param read asks the server; who is not in its answer has `none`
   * @param changed is called when there is more to show
   */
  constructor(none: Value, read: (users: string[]) => Promise<ReadonlyMap<string, Value>>, changed: () => void) {
    this.#none = none;
    this.#read = read;
    this.#changed = changed;
  }

  /** What is known now; what is not will come with a change. */
  get(user: string): Value {
    if (!this.#known.has(user)) this.refresh(user);
    return this.#known.get(user) ?? this.#none;
  }

  /** Reads a user again; what is known stays until then. */
  refresh(user: string): void {
    this.#wanted.add(user);
    this.#timer ??= setTimeout(() => void this.#fetch());
  }

  /** Reads everybody again who was ever asked for: something may have been missed. */
  refreshAll(): void {
    for (const user of this.#known.keys()) this.refresh(user);
  }

  /** Takes in what was told without being asked. */
  set(user: string, value: Value): void {
    this.#known.set(user, value);
    this.#changed();
  }

  /** Asks for nothing more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#wanted.clear();
  }

  async #fetch(): Promise<void> {
    const users = [...this.#wanted].slice(0, most);
    let wait = 0;
    try {
      const found = await this.#read(users);
      for (const user of users) {
        this.#known.set(user, found.get(user) ?? this.#none);
        this.#wanted.delete(user);
      }
      this.#changed();
    } catch {
      wait = pause;
    }
    this.#timer = this.#wanted.size > 0 ? setTimeout(() => void this.#fetch(), wait) : undefined;
  }
}
