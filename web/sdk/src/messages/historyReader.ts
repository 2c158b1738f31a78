import { nameOf } from "../conversations/conversationId.ts";
import type { ConversationStore } from "../conversations/conversationStore.ts";
import { ParleyError } from "../errors.ts";
import type { Persistence } from "../storage/persistence.ts";
import type { AnyMessage, HistoryPage, HistoryRange } from "../types.ts";
import type { UserDirectory } from "../users/userDirectory.ts";
import { compare, parseKey } from "./messageKey.ts";

/** How many stored messages of a conversation are shown before the server answers. */
const shownAtOnce = 50;

/** What a history reader needs. */
export interface HistoryReaderOptions {
  conversations: ConversationStore;
  persistence: Persistence;
  users: UserDirectory;
  /** Reads a page of the history from the server. */
  readHistory(to: string, range: HistoryRange): Promise<HistoryPage<AnyMessage>>;
  /** Conversations or timelines have changed. */
  changed(): void;
  /** Returns a function that throws if the user has signed out since. */
  signOutGuard(): () => void;
}

/**
 * Reads histories from the server. If the server does not answer, or has no older
 * messages, it reads them from this device.
 */
export class HistoryReader {
  readonly #options: HistoryReaderOptions;

  constructor(options: HistoryReaderOptions) {
    this.#options = options;
  }

  async read(to: string, range: HistoryRange): Promise<HistoryPage<AnyMessage>> {
    const { conversations, persistence, users, readHistory, changed } = this.#options;
    const throwIfSignedOut = this.#options.signOutGuard();
    const newest = !range.from && !range.to;
    let { timeline } = conversations.entry(to);
    if (newest && timeline.messages.length === 0) {
      conversations.showStored(to, await persistence.messages(to, shownAtOnce));
      changed();
    }
    const [end, oldest] = [range.to && parseKey(range.to), timeline.messages[0]];
    const joinsTimeline = !end || (oldest !== undefined && compare(end, oldest) >= 0);
    const requestedAt = conversations.revision;
    let page: HistoryPage<AnyMessage>;
    try {
      page = await readHistory(to, range);
    } catch (error) {
      return this.#readStored(to, range, error);
    }
    throwIfSignedOut();
    timeline = conversations.entry(to).timeline; // a sync may have replaced it after a long absence
    for (const { From_Account, ...card } of page.Senders ?? []) users.updateCard(From_Account, card);
    page = { ...page, MsgList: page.MsgList.filter((m) => !timeline.isRemoved(m.MsgKey)) };
    if (!joinsTimeline) return page;
    for (const m of page.MsgList) conversations.addFromHistory(m, requestedAt);
    if (newest && !timeline.shown) timeline.keepUnbroken(page.MsgList[0]);
    if (newest) timeline.shown = true;
    if (!range.from && page.Complete) timeline.markComplete(nameOf(to).GroupId !== undefined);
    if (!range.from && page.Complete) page = await this.#addOlderStored(to, range, page);
    throwIfSignedOut();
    changed();
    return page;
  }

  /** The server did not answer: makes a page of the messages on this device. If there are none, throws `error`. */
  async #readStored(to: string, range: HistoryRange, error: unknown): Promise<HistoryPage<AnyMessage>> {
    if (!(error instanceof ParleyError) || error.status !== 0) throw error;
    const after = range.from === undefined ? undefined : parseKey(range.from);
    const stored = await this.#olderStored(to, range.limit ?? 20, range.to);
    const MsgList = stored.filter((m) => !after || compare(m, after) > 0);
    const Next = MsgList[0]?.MsgKey;
    if (!Next) throw error;
    this.#options.conversations.showStored(to, MsgList, true);
    this.#options.changed();
    return { MsgList, Complete: false, Next, Senders: this.#senders(MsgList) };
  }

  /**
   * The server has no older messages. This device may have some whose retention on the
   * server is over: adds them to the page.
   */
  async #addOlderStored(
    to: string,
    range: HistoryRange,
    page: HistoryPage<AnyMessage>,
  ): Promise<HistoryPage<AnyMessage>> {
    const limit = range.limit ?? 20;
    const room = limit - page.MsgList.length;
    const before = page.MsgList[0]?.MsgKey ?? range.to;
    const stored = await this.#olderStored(to, Math.max(room, 0) + 1, before);
    if (stored.length === 0) return page;
    const more = stored.length > room;
    const list = more ? stored.slice(1) : stored;
    this.#options.conversations.showStored(to, list, true);
    const MsgList = [...list, ...page.MsgList];
    const Next = MsgList[0]?.MsgKey ?? range.to;
    return { ...page, MsgList, Complete: !more, ...(more && Next ? { Next } : {}) };
  }

  async #olderStored(to: string, limit: number, before: string | undefined): Promise<AnyMessage[]> {
    const end = before === undefined ? undefined : parseKey(before);
    const stored = await this.#options.persistence.messages(to, limit, before);
    return end ? stored.filter((m) => compare(m, end) < 0) : stored;
  }

  #senders(list: readonly AnyMessage[]): NonNullable<HistoryPage["Senders"]> {
    const users = [...new Set(list.flatMap(({ From_Account }) => From_Account ?? []))];
    return users.flatMap((From_Account) => {
      const card = this.#options.users.card(From_Account);
      return card ? [{ From_Account, ...card }] : [];
    });
  }
}
