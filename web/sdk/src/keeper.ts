import { fold } from "./fold.ts";
import { words } from "./order.ts";
import { plain } from "./plain.ts";
import { type Change, type Kept, memoryStore, type Store } from "./store.ts";
import { within } from "./timing.ts";
import type { Message } from "./types.ts";

/** For how long changes are gathered before they are written together, ms. */
const gathering = 30;

/**
 * Writes to a store what a client comes to hold, in order and many changes at a
 * time. A store that fails or does not answer is given up for memory: what is shown
 * and sent does not suffer, it only ends with the page.
 */
export class Keeper {
  #store: Store;
  #given: Store | undefined;
  #queue: Change[] = [];
  #writing: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #timeout: number;
  readonly #failed: (error: unknown) => void;

  /** @param timeout how long the store may take for an answer, ms */
  constructor(store: Store, timeout: number, failed: (error: unknown) => void) {
    this.#store = store;
    this.#timeout = timeout;
    this.#failed = failed;
  }

  load(): Promise<Kept> {
    return this.#ask((store) => store.load());
  }

  /** Keeps a copy: what the app holds and may change is not what is written. */
  keep(change: Change): void {
    this.#queue.push(copy(change));
    this.#timer ??= setTimeout(() => void this.flush(), gathering);
  }

  /** Resolves when everything given so far is written. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changes = this.#queue;
    this.#queue = [];
    if (changes.length > 0) {
      this.#writing = this.#writing
        .then(() => this.#ask((store) => store.apply(changes)))
        .then(() => this.#undo(changes));
    }
    return this.#writing;
  }

  async messages(peer: string, limit: number, before?: string): Promise<Message[]> {
    await this.flush();
    return this.#ask((store) => store.messages(peer, limit, before));
  }

  /** The newest messages whose words contain a text, as people read them; of one conversation or of all. */
  async search(text: string, limit: number, peer?: string): Promise<Message[]> {
    const wanted = fold(text.trim());
    if (!wanted) return [];
    await this.flush();
    const matches = (m: Message) => fold(words(m.MsgBody)).includes(wanted);
    return this.#ask((store) => store.search(matches, limit, peer));
  }

  async clear(): Promise<void> {
    this.#queue = [];
    await this.flush();
    await this.#ask((store) => store.clear());
    this.#lastly((store) => store.clear()); // what it still has is not of this user any more
  }

  async #ask<T>(ask: (store: Store) => Promise<T>): Promise<T> {
    const store = this.#store;
    try {
      return await within(this.#timeout, "the store", async () => ask(store));
    } catch (error) {
      if (store === this.#store && !this.#given) {
        this.#given = store;
        this.#store = memoryStore();
        this.#failed(error);
      }
      return ask(this.#store);
    }
  }

  /** A store that was given up may still let go of something: else it comes back with the next start. */
  #undo(changes: readonly Change[]): void {
    const gone = changes.filter(({ kind }) => kind === "settle" || kind === "drop" || kind === "dropUpTo");
    if (gone.length > 0) this.#lastly((store) => store.apply(gone));
  }

  /** Asks the store that was given up, whatever comes of it. */
  #lastly(ask: (store: Store) => Promise<unknown>): void {
    const store = this.#given;
    if (store) void (async () => ask(store))().catch(() => {});
  }
}

function copy(change: Change): Change {
  if (change.kind !== "amend") return plain(change);
  const { amend, ...rest } = change;
  return { ...rest, amend: (m) => plain(amend(m)) };
}
