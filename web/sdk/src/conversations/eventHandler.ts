import type { ServerEvent } from "../connection/connectionManager.ts";
import type { Emitter } from "../emitter.ts";
import type { GapFiller } from "../messages/gapFiller.ts";
import type {
  Conversation,
  ConversationDeleted,
  ConversationOperations,
  ConversationsChanged,
  Events,
  Kick,
  Message,
  MessageReacted,
  MessageRecalled,
  MessagesConfirmed,
  MessagesDeleted,
  ReadMark,
} from "../types.ts";
import type { ConversationStore } from "./conversationStore.ts";

/** What an event handler needs. */
export interface EventHandlerOptions {
  conversations: ConversationStore;
  gapFiller: GapFiller;
  events: Emitter<Events>;
  conversation: Pick<ConversationOperations, "get">;
  /** For this time requests for rows are collected, so that one call asks for many of them, ms. */
  gap: number;
  /** A message arrived from the other user, or from another client of the signed-in user. */
  messageArrived(m: Message): void;
  /** The friend table has this version on the server. */
  friendTableChanged(version: number): void;
  /** Makes a sync soon: it finds everything that has changed. */
  syncSoon(): void;
  /** The next reconnect is spread over so many seconds. */
  spread(seconds: number): void;
  kicked(kick: Kick): void;
  /** The user has signed out in another tab. */
  loggedOut(): void;
}

/** Applies the events of the server and of other tabs to the conversations, and emits the events of the app. */
export class EventHandler {
  readonly #options: EventHandlerOptions;
  readonly #changedTimelines = new Set<string>();
  readonly #rowsToRefresh = new Set<string>();
  /** The rows of the last event `conversations`. */
  #emittedRows: readonly Conversation[] = [];

  constructor(options: EventHandlerOptions) {
    this.#options = options;
  }

  /** Applies an event of the server, or the event of an operation that this device or another tab called. */
  handle({ event, hi, body }: ServerEvent): void {
    const { conversations, gapFiller, events } = this.#options;
    switch (event) {
      case "message.new":
        this.addMessage(body as Message, hi?.Ordinal);
        return;
      case "session.spread":
        this.#options.spread(Number((body as { Spread?: number } | undefined)?.Spread));
        return;
      case "session.kick":
        this.#options.kicked(body as Kick);
        return;
      case "session.logout":
        this.#options.loggedOut();
        return;
      case "message.read":
        if (!conversations.applyReadCursor(body as ReadMark)) return;
        break;
      case "message.recalled":
        conversations.applyRecall(body as MessageRecalled);
        break;
      case "message.edited":
        conversations.applyEdit(body as Message);
        break;
      case "message.deleted":
        conversations.applyDeletion(body as MessagesDeleted);
        break;
      case "message.reaction":
        conversations.applyReaction(body as MessageReacted);
        break;
      case "message.receipt":
        conversations.applyReceipts(body as MessagesConfirmed);
        break;
      case "conversation.changed":
        for (const row of (body as Partial<ConversationsChanged>).Conversations ?? [])
          gapFiller.check(conversations.mergeRow(row));
        break;
      case "friend.changed": {
        const { FriendVersion } = body as { FriendVersion?: number };
        if (FriendVersion) this.#options.friendTableChanged(FriendVersion);
        break;
      }
      case "conversation.deleted":
        conversations.applyConversationDeletion(body as ConversationDeleted);
        break;
    }
    this.emitChanges();
    events.emit(event as keyof Events, body as never);
  }

  /** @param top the highest offset of the message's direction on the server */
  addMessage(arrived: Message, top?: number): void {
    const { conversations, gapFiller } = this.#options;
    const m = conversations.addMessage(arrived, top);
    if (!m) return;
    const entry = conversations.entry(conversations.peerOf(m));
    this.emitMessage(m);
    gapFiller.check(entry);
    // The conversation is older than this message, but the client does not have its row.
    if (!entry.fromServer && m.Ordinal && m.Ordinal > 1) this.#options.syncSoon();
  }

  /** Emits the event `message` for a message that was added. */
  emitMessage(m: Message): void {
    this.#options.messageArrived(m);
    this.emitChanges();
    this.#options.events.emit("message", m);
  }

  /** A timeline has changed. The next call of `emitChanges` emits the event. */
  timelineChanged(peer: string): void {
    this.#changedTimelines.add(peer);
  }

  /** Emits events for what has changed since the last call. */
  emitChanges(): void {
    const { conversations, events } = this.#options;
    const changed = [...this.#changedTimelines];
    this.#changedTimelines.clear();
    for (const To_Account of changed) events.emit("messages", { To_Account });
    if (this.#emittedRows === conversations.rows) return;
    this.#emittedRows = conversations.rows;
    events.emit("conversations", this.#emittedRows);
  }

  /** Asks the server for the row of a conversation, together with other rows. */
  refreshRow(peer: string): void {
    if (this.#rowsToRefresh.add(peer).size === 1) setTimeout(() => void this.#refreshRows(), this.#options.gap);
  }

  async #refreshRows(): Promise<void> {
    const { conversations, gapFiller, conversation } = this.#options;
    const To_Account = [...this.#rowsToRefresh].slice(0, 20);
    try {
      const { Conversations } = await conversation.get({ To_Account });
      for (const row of Conversations) gapFiller.check(conversations.mergeRow(row));
      this.emitChanges();
    } catch {
      this.#options.syncSoon();
    }
    for (const peer of To_Account) this.#rowsToRefresh.delete(peer);
    if (this.#rowsToRefresh.size > 0) void this.#refreshRows();
  }
}
