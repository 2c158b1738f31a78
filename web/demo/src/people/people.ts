import {
  type Blocked,
  type FriendPendingRequest,
  type FriendRow,
  type Parley,
  ParleyError,
  type Result,
} from "@parley/client";
import { sharedRead } from "./sharedRead.ts";

const remarkTag = "Tag_SNS_IM_Remark";
const listsTag = "Tag_SNS_IM_Group";

/** A friend, as the signed-in user sees them. */
export interface Friend {
  user: string;
  /** The name that the signed-in user gave the friend; empty: none. */
  remark: string;
  /** The friend lists that the friend is in. */
  lists: readonly string[];
}

/** A friend request that the user sends. */
export interface NewRequest {
  user: string;
  wording: string;
  remark: string;
}

/** The result code of a request that the other user must accept. */
export const requestFiled = 30539;

/** The friends of the signed-in user, the friend requests, and the blocked users. Events keep them up to date. */
export class People {
  /** By user ID. */
  friends: ReadonlyMap<string, Friend> = new Map();
  /** The names of the friend lists. */
  lists: readonly string[] = [];
  /** The friend requests of others, the latest first. */
  requests: readonly FriendPendingRequest[] = [];
  /** How many of the requests were not shown yet. */
  unread = 0;
  blocked: readonly Blocked[] = [];
  /** The friends were read. Before that, an empty table does not mean that there are none. */
  loaded = false;
  readonly #parley: Parley;
  readonly #changed: () => void;
  readonly #versions = { friends: 0, lists: -1, blocked: -1 };

  constructor(parley: Parley, changed: () => void) {
    this.#parley = parley;
    this.#changed = changed;
    // If a read fails, the sync after the next connect shows that the version is old, and the read is repeated.
    const readInBackground = (read: () => Promise<void>) => void read().catch(() => {});
    parley.on("synced", ({ FriendVersion, ListVersion, BlockVersion }) => {
      if (!this.loaded || FriendVersion !== this.#versions.friends) readInBackground(this.#readFriends);
      if (ListVersion !== this.#versions.lists) readInBackground(this.#readLists);
      if (BlockVersion !== this.#versions.blocked) readInBackground(this.#readBlocked);
      readInBackground(this.#readRequests);
    });
    parley.on("friend.changed", (event) =>
      readInBackground("FriendVersion" in event ? this.#readFriends : this.#readLists),
    );
    parley.on("friend.request", () => readInBackground(this.#readRequests));
    parley.on("block.changed", () => readInBackground(this.#readBlocked));
  }

  blocks(user: string): boolean {
    return this.blocked.some((entry) => entry.To_Account === user);
  }

  request(user: string): FriendPendingRequest | undefined {
    return this.requests.find((request) => request.To_Account === user);
  }

  /** Sends a friend request. Returns 0 if they are friends now, otherwise the result code of the request. */
  async add({ user, wording, remark }: NewRequest): Promise<number> {
    const item = {
      To_Account: user,
      AddSource: "AddSource_Type_Web",
      ...(wording ? { AddWording: wording } : {}),
      ...(remark ? { Remark: remark } : {}),
    };
    const { ResultItem } = await this.#parley.friend.add({ AddFriendItem: [item] });
    await settled(this.#readFriends(), this.#readRequests());
    return ResultItem[0]?.ResultCode ?? 0;
  }

  async accept(user: string): Promise<void> {
    await this.#parley.friend.accept({ To_Account: user });
    await settled(this.#readFriends(), this.#readRequests());
  }

  async reject(user: string): Promise<void> {
    await this.#parley.friend.reject({ To_Account: user });
    await settled(this.#readRequests());
  }

  /** Marks all requests as seen. */
  async readRequests(): Promise<void> {
    await this.#parley.friend.readRequests();
    await settled(this.#readRequests());
  }

  /** Ends a friendship on both sides. */
  async remove(user: string): Promise<void> {
    const { ResultItem } = await this.#parley.friend.delete({ To_Account: [user], DeleteType: "Delete_Type_Both" });
    check(ResultItem);
    await settled(this.#readFriends());
  }

  /** Sets the remark of a friend; an empty text removes it. */
  async remark(user: string, text: string): Promise<void> {
    const item = { To_Account: user, SnsItem: [{ Tag: remarkTag, Value: text }] };
    check((await this.#parley.friend.update({ UpdateItem: [item] })).ResultItem);
    await settled(this.#readFriends());
  }

  /** Blocks a user. The server also ends the friendship and deletes the requests between the two. */
  async block(user: string): Promise<void> {
    check((await this.#parley.block.add({ To_Account: [user] })).ResultItem);
    await settled(this.#readBlocked(), this.#readFriends(), this.#readRequests());
  }

  async unblock(user: string): Promise<void> {
    check((await this.#parley.block.remove({ To_Account: [user] })).ResultItem);
    await settled(this.#readBlocked());
  }

  /** Makes a friend list with these friends. */
  async createList(name: string, users: string[] = []): Promise<void> {
    const friends = users.length > 0 ? { To_Account: users } : {};
    check((await this.#parley.friend.listCreate({ GroupName: [name], ...friends })).ResultItem);
    await this.#readAllLists();
  }

  async renameList(name: string, next: string): Promise<void> {
    await this.#parley.friend.listRename({ GroupName: name, NewName: next });
    await this.#readAllLists();
  }

  /** Deletes a friend list. Its members stay friends. */
  async deleteList(name: string): Promise<void> {
    await this.#parley.friend.listDelete({ GroupName: [name] });
    await this.#readAllLists();
  }

  /** Puts a friend into a list, or removes the friend from it. */
  async setInList(user: string, list: string, inside: boolean): Promise<void> {
    const { friend } = this.#parley;
    const request = { GroupName: list, To_Account: [user] };
    check((await (inside ? friend.listAdd(request) : friend.listRemove(request))).ResultItem);
    await settled(this.#readFriends());
  }

  readonly #readFriends = sharedRead(async () => {
    const { friend } = this.#parley;
    let page = await friend.list({ Version: this.#versions.friends });
    const version = page.FriendVersion; // an entry that changes while the pages are read comes with the next read
    const friends = new Map(page.Full ? [] : this.friends);
    for (;;) {
      for (const row of page.UserDataItem) friends.set(row.To_Account, toFriend(row));
      for (const user of page.Deleted ?? []) friends.delete(user);
      if (!page.Cursor) break;
      page = await friend.list({ Cursor: page.Cursor });
    }
    this.friends = friends;
    this.#versions.friends = version;
    this.loaded = true;
    this.#changed();
  });

  readonly #readLists = sharedRead(async () => {
    const { friend } = this.#parley;
    const first = await friend.lists();
    const names = first.ResultItem.map((list) => list.GroupName);
    for (let page = first; page.Cursor; ) {
      page = await friend.lists({ Cursor: page.Cursor });
      names.push(...page.ResultItem.map((list) => list.GroupName));
    }
    this.lists = [...new Set(names)];
    this.#versions.lists = first.ListVersion;
    this.#changed();
  });

  readonly #readRequests = sharedRead(async () => {
    const { friend } = this.#parley;
    let page = await friend.requests();
    const unread = page.RequestsUnread;
    const requests = [...page.RequestItem];
    while (page.Cursor) {
      page = await friend.requests({ Cursor: page.Cursor });
      requests.push(...page.RequestItem);
    }
    this.requests = requests.sort((a, b) => b.TimeMs - a.TimeMs);
    this.unread = unread;
    this.#changed();
  });

  readonly #readBlocked = sharedRead(async () => {
    const { block } = this.#parley;
    let page = await block.list();
    const version = page.BlockVersion;
    const blocked = [...page.BlackListItem];
    while (page.Cursor) {
      page = await block.list({ Cursor: page.Cursor });
      blocked.push(...page.BlackListItem);
    }
    this.blocked = blocked;
    this.#versions.blocked = version;
    this.#changed();
  });

  async #readAllLists(): Promise<void> {
    await settled(this.#readLists(), this.#readFriends());
  }
}

function toFriend({ To_Account, ValueItem }: FriendRow): Friend {
  const value = (tag: string) => ValueItem.find(({ Tag }) => Tag === tag)?.Value;
  return {
    user: To_Account,
    remark: String(value(remarkTag) ?? ""),
    lists: (value(listsTag) as string[] | undefined) ?? [],
  };
}

/** Waits for reads after an operation. The operation is done even if they fail: the event of the server repeats them. */
async function settled(...reads: Promise<void>[]): Promise<void> {
  await Promise.allSettled(reads);
}

/** Throws if the result for one of the users is an error. */
function check(results: readonly Result[] = []): void {
  const bad = results.find(({ ResultCode }) => ResultCode !== 0);
  if (bad) throw new ParleyError(bad.ResultInfo, bad.ResultCode, 200);
}
