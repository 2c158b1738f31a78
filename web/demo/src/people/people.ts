import {
  type Blocked,
  type FriendPendingRequest,
  type FriendRow,
  type Parley,
  ParleyError,
  type Result,
} from "@parley/client";
import { pull } from "./pull.ts";

const remarkTag = "Tag_SNS_IM_Remark";
const listsTag = "Tag_SNS_IM_Group";

/** A friend, as the user keeps them. */
export interface Friend {
  user: string;
  /** What the user calls the friend; empty: nothing of their own. */
  remark: string;
  /** The friend lists that the friend is in. */
  lists: readonly string[];
}

/** What is said when asking somebody to be a friend. */
export interface Ask {
  user: string;
  wording: string;
  remark: string;
}

/** A request was filed: the other user decides. */
export const asked = 30539;

/** Whom the signed-in user knows: friends, who asks to be one, and who is blocked. Kept up to date by the events. */
export class People {
  /** By user ID. */
  friends: ReadonlyMap<string, Friend> = new Map();
  /** The names of the friend lists. */
  lists: readonly string[] = [];
  /** Who asks to be a friend, the last one first. */
  requests: readonly FriendPendingRequest[] = [];
  /** How many of the requests were never shown. */
  unread = 0;
  blocked: readonly Blocked[] = [];
  /** The friends are known: before, an empty table says nothing. */
  loaded = false;
  readonly #parley: Parley;
  readonly #changed: () => void;
  readonly #versions = { friends: 0, lists: -1, blocked: -1 };

  constructor(parley: Parley, changed: () => void) {
    this.#parley = parley;
    this.#changed = changed;
    // Where a read fails, the sync after the next connect finds the old version and reads again.
    const follow = (read: () => Promise<void>) => void read().catch(() => {});
    parley.on("synced", ({ FriendVersion, ListVersion, BlockVersion }) => {
      if (!this.loaded || FriendVersion !== this.#versions.friends) follow(this.#pullFriends);
      if (ListVersion !== this.#versions.lists) follow(this.#pullLists);
      if (BlockVersion !== this.#versions.blocked) follow(this.#pullBlocked);
      follow(this.#pullRequests);
    });
    parley.on("friend.changed", (event) => follow("FriendVersion" in event ? this.#pullFriends : this.#pullLists));
    parley.on("friend.request", () => follow(this.#pullRequests));
    parley.on("block.changed", () => follow(this.#pullBlocked));
  }

  blocks(user: string): boolean {
    return this.blocked.some((entry) => entry.To_Account === user);
  }

  request(user: string): FriendPendingRequest | undefined {
    return this.requests.find((request) => request.To_Account === user);
  }

  /** Asks for a friend. Returns 0 where they are friends now, else the code that says what became of it. */
  async add({ user, wording, remark }: Ask): Promise<number> {
    const item = {
      To_Account: user,
      AddSource: "AddSource_Type_Web",
      ...(wording ? { AddWording: wording } : {}),
      ...(remark ? { Remark: remark } : {}),
    };
    const { ResultItem } = await this.#parley.friend.add({ AddFriendItem: [item] });
    await settled(this.#pullFriends(), this.#pullRequests());
    return ResultItem[0]?.ResultCode ?? 0;
  }

  async accept(user: string): Promise<void> {
    await this.#parley.friend.accept({ To_Account: user });
    await settled(this.#pullFriends(), this.#pullRequests());
  }

  async reject(user: string): Promise<void> {
    await this.#parley.friend.reject({ To_Account: user });
    await settled(this.#pullRequests());
  }

  /** Tells that the user has seen all requests. */
  async readRequests(): Promise<void> {
    await this.#parley.friend.readRequests();
    await settled(this.#pullRequests());
  }

  /** Ends a friendship on both sides. */
  async remove(user: string): Promise<void> {
    const { ResultItem } = await this.#parley.friend.delete({ To_Account: [user], DeleteType: "Delete_Type_Both" });
    check(ResultItem);
    await settled(this.#pullFriends());
  }

  /** Gives a friend a name of the user's own; an empty one takes it away. */
  async remark(user: string, text: string): Promise<void> {
    const item = { To_Account: user, SnsItem: [{ Tag: remarkTag, Value: text }] };
    check((await this.#parley.friend.update({ UpdateItem: [item] })).ResultItem);
    await settled(this.#pullFriends());
  }

  /** Ends the friendship, too, and the requests between the two. */
  async block(user: string): Promise<void> {
    check((await this.#parley.block.add({ To_Account: [user] })).ResultItem);
    await settled(this.#pullBlocked(), this.#pullFriends(), this.#pullRequests());
  }

  async unblock(user: string): Promise<void> {
    check((await this.#parley.block.remove({ To_Account: [user] })).ResultItem);
    await settled(this.#pullBlocked());
  }

  /** Makes a friend list, with these friends in it. */
  async createList(name: string, users: string[] = []): Promise<void> {
    const friends = users.length > 0 ? { To_Account: users } : {};
    check((await this.#parley.friend.listCreate({ GroupName: [name], ...friends })).ResultItem);
    await this.#pullAllOfLists();
  }

  async renameList(name: string, next: string): Promise<void> {
    await this.#parley.friend.listRename({ GroupName: name, NewName: next });
    await this.#pullAllOfLists();
  }

  /** Removes a friend list; who was in it stays a friend. */
  async deleteList(name: string): Promise<void> {
    await this.#parley.friend.listDelete({ GroupName: [name] });
    await this.#pullAllOfLists();
  }

  /** Puts a friend into a list, or takes them out. */
  async place(user: string, list: string, inside: boolean): Promise<void> {
    const { friend } = this.#parley;
    const request = { GroupName: list, To_Account: [user] };
    check((await (inside ? friend.listAdd(request) : friend.listRemove(request))).ResultItem);
    await settled(this.#pullFriends());
  }

  readonly #pullFriends = pull(async () => {
    const { friend } = this.#parley;
    let page = await friend.list({ Version: this.#versions.friends });
    const version = page.FriendVersion; // an entry that changes while pages are read comes with the next pull
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

  readonly #pullLists = pull(async () => {
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

  readonly #pullRequests = pull(async () => {
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

  readonly #pullBlocked = pull(async () => {
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

  async #pullAllOfLists(): Promise<void> {
    await settled(this.#pullLists(), this.#pullFriends());
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

/** Waits for reads after something was done. That is done where they fail, too; the server's event has them made again. */
async function settled(...reads: Promise<void>[]): Promise<void> {
  await Promise.allSettled(reads);
}

/** Throws where a result for one of the users is an error. */
function check(results: readonly Result[] = []): void {
  const bad = results.find(({ ResultCode }) => ResultCode !== 0);
  if (bad) throw new ParleyError(bad.ResultInfo, bad.ResultCode, 200);
}
