import type { GroupMember, GroupMessage, GroupOperations } from "../types.ts";

/** How many members a page has. */
const pageSize = 100;

/** The types of tips about members (docs/spec/tencent §19.1). */
const tip = { joined: 1, left: 2, removed: 3, adminsAdded: 4, adminsRemoved: 5, profile: 6, muted: 7 };

/** What member lists need. */
export interface MemberListsOptions {
  group: Pick<GroupOperations, "members">;
  /** The number of the last message of a group that this client knows. */
  lastNumber(GroupId: string): number;
  changed(GroupId: string): void;
}

/** The members of one group that are in memory. */
interface MemberList {
  members: Map<string, GroupMember>;
  /** What `members` returned last. */
  sorted?: readonly GroupMember[];
  /** Where the next page begins. */
  offset: number;
  complete: boolean;
  /** The tips up to this number happened before the first page was requested. */
  asOf: number;
  /** The number of the last tip about a member. */
  changedBy: Map<string, number>;
  loading?: Promise<{ Complete: boolean }>;
}

/**
 * The members of groups, as far as the app has read them. The tips of the group keep them
 * up to date: who joined, left or was removed, roles, and mutes.
 *
 * A tip may arrive late. Example: bob leaves (tip 11) and comes back (tip 12), and tip 11
 * arrives after tip 12. Tip 12 is the last one about bob, so bob stays a member.
 */
export class MemberLists {
  readonly #options: MemberListsOptions;
  readonly #lists = new Map<string, MemberList>();

  constructor(options: MemberListsOptions) {
    this.#options = options;
  }

  /** In the order in which they joined. A new array after each change. */
  members(GroupId: string): readonly GroupMember[] {
    const list = this.#lists.get(GroupId);
    if (!list) return [];
    list.sorted ??= [...list.members.values()].sort((a, b) => a.JoinTime - b.JoinTime);
    return list.sorted;
  }

  /** Reads the next page. Calls at the same time share one request. */
  load(GroupId: string): Promise<{ Complete: boolean }> {
    let list = this.#lists.get(GroupId);
    if (!list) {
      const asOf = this.#options.lastNumber(GroupId);
      list = { members: new Map(), offset: 0, complete: false, asOf, changedBy: new Map() };
      this.#lists.set(GroupId, list);
    }
    if (list.complete) return Promise.resolve({ Complete: true });
    const current = list;
    list.loading ??= this.#load(GroupId, list).finally(() => delete current.loading);
    return list.loading;
  }

  async #load(GroupId: string, list: MemberList): Promise<{ Complete: boolean }> {
    const requestedAt = this.#options.lastNumber(GroupId);
    const { offset } = list;
    const { MemberList, MemberNum } = await this.#options.group.members({ GroupId, Offset: offset, Limit: pageSize });
    for (const member of MemberList) {
      if ((list.changedBy.get(member.Member_Account) ?? 0) <= requestedAt)
        list.members.set(member.Member_Account, member);
    }
    list.offset += MemberList.length; // a member who left meanwhile has made it smaller
    list.complete = MemberList.length === 0 || offset + MemberList.length >= MemberNum;
    this.#changed(GroupId, list);
    return { Complete: list.complete };
  }

  /** Applies a tip that arrived. */
  apply({ GroupId, MsgSeq, MsgTime, Tip }: GroupMessage): void {
    const list = this.#lists.get(GroupId);
    if (!Tip || !list || MsgSeq <= list.asOf) return;
    const { Type, MemberList, Operator_Account, MuteTime } = Tip;
    if (Type === tip.profile) {
      const { Owner_Account } = Tip.GroupInfo ?? {};
      if (Owner_Account === undefined) return;
      const before = [...list.members.values()].filter(({ Role }) => Role === "Owner");
      for (const { Member_Account } of before) this.#update(list, Member_Account, MsgSeq, { Role: "Member" });
      this.#update(list, Owner_Account, MsgSeq, { Role: "Owner" });
    }
    for (const user of MemberList ?? (Type === tip.left && Operator_Account ? [Operator_Account] : [])) {
      switch (Type) {
        case tip.joined:
          if (this.#isNew(list, user, MsgSeq))
            list.members.set(user, { Member_Account: user, Role: "Member", JoinTime: MsgTime });
          break;
        case tip.left:
        case tip.removed:
          if (this.#isNew(list, user, MsgSeq) && list.members.delete(user)) list.offset = Math.max(0, list.offset - 1);
          break;
        case tip.adminsAdded:
          this.#update(list, user, MsgSeq, { Role: "Admin" });
          break;
        case tip.adminsRemoved:
          this.#update(list, user, MsgSeq, { Role: "Member" });
          break;
        case tip.muted:
          this.#update(list, user, MsgSeq, { MuteUntil: MuteTime ? MsgTime + MuteTime : undefined });
      }
    }
    this.#changed(GroupId, list);
  }

  /** Sets fields of a member that this client has changed. */
  set(GroupId: string, user: string, fields: Partial<GroupMember>): void {
    const list = this.#lists.get(GroupId);
    const member = list?.members.get(user);
    if (!list || !member) return;
    list.members.set(user, { ...member, ...fields });
    this.#changed(GroupId, list);
  }

  /** The client has missed what happened in a group, or is not a member any more: its members must be read again. */
  forget(GroupId: string): void {
    if (this.#lists.delete(GroupId)) this.#options.changed(GroupId);
  }

  clear(): void {
    this.#lists.clear();
  }

  /** Whether no later tip about a member was applied. */
  #isNew(list: MemberList, user: string, number: number): boolean {
    if ((list.changedBy.get(user) ?? 0) >= number) return false;
    list.changedBy.set(user, number);
    return true;
  }

  #update(
    list: MemberList,
    user: string,
    number: number,
    { MuteUntil, ...fields }: { Role?: string; MuteUntil?: number | undefined },
  ): void {
    const member = list.members.get(user);
    if (!member || !this.#isNew(list, user, number)) return;
    const { MuteUntil: before, ...rest } = member;
    const until = fields.Role === undefined ? MuteUntil : before;
    list.members.set(user, { ...rest, ...fields, ...(until === undefined ? {} : { MuteUntil: until }) });
  }

  #changed(GroupId: string, list: MemberList): void {
    delete list.sorted;
    this.#options.changed(GroupId);
  }
}
