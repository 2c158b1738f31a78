import { compare, type Place, parseKey } from "./order.ts";
import type { Conversation, Message, MsgKey, Pending } from "./types.ts";

/** What is kept of one conversation besides its messages. */
export interface KeptConversation {
  row: Conversation;
  /** Some of its messages are kept, so what becomes of them is of interest. */
  held: boolean;
}

/** What a store gives back when a client begins. */
export interface Kept {
  /** The server's changes up to this time are kept, Unix ms; 0 for none. */
  since: number;
  conversations: readonly KeptConversation[];
  /** Messages that were written and are not known to be stored, in the order in which they were written. */
  pending: readonly Pending[];
  /** What else the client wrote down, by name; absent: nothing. */
  notes?: Readonly<Record<string, unknown>>;
}

/** One thing to keep, or to keep no longer. `peer` is the other user of the conversation. */
export type Change =
  | { kind: "since"; since: number }
  | { kind: "conversation"; conversation: KeptConversation }
  | { kind: "message"; peer: string; message: Message }
  /** A kept message becomes another; one that is not kept stays so. */
  | { kind: "amend"; peer: string; key: MsgKey; amend: (m: Message) => Message }
  | { kind: "drop"; peer: string; key: MsgKey }
  /** Every message up to this one, itself included. */
  | { kind: "dropUpTo"; peer: string; key: MsgKey }
  | { kind: "pending"; pending: Pending }
  /** Whatever else the client writes down under a name; without a value the name is forgotten. */
  | { kind: "note"; name: string; value?: unknown }
  /** A pending message is stored, or taken back. */
  | { kind: "settle"; peer: string; MsgSeq: number; MsgRandom: number };

/**
 * Keeps what a client holds of one user on this device, over restarts: an
 * IndexedDB in a browser, memory elsewhere, or your own.
 */
export interface Store {
  load(): Promise<Kept>;
  /** The newest messages kept of a conversation, older than `before` if that is given, at most `limit`, ascending. */
  messages(peer: string, limit: number, before?: MsgKey): Promise<Message[]>;
  /** Makes changes in their order: all of them or none. */
  apply(changes: readonly Change[]): Promise<void>;
  /** The newest messages kept that match, at most `limit`, newest first; of one conversation or of all. */
  search(matches: (m: Message) => boolean, limit: number, peer?: string): Promise<Message[]>;
  /** Forgets everything. */
  clear(): Promise<void>;
}

/** How many messages of a conversation stay in memory at least. */
const remembered = 1_000;

/** A store that ends with the process, and holds the newest 1,000 messages of a conversation, or somewhat more. */
export function memoryStore(): Store {
  return new MemoryStore();
}

class MemoryStore implements Store {
  #since = 0;
  readonly #conversations = new Map<string, KeptConversation>();
  readonly #messages = new Map<string, Map<MsgKey, Message>>();
  readonly #pending = new Map<string, Pending>();
  readonly #notes = new Map<string, unknown>();

  async load(): Promise<Kept> {
    return {
      since: this.#since,
      conversations: [...this.#conversations.values()],
      pending: [...this.#pending.values()],
      ...(this.#notes.size > 0 ? { notes: Object.fromEntries(this.#notes) } : {}),
    };
  }

  async messages(peer: string, limit: number, before?: MsgKey): Promise<Message[]> {
    const end = before === undefined ? undefined : parseKey(before);
    const all = [...this.#of(peer).values()].sort(compare);
    return (end ? all.filter((m) => compare(m, end) < 0) : all).slice(-limit);
  }

  async apply(changes: readonly Change[]): Promise<void> {
    for (const change of changes) this.#apply(change);
  }

  async search(matches: (m: Message) => boolean, limit: number, peer?: string): Promise<Message[]> {
    const all = peer === undefined ? [...this.#messages.values()] : [this.#of(peer)];
    return all
      .flatMap((messages) => [...messages.values()].filter(matches))
      .sort((a, b) => compare(b, a))
      .slice(0, limit);
  }

  async clear(): Promise<void> {
    this.#since = 0;
    for (const map of [this.#conversations, this.#messages, this.#pending, this.#notes]) map.clear();
  }

  #apply(change: Change): void {
    switch (change.kind) {
      case "since":
        this.#since = change.since;
        return;
      case "conversation":
        this.#conversations.set(change.conversation.row.To_Account, change.conversation);
        return;
      case "message":
        this.#of(change.peer).set(change.message.MsgKey, change.message);
        this.#bound(change.peer);
        return;
      case "amend": {
        const m = this.#of(change.peer).get(change.key);
        if (m) this.#of(change.peer).set(change.key, change.amend(m));
        return;
      }
      case "drop":
        this.#of(change.peer).delete(change.key);
        return;
      case "dropUpTo": {
        const end = parseKey(change.key);
        for (const m of this.#of(change.peer).values()) {
          if (end && compare(m, end) <= 0) this.#of(change.peer).delete(m.MsgKey);
        }
        return;
      }
      case "pending":
        this.#pending.set(pendingKey(change.pending.draft.To_Account, change.pending.draft), change.pending);
        return;
      case "note":
        if (change.value === undefined) this.#notes.delete(change.name);
        else this.#notes.set(change.name, change.value);
        return;
      case "settle":
        this.#pending.delete(pendingKey(change.peer, change));
    }
  }

  #bound(peer: string): void {
    const messages = this.#of(peer);
    if (messages.size < 2 * remembered) return;
    const oldest = [...messages.values()].sort(compare).slice(0, messages.size - remembered);
    for (const { MsgKey } of oldest) messages.delete(MsgKey);
  }

  #of(peer: string): Map<MsgKey, Message> {
    const messages = this.#messages.get(peer) ?? new Map<MsgKey, Message>();
    this.#messages.set(peer, messages);
    return messages;
  }
}

/** Names a pending message within a store. */
function pendingKey(peer: string, { MsgSeq, MsgRandom }: Pick<Place, "MsgSeq" | "MsgRandom">): string {
  return `${MsgSeq} ${MsgRandom} ${peer}`;
}
