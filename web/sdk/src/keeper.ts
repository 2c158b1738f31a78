import { words } from "./order.ts";
import { type Change, type Kept, memoryStore, type Store } from "./store.ts";
import type { Message } from "./types.ts";

/** For how long changes are gathered before they are written together, ms. */
const gathering = 30;

/**
 * Writes to a store what a client comes to hold, in order and many changes at a
 * time. A store that fails is given up for memory: what is shown and sent does
 * not suffer, it only ends with the page.
 */
export class Keeper {
  #store: Store;
  #queue: Change[] = [];
  #writing: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #failed: (error: unknown) => void;

  constructor(store: Store, failed: (error: unknown) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  load(): Promise<Kept> {
    return this.#ask((store) => store.load());
  }

  keep(change: Change): void {
    this.#queue.push(change);
    this.#timer ??= setTimeout(() => void this.flush(), gathering);
  }

  /** Resolves when everything given so far is written. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changes = this.#queue;
    this.#queue = [];
    if (changes.length > 0) this.#writing = this.#writing.then(() => this.#ask((store) => store.apply(changes)));
    return this.#writing;
  }

  async messages(peer: string, limit: number): Promise<Message[]> {
    await this.flush();
    return this.#ask((store) => store.messages(peer, limit));
  }

  /** The newest messages whose words contain a text, whatever the case; of one conversation or of all. */
  async search(text: string, limit: number, peer?: string): Promise<Message[]> {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    await this.flush();
    const matches = (m: Message) => words(m.MsgBody).toLowerCase().includes(wanted);
    return this.#ask((store) => store.search(matches, limit, peer));
  }

  async clear(): Promise<void> {
    this.#queue = [];
    await this.flush();
    await this.#ask((store) => store.clear());
  }

  async #ask<T>(ask: (store: Store) => Promise<T>): Promise<T> {
    try {
      return await ask(this.#store);
    } catch (error) {
      this.#failed(error);
      this.#store = memoryStore();
      return ask(this.#store);
    }
  }
}
