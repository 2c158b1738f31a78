import type { Book } from "./book.ts";
import { ParleyError } from "./errors.ts";
import type { Keeper } from "./keeper.ts";
import { compare, parseKey } from "./order.ts";
import type { People } from "./people.ts";
import type { HistoryPage, HistoryRange, Message } from "./types.ts";

/** How many kept messages of a conversation are shown before the server is asked. */
const shownAtOnce = 50;

/** What a reader needs. */
export interface ReaderOptions {
  book: Book;
  keeper: Keeper;
  people: People;
  pull(to: string, range: HistoryRange): Promise<HistoryPage>;
  changed(): void;
  /** Throws if the user signed out meanwhile. */
  still(): () => void;
}

/** Reads histories: from the server, and from this device where the server does not answer or has no more. */
export class Reader {
  readonly #options: ReaderOptions;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  async read(to: string, range: HistoryRange): Promise<HistoryPage> {
    const { book, keeper, people, pull, changed } = this.#options;
    const still = this.#options.still();
    const newest = !range.from && !range.to;
    let { timeline } = book.entry(to);
    if (newest && timeline.messages.length === 0) {
      book.show(to, await keeper.messages(to, shownAtOnce));
      changed();
    }
    const [end, oldest] = [range.to && parseKey(range.to), timeline.messages[0]];
    const joins = !end || (oldest !== undefined && compare(end, oldest) >= 0);
    const asked = book.heard;
    let page: HistoryPage;
    try {
      page = await pull(to, range);
    } catch (error) {
      return this.#kept(to, range, error);
    }
    still();
    timeline = book.entry(to).timeline; // a long absence may have ended meanwhile
    for (const { From_Account, ...card } of page.Senders ?? []) people.learn(From_Account, card);
    page = { ...page, MsgList: page.MsgList.filter((m) => !timeline.lacks(m.MsgKey)) };
    if (!joins) return page;
    for (const m of page.MsgList) book.learn(m, asked);
    if (newest && !timeline.shown) timeline.keepUnbroken(page.MsgList[0]);
    if (newest) timeline.shown = true;
    if (!range.from && page.Complete) timeline.whole();
    if (!range.from && page.Complete) page = await this.#beyond(to, range, page);
    still();
    changed();
    return page;
  }

  /** A page of what this device keeps, for the server does not answer. Throws its error where nothing is kept. */
  async #kept(to: string, range: HistoryRange, error: unknown): Promise<HistoryPage> {
    if (!(error instanceof ParleyError) || error.status !== 0) throw error;
    const after = range.from === undefined ? undefined : parseKey(range.from);
    const MsgList = (await this.#older(to, range.limit ?? 20, range.to)).filter((m) => !after || compare(m, after) > 0);
    const Next = MsgList[0]?.MsgKey;
    if (!Next) throw error;
    this.#options.book.show(to, MsgList, true);
    this.#options.changed();
    return { MsgList, Complete: false, Next, Senders: this.#senders(MsgList) };
  }

  /** The server has no older messages; this device may keep some from before its retention. */
  async #beyond(to: string, range: HistoryRange, page: HistoryPage): Promise<HistoryPage> {
    const limit = range.limit ?? 20;
    const room = limit - page.MsgList.length;
    const before = page.MsgList[0]?.MsgKey ?? range.to;
    const kept = await this.#older(to, Math.max(room, 0) + 1, before);
    if (kept.length === 0) return page;
    const more = kept.length > room;
    const list = more ? kept.slice(1) : kept;
    this.#options.book.show(to, list, true);
    const MsgList = [...list, ...page.MsgList];
    const Next = MsgList[0]?.MsgKey ?? range.to;
    return { ...page, MsgList, Complete: !more, ...(more && Next ? { Next } : {}) };
  }

  async #older(to: string, limit: number, before: string | undefined): Promise<Message[]> {
    const end = before === undefined ? undefined : parseKey(before);
    const kept = await this.#options.keeper.messages(to, limit, before);
    return end ? kept.filter((m) => compare(m, end) < 0) : kept;
  }

  #senders(list: readonly Message[]): NonNullable<HistoryPage["Senders"]> {
    const users = [...new Set(list.map((m) => m.From_Account))];
    return users.flatMap((From_Account) => {
      const card = this.#options.people.card(From_Account);
      return card ? [{ From_Account, ...card }] : [];
    });
  }
}
