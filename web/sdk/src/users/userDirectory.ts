import type { Emitter } from "../emitter.ts";
import { ParleyError } from "../errors.ts";
import type { Change } from "../storage/store.ts";
import { fold } from "../text/fold.ts";
import { sleep } from "../time/wait.ts";
import type {
  Events,
  FriendOperations,
  FriendRow,
  GroupMessage,
  Message,
  ProfileGetAnswer,
  UserCard,
} from "../types.ts";

const nickTag = "Tag_Profile_IM_Nick";
const faceTag = "Tag_Profile_IM_Image";
const remarkTag = "Tag_SNS_IM_Remark";

/** What a user directory needs. */
export interface UserDirectoryOptions {
  events: Emitter<Events>;
  friend: Pick<FriendOperations, "list">;
  persist(change: Change): void;
  /** For this time changes of the friend table are collected before it is read, ms. */
  gap: number;
}

/** The names and faces of users, and the friend table of the signed-in user, as this device stores them. */
export class UserDirectory {
  readonly #options: UserDirectoryOptions;
  readonly #cards = new Map<string, UserCard>();
  readonly #friends = new Map<string, FriendRow>();
  #sortedFriends: readonly FriendRow[] = [];
  /** The version of the friend table that this device has. */
  #version = 0;
  /** The version of the friend table on the server. */
  #serverVersion = 0;
  #updating = false;
  /** Counts the calls of `clear`, so that an answer to a request made before one is not used after it. */
  #clears = 0;

  constructor(options: UserDirectoryOptions) {
    this.#options = options;
  }

  /** Ordered by user ID. A new array after each change. */
  get friends(): readonly FriendRow[] {
    return this.#sortedFriends;
  }

  /** The name and face of a user; undefined if the client does not know them. */
  card(user: string): UserCard | undefined {
    return this.#cards.get(user);
  }

  /** Takes over what the store of this device has. */
  restore(notes: Readonly<Record<string, unknown>> = {}): void {
    for (const [name, value] of Object.entries(notes)) {
      if (name.startsWith("user/") && !this.#cards.has(name.slice(5)))
        this.#cards.set(name.slice(5), value as UserCard);
      if (name.startsWith("friend/")) this.#friends.set(name.slice(7), value as FriendRow);
    }
    this.#version = Number(notes.friends ?? 0);
    this.#friendsChanged();
  }

  clear(): void {
    this.#clears++;
    this.#cards.clear();
    this.#friends.clear();
    this.#version = this.#serverVersion = 0;
    this.#friendsChanged();
  }

  /** Updates the name and face of a user. An empty field means that the user has none. */
  updateCard(user: string, { Nick, FaceUrl }: UserCard): void {
    const before = this.#cards.get(user);
    if (before?.Nick === Nick && before?.FaceUrl === FaceUrl) return;
    const card = { ...(Nick ? { Nick } : {}), ...(FaceUrl ? { FaceUrl } : {}) };
    this.#cards.set(user, card);
    this.#options.persist({ kind: "note", name: `user/${user}`, value: card });
  }

  updateFromMessage(m: Message | GroupMessage): void {
    if (m.From_Account !== undefined && (m.Nick || m.FaceUrl)) this.updateCard(m.From_Account, m);
  }

  updateFromProfiles({ UserProfileItem }: ProfileGetAnswer): void {
    for (const { To_Account, ResultCode, ProfileItem } of UserProfileItem) {
      if (ResultCode !== 0 || !ProfileItem) continue;
      const field = (tag: string) => String(ProfileItem.find(({ Tag }) => Tag === tag)?.Value ?? "");
      if (field(nickTag) || field(faceTag))
        this.updateCard(To_Account, { Nick: field(nickTag), FaceUrl: field(faceTag) });
    }
  }

  /** The friends whose ID, name or remark contains a text, both folded. */
  searchFriends(text: string): FriendRow[] {
    const wanted = fold(text.trim());
    if (!wanted) return [];
    return this.#sortedFriends.filter(({ To_Account, ValueItem }) => {
      const remark = ValueItem.find(({ Tag }) => Tag === remarkTag)?.Value;
      const names = [To_Account, this.card(To_Account)?.Nick, typeof remark === "string" ? remark : undefined];
      return names.some((name) => name !== undefined && fold(name).includes(wanted));
    });
  }

  /** The friend table has this version on the server. If this device has another one, the changes are read. */
  updateFriendsTo(version: number): void {
    this.#serverVersion = version;
    if (!this.#updating && version !== this.#version) void this.#updateFriends();
  }

  async #updateFriends(): Promise<void> {
    this.#updating = true;
    try {
      for (let last = -1; this.#serverVersion !== this.#version && last !== this.#serverVersion; ) {
        last = this.#serverVersion;
        await sleep(this.#options.gap);
        await this.#readFriends();
      }
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error; // otherwise the next sync shows the old version and reads again
    } finally {
      this.#updating = false;
    }
  }

  async #readFriends(): Promise<void> {
    const { friend, persist } = this.#options;
    const clears = this.#clears;
    let page = await friend.list({ Version: this.#version });
    const version = page.FriendVersion; // an entry that changes while the pages are read comes with the next version
    const rows: FriendRow[] = [];
    const deleted = new Set<string>(page.Full ? this.#friends.keys() : []);
    for (;;) {
      rows.push(...page.UserDataItem);
      for (const user of page.Deleted ?? []) deleted.add(user);
      if (!page.Cursor) break;
      page = await friend.list({ Cursor: page.Cursor });
    }
    if (clears !== this.#clears) return;
    for (const row of rows) deleted.delete(row.To_Account);
    for (const user of deleted) {
      this.#friends.delete(user);
      persist({ kind: "note", name: `friend/${user}` });
    }
    for (const row of rows) {
      this.#friends.set(row.To_Account, row);
      persist({ kind: "note", name: `friend/${row.To_Account}`, value: row });
    }
    this.#version = version;
    persist({ kind: "note", name: "friends", value: version });
    this.#friendsChanged();
  }

  #friendsChanged(): void {
    this.#sortedFriends = [...this.#friends.values()].sort((a, b) => (a.To_Account < b.To_Account ? -1 : 1));
    this.#options.events.emit("friends", this.#sortedFriends);
  }
}
