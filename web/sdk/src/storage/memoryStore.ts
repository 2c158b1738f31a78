import { idOf } from "../conversations/conversationId.ts";
import { compare, type Place, parseKey } from "../messages/messageKey.ts";
import type { AnyMessage, MsgKey, Pending } from "../types.ts";
import type { Change, Store, StoredConversation, StoredData } from "./store.ts";

/** The newest messages of a conversation that always stay in memory. */
const minMessages = 1_000;

/** A store in memory: it ends with the process. It has the newest 1,000 to 2,000 messages of each conversation. */
export function memoryStore(): Store {
  return new MemoryStore();
}

class MemoryStore implements Store {
  #since = 0;
  readonly #conversations = new Map<string, StoredConversation>();
  readonly #messages = new Map<string, Map<MsgKey, AnyMessage>>();
  readonly #pending = new Map<string, Pending>();
  readonly #notes = new Map<string, unknown>();

  async load(): Promise<StoredData> {
    return {
      since: this.#since,
      conversations: [...this.#conversations.values()],
      pending: [...this.#pending.values()],
      ...(this.#notes.size > 0 ? { notes: Object.fromEntries(this.#notes) } : {}),
    };
  }

  async messages(peer: string, limit: number, before?: MsgKey): Promise<AnyMessage[]> {
    const end = before === undefined ? undefined : parseKey(before);
    const all = [...this.#messagesOf(peer).values()].sort(compare);
    return (end ? all.filter((m) => compare(m, end) < 0) : all).slice(-limit);
  }

  async apply(changes: readonly Change[]): Promise<void> {
    for (const change of changes) this.#apply(change);
  }

  async search(matches: (m: AnyMessage) => boolean, limit: number, peer?: string): Promise<AnyMessage[]> {
    const all = peer === undefined ? [...this.#messages.values()] : [this.#messagesOf(peer)];
    return all
      .flatMap((messages) => [...messages.values()].filter(matches))
      .sort((a, b) => b.MsgTime - a.MsgTime || compare(b, a))
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
        this.#conversations.set(idOf(change.conversation.row), change.conversation);
        return;
      case "message":
        this.#messagesOf(change.peer).set(change.message.MsgKey, change.message);
        this.#trim(change.peer);
        return;
      case "amend": {
        const m = this.#messagesOf(change.peer).get(change.key);
        if (m) this.#messagesOf(change.peer).set(change.key, change.amend(m));
        return;
      }
      case "drop":
        this.#messagesOf(change.peer).delete(change.key);
        return;
      case "dropUpTo": {
        const end = parseKey(change.key);
        for (const m of this.#messagesOf(change.peer).values()) {
          if (end && compare(m, end) <= 0) this.#messagesOf(change.peer).delete(m.MsgKey);
        }
        return;
      }
      case "pending":
        this.#pending.set(pendingKey(idOf(change.pending.draft), change.pending.draft), change.pending);
        return;
      case "note":
        if (change.value === undefined) this.#notes.delete(change.name);
        else this.#notes.set(change.name, change.value);
        return;
      case "settle":
        this.#pending.delete(pendingKey(change.peer, change));
    }
  }

  #trim(peer: string): void {
    const messages = this.#messagesOf(peer);
    if (messages.size < 2 * minMessages) return;
    const oldest = [...messages.values()].sort(compare).slice(0, messages.size - minMessages);
    for (const { MsgKey } of oldest) messages.delete(MsgKey);
  }

  #messagesOf(peer: string): Map<MsgKey, AnyMessage> {
    const messages = this.#messages.get(peer) ?? new Map<MsgKey, AnyMessage>();
    this.#messages.set(peer, messages);
    return messages;
  }
}

/** The key of a pending message in this store. */
function pendingKey(peer: string, { MsgSeq, MsgRandom }: Pick<Place, "MsgSeq" | "MsgRandom">): string {
  return `${MsgSeq} ${MsgRandom} ${peer}`;
}
