import type { ConversationStore } from "../conversations/conversationStore.ts";
import type { Change } from "../storage/store.ts";
import type { MsgKey } from "../types.ts";

/** How many removed messages of a conversation this device remembers. */
const maxRemembered = 1_000;

/** The prefix of the notes in which the store keeps the keys. */
const prefix = "removed/";

/** The messages that the user removed from this device only. They do not come back when the history is read. */
export class RemovedMessages {
  readonly #conversations: ConversationStore;
  readonly #persist: (change: Change) => void;
  readonly #keys = new Map<string, MsgKey[]>();

  constructor(conversations: ConversationStore, persist: (change: Change) => void) {
    this.#conversations = conversations;
    this.#persist = persist;
  }

  restore(notes: Readonly<Record<string, unknown>> = {}): void {
    for (const [name, keys] of Object.entries(notes)) {
      if (!name.startsWith(prefix)) continue;
      this.#keys.set(name.slice(prefix.length), keys as MsgKey[]);
      this.#conversations.ignoreMessages(name.slice(prefix.length), keys as MsgKey[]);
    }
  }

  add(to: string, keys: readonly MsgKey[]): void {
    const value = [...(this.#keys.get(to) ?? []), ...keys].slice(-maxRemembered);
    this.#keys.set(to, value);
    this.#conversations.removeMessages(to, keys);
    this.#persist({ kind: "note", name: prefix + to, value });
  }

  clear(): void {
    this.#keys.clear();
  }
}
