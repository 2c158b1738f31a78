import type { Book } from "./book.ts";
import type { Emitter } from "./emitter.ts";
import type { ServerEvent } from "./link.ts";
import type { Mender } from "./mender.ts";
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
} from "./types.ts";

/** What an inbox needs. */
export interface InboxOptions {
  book: Book;
  mender: Mender;
  events: Emitter<Events>;
  conversation: Pick<ConversationOperations, "get">;
  /** How long questions about rows are gathered, ms. */
  gap: number;
  /** A message was made by another client of mine, or by the other user. */
  seen(m: Message): void;
  /** The friend table changed. */
  friends(version: number): void;
  /** The server is asked soon for everything that changed. */
  syncSoon(): void;
  spread(seconds: number): void;
  kicked(kick: Kick): void;
  /** The user signed out in another tab. */
  loggedOut(): void;
}

/** Takes in what the server and other tabs tell, and tells the app what came of it. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #touched = new Set<string>();
  readonly #unsure = new Set<string>();
  #told: readonly Conversation[] = [];

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Takes in an event of the server, or the echo of an operation. */
  heard({ event, hi, body }: ServerEvent): void {
    const { book, mender, events } = this.#options;
    switch (event) {
      case "message.new":
        this.arrived(body as Message, hi?.Ordinal);
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
        if (!book.mark(body as ReadMark)) return;
        break;
      case "message.recalled":
        book.recalled(body as MessageRecalled);
        break;
      case "message.edited":
        book.edited(body as Message);
        break;
      case "message.deleted":
        book.deleted(body as MessagesDeleted);
        break;
      case "message.reaction":
        book.reacted(body as MessageReacted);
        break;
      case "message.receipt":
        book.confirmed(body as MessagesConfirmed);
        break;
      case "conversation.changed":
        for (const row of (body as Partial<ConversationsChanged>).Conversations ?? []) mender.notice(book.tell(row));
        break;
      case "friend.changed": {
        const { FriendVersion } = body as { FriendVersion?: number };
        if (FriendVersion) this.#options.friends(FriendVersion);
        break;
      }
      case "conversation.deleted":
        book.conversationDeleted(body as ConversationDeleted);
        break;
    }
    this.changed();
    events.emit(event as keyof Events, body as never);
  }

  /** @param top the highest ordinal of its direction that the server knows */
  arrived(came: Message, top?: number): void {
    const { book, mender } = this.#options;
    const m = book.take(came, top);
    if (!m) return;
    const entry = book.entry(book.peer(m));
    this.announce(m);
    mender.notice(entry);
    if (!entry.told && m.Ordinal && m.Ordinal > 1) this.#options.syncSoon(); // a conversation that was there before
  }

  /** Tells of a message that was taken in. */
  announce(m: Message): void {
    this.#options.seen(m);
    this.changed();
    this.#options.events.emit("message", m);
  }

  /** A timeline changed; `changed` tells it. */
  touch(peer: string): void {
    this.#touched.add(peer);
  }

  /** Tells what changed since the last time. */
  changed(): void {
    const { book, events } = this.#options;
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const To_Account of touched) events.emit("messages", { To_Account });
    if (this.#told === book.rows) return;
    this.#told = book.rows;
    events.emit("conversations", this.#told);
  }

  /** Asks the server how a row is now, several at a time. */
  ask(peer: string): void {
    if (this.#unsure.add(peer).size === 1) setTimeout(() => void this.#ask(), this.#options.gap);
  }

  async #ask(): Promise<void> {
    const { book, mender, conversation } = this.#options;
    const To_Account = [...this.#unsure].slice(0, 20);
    try {
      const { Conversations } = await conversation.get({ To_Account });
      for (const row of Conversations) mender.notice(book.tell(row));
      this.changed();
    } catch {
      this.#options.syncSoon();
    }
    for (const peer of To_Account) this.#unsure.delete(peer);
    if (this.#unsure.size > 0) void this.#ask();
  }
}
