import { fold } from "../text/fold.ts";
import { jsonCopy } from "../text/json.ts";
import { words } from "../text/preview.ts";
import { withTimeout } from "../time/wait.ts";
import type { AnyMessage } from "../types.ts";
import { memoryStore } from "./memoryStore.ts";
import type { Change, Store, StoredData } from "./store.ts";

/** For this time changes are collected before they are written together, ms. */
const batchDelay = 30;

/**
 * Writes the changes of a client to its store, in their order and in batches. If the store
 * fails or does not answer, memory takes its place: the app goes on to show and to send
 * messages, but they are lost when the page is closed.
 */
export class Persistence {
  #store: Store;
  /** The store that failed, after memory has taken its place. */
  #failedStore: Store | undefined;
  #queue: Change[] = [];
  #writing: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #timeout: number;
  readonly #failed: (error: unknown) => void;

  /**
   * @param timeout the longest time that the store may take for an answer, ms
   * @param failed is called once, when memory takes the place of the store
   */
  constructor(store: Store, timeout: number, failed: (error: unknown) => void) {
    this.#store = store;
    this.#timeout = timeout;
    this.#failed = failed;
  }

  load(): Promise<StoredData> {
    return this.#ask((store) => store.load());
  }

  /** Writes a copy of a change soon: the app may change the objects that it has. */
  persist(change: Change): void {
    this.#queue.push(copy(change));
    this.#timer ??= setTimeout(() => void this.flush(), batchDelay);
  }

  /** Resolves when every change so far is written. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changes = this.#queue;
    this.#queue = [];
    if (changes.length > 0) {
      this.#writing = this.#writing
        .then(() => this.#ask((store) => store.apply(changes)))
        .then(() => this.#deleteFromFailedStore(changes));
    }
    return this.#writing;
  }

  async messages(peer: string, limit: number, before?: string): Promise<AnyMessage[]> {
    await this.flush();
    return this.#ask((store) => store.messages(peer, limit, before));
  }

  /** The newest messages whose words contain a text, both folded; of one conversation or of all. */
  async search(text: string, limit: number, peer?: string): Promise<AnyMessage[]> {
    const wanted = fold(text.trim());
    if (!wanted) return [];
    await this.flush();
    const matches = (m: AnyMessage) => fold(words(m.MsgBody)).includes(wanted);
    return this.#ask((store) => store.search(matches, limit, peer));
  }

  async clear(): Promise<void> {
    this.#queue = [];
    await this.flush();
    await this.#ask((store) => store.clear());
    this.#tryFailedStore((store) => store.clear()); // the user has signed out, so nothing may stay there either
  }

  async #ask<T>(ask: (store: Store) => Promise<T>): Promise<T> {
    const store = this.#store;
    try {
      return await withTimeout(this.#timeout, "the store", async () => ask(store));
    } catch (error) {
      if (store === this.#store && !this.#failedStore) {
        this.#failedStore = store;
        this.#store = memoryStore();
        this.#failed(error);
      }
      return ask(this.#store);
    }
  }

  /**
   * Makes the deletions in the store that failed, too. Example: the store is full, but it
   * still has a pending message. The message is sent; if it were not deleted there, the
   * next client would send it again.
   */
  #deleteFromFailedStore(changes: readonly Change[]): void {
    const deletions = changes.filter(({ kind }) => kind === "settle" || kind === "drop" || kind === "dropUpTo");
    if (deletions.length > 0) this.#tryFailedStore((store) => store.apply(deletions));
  }

  /** Calls the store that failed, if there is one, and ignores its errors. */
  #tryFailedStore(ask: (store: Store) => Promise<unknown>): void {
    const store = this.#failedStore;
    if (store) void (async () => ask(store))().catch(() => {});
  }
}

function copy(change: Change): Change {
  if (change.kind !== "amend") return jsonCopy(change);
  const { amend, ...rest } = change;
  return { ...rest, amend: (m) => jsonCopy(amend(m)) };
}
