import type { Book } from "./book.ts";
import type { Change } from "./store.ts";
import type { MsgKey } from "./types.ts";

/** How many removed messages of a conversation this device remembers. */
const most = 1_000;

const prefix = "removed/";

/** The messages that the user took off this device alone: they do not come back with the history. */
export class Removed {
  readonly #book: Book;
  readonly #keep: (change: Change) => void;
  readonly #keys = new Map<string, MsgKey[]>();

  constructor(book: Book, keep: (change: Change) => void) {
    this.#book = book;
    this.#keep = keep;
  }

  restore(notes: Readonly<Record<string, unknown>> = {}): void {
    for (const [name, keys] of Object.entries(notes)) {
      if (!name.startsWith(prefix)) continue;
      this.#keys.set(name.slice(prefix.length), keys as MsgKey[]);
      this.#book.banish(name.slice(prefix.length), keys as MsgKey[]);
    }
  }

  add(to: string, keys: readonly MsgKey[]): void {
    const value = [...(this.#keys.get(to) ?? []), ...keys].slice(-most);
    this.#keys.set(to, value);
    this.#book.drop(to, keys);
    this.#keep({ kind: "note", name: prefix + to, value });
  }

  clear(): void {
    this.#keys.clear();
  }
}
