import type { ServerEvent } from "../connection/connectionManager.ts";
import type { Emitter } from "../emitter.ts";
import type { GroupDirectory } from "../groups/groupDirectory.ts";
import type { GapFiller } from "../messages/gapFiller.ts";
import { offsetOf } from "../messages/messageKey.ts";
import type {
  AnyMessage,
  Conversation,
  ConversationDeleted,
  ConversationOperations,
  ConversationsChanged,
  DirectMessage,
  Events,
  GroupChanged,
  GroupMessage,
  GroupNotice,
  Kick,
  MessageReacted,
  MessageRecalled,
  MessagesConfirmed,
  MessagesDeleted,
  ReadMark,
} from "../types.ts";
import { isDirect, isGroup } from "../types.ts";
import { nameOf } from "./conversationId.ts";
import type { ConversationStore } from "./conversationStore.ts";

/** What an event handler needs. */
export interface EventHandlerOptions {
  conversations: ConversationStore;
  gapFiller: GapFiller;
  events: Emitter<Events>;
  conversation: Pick<ConversationOperations, "get">;
  /** For this time requests for rows are collected, so that one call asks for many of them, ms. */
  gap: number;
  /** A message arrived from another user, or from another client of the signed-in user. */
  messageArrived(m: DirectMessage | GroupMessage): void;
  /** What happens in groups besides their messages. */
  groups: Pick<GroupDirectory, "noticeArrived" | "profileArrived" | "rowArrived" | "messageArrived">;
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
    const { conversations, events, groups } = this.#options;
    switch (event) {
      case "message.new":
        this.#messageArrived(body as DirectMessage | GroupMessage, hi?.MsgSeq ?? hi?.Ordinal);
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
      case "message.read": {
        if (!conversations.applyReadCursor(body as ReadMark)) return;
        break;
      }
      case "message.recalled":
        conversations.applyRecall(body as MessageRecalled);
        break;
      case "message.edited":
        conversations.applyEdit(body as AnyMessage);
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
        this.#rowsArrived((body as Partial<ConversationsChanged>).Conversations ?? []);
        break;
      case "group.notice":
        groups.noticeArrived(body as GroupNotice);
        break;
      case "group.profile":
        groups.profileArrived(body as GroupChanged);
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

  #messageArrived(arrived: DirectMessage | GroupMessage, top?: number): void {
    if (arrived.MsgKey !== undefined) {
      this.addMessage(arrived as AnyMessage, top);
      return;
    }
    // A message of a group for the members who are online: it has no place in the timeline.
    this.#options.messageArrived(arrived);
    this.#options.events.emit("message", arrived);
  }

  /** @param top the highest offset of the message's direction on the server */
  addMessage(arrived: AnyMessage, top?: number): void {
    const { conversations, gapFiller } = this.#options;
    const m = conversations.addMessage(arrived, top);
    if (!m) return;
    const entry = conversations.entry(conversations.peerOf(m));
    this.emitMessage(m);
    gapFiller.check(entry);
    // The conversation is older than this message, but the client does not have its row.
    if (entry.fromServer || entry.left || offsetOf(m) <= 1) return;
    if (m.GroupId === undefined) this.#options.syncSoon();
    else this.refreshRow(entry.peer);
  }

  /** Emits the event `message` for a message that was added. */
  emitMessage(m: AnyMessage): void {
    this.#options.messageArrived(m);
    if (m.GroupId !== undefined) this.#options.groups.messageArrived(m);
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
    for (const id of changed) events.emit("messages", nameOf(id));
    if (this.#emittedRows === conversations.rows) return;
    this.#emittedRows = conversations.rows;
    events.emit("conversations", this.#emittedRows);
  }

  /** Asks the server for the row of a conversation, together with other rows. */
  refreshRow(peer: string): void {
    if (this.#rowsToRefresh.add(peer).size === 1) setTimeout(() => void this.#refreshRows(), this.#options.gap);
  }

  async #refreshRows(): Promise<void> {
    const ids = [...this.#rowsToRefresh].slice(0, 20);
    const names = ids.map(nameOf);
    const To_Account = names.filter(isDirect).map((name) => name.To_Account);
    const GroupId = names.filter(isGroup).map((name) => name.GroupId);
    const request = { ...(To_Account.length > 0 ? { To_Account } : {}), ...(GroupId.length > 0 ? { GroupId } : {}) };
    try {
      this.#rowsArrived((await this.#options.conversation.get(request)).Conversations);
      this.emitChanges();
    } catch {
      this.#options.syncSoon();
    }
    for (const id of ids) this.#rowsToRefresh.delete(id);
    if (this.#rowsToRefresh.size > 0) void this.#refreshRows();
  }

  #rowsArrived(rows: readonly Conversation[]): void {
    const { conversations, gapFiller, groups } = this.#options;
    for (const row of rows) {
      gapFiller.check(conversations.mergeRow(row));
      if (isGroup(row)) groups.rowArrived(row);
    }
  }
}
