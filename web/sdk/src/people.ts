import type { Emitter } from "./emitter.ts";
import { ParleyError } from "./errors.ts";
import { fold } from "./fold.ts";
import type { Change } from "./store.ts";
import { sleep } from "./timing.ts";
import type { Events, FriendOperations, FriendRow, Message, ProfileGetAnswer, UserCard } from "./types.ts";

const nickTag = "Tag_Profile_IM_Nick";
const faceTag = "Tag_Profile_IM_Image";
const remarkTag = "Tag_SNS_IM_Remark";

/** What people need. */
export interface PeopleOptions {
  events: Emitter<Events>;
  friend: Pick<FriendOperations, "list">;
  keep(change: Change): void;
  /** How long changes are gathered, ms. */
  gap: number;
}

/** Names and faces of users and the friend table of the signed-in one, as they are kept on this device. */
export class People {
  readonly #options: PeopleOptions;
  readonly #cards = new Map<string, UserCard>();
  readonly #friends = new Map<string, FriendRow>();
  #list: readonly FriendRow[] = [];
  #version = 0;
  #wanted = 0;
  #pulling = false;
  #era = 0;

  constructor(options: PeopleOptions) {
    this.#options = options;
  }

  /** Ordered by user ID. A new array after each change. */
  get friends(): readonly FriendRow[] {
    return this.#list;
  }

  /** What is known of a user. */
  card(user: string): UserCard | undefined {
    return this.#cards.get(user);
  }

  /** Takes in what was kept on this device. */
  restore(notes: Readonly<Record<string, unknown>> = {}): void {
    for (const [name, value] of Object.entries(notes)) {
      if (name.startsWith("user/") && !this.#cards.has(name.slice(5)))
        this.#cards.set(name.slice(5), value as UserCard);
      if (name.startsWith("friend/")) this.#friends.set(name.slice(7), value as FriendRow);
    }
    this.#version = Number(notes.friends ?? 0);
    this.#changed();
  }

  clear(): void {
    this.#era++;
    this.#cards.clear();
    this.#friends.clear();
    this.#version = this.#wanted = 0;
    this.#changed();
  }

  /** A message or a page of history says how a user is shown; an empty field says that there is none. */
  learn(user: string, { Nick, FaceUrl }: UserCard): void {
    const before = this.#cards.get(user);
    if (before?.Nick === Nick && before?.FaceUrl === FaceUrl) return;
    const card = { ...(Nick ? { Nick } : {}), ...(FaceUrl ? { FaceUrl } : {}) };
    this.#cards.set(user, card);
    this.#options.keep({ kind: "note", name: `user/${user}`, value: card });
  }

  met(m: Message): void {
    if (m.Nick || m.FaceUrl) this.learn(m.From_Account, m);
  }

  read({ UserProfileItem }: ProfileGetAnswer): void {
    for (const { To_Account, ResultCode, ProfileItem } of UserProfileItem) {
      if (ResultCode !== 0 || !ProfileItem) continue;
      const field = (tag: string) => String(ProfileItem.find(({ Tag }) => Tag === tag)?.Value ?? "");
      if (field(nickTag) || field(faceTag)) this.learn(To_Account, { Nick: field(nickTag), FaceUrl: field(faceTag) });
    }
  }

  /** Friends whose ID, name or remark contains a text, as people read them. */
  search(text: string): FriendRow[] {
    const wanted = fold(text.trim());
    if (!wanted) return [];
    return this.#list.filter(({ To_Account, ValueItem }) => {
      const remark = ValueItem.find(({ Tag }) => Tag === remarkTag)?.Value;
      const names = [To_Account, this.card(To_Account)?.Nick, typeof remark === "string" ? remark : undefined];
      return names.some((name) => name !== undefined && fold(name).includes(wanted));
    });
  }

  /** The server's friend table has this version: pulls what changed, if something did. */
  follow(version: number): void {
    this.#wanted = version;
    if (!this.#pulling && version !== this.#version) void this.#pull();
  }

  async #pull(): Promise<void> {
    this.#pulling = true;
    try {
      for (let last = -1; this.#wanted !== this.#version && last !== this.#wanted; ) {
        last = this.#wanted;
        await sleep(this.#options.gap);
        await this.#read();
      }
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error; // else the next sync finds the old version and pulls again
    } finally {
      this.#pulling = false;
    }
  }

  async #read(): Promise<void> {
    const { friend, keep } = this.#options;
    const era = this.#era;
    let page = await friend.list({ Version: this.#version });
    const version = page.FriendVersion; // an entry that changes while pages are read comes with the next pull
    const rows: FriendRow[] = [];
    const gone = new Set<string>(page.Full ? this.#friends.keys() : []);
    for (;;) {
      rows.push(...page.UserDataItem);
      for (const user of page.Deleted ?? []) gone.add(user);
      if (!page.Cursor) break;
      page = await friend.list({ Cursor: page.Cursor });
    }
    if (era !== this.#era) return;
    for (const row of rows) gone.delete(row.To_Account);
    for (const user of gone) {
      this.#friends.delete(user);
      keep({ kind: "note", name: `friend/${user}` });
    }
    for (const row of rows) {
      this.#friends.set(row.To_Account, row);
      keep({ kind: "note", name: `friend/${row.To_Account}`, value: row });
    }
    this.#version = version;
    keep({ kind: "note", name: "friends", value: version });
    this.#changed();
  }

  #changed(): void {
    this.#list = [...this.#friends.values()].sort((a, b) => (a.To_Account < b.To_Account ? -1 : 1));
    this.#options.events.emit("friends", this.#list);
  }
}
