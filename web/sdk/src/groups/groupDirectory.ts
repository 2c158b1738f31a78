import { conversationId } from "../conversations/conversationId.ts";
import type { ConversationStore } from "../conversations/conversationStore.ts";
import type { Emitter } from "../emitter.ts";
import { ParleyError } from "../errors.ts";
import type { Change } from "../storage/store.ts";
import { sleep } from "../time/wait.ts";
import type {
  Conversation,
  Events,
  GroupChanged,
  GroupGetAnswer,
  GroupMemberSetRequest,
  GroupMessage,
  GroupNotice,
  GroupOperations,
  GroupProfile,
  KnownGroup,
} from "../types.ts";
import { MemberLists } from "./memberLists.ts";

/** The notices after which the user is not a member of the group: removed, disbanded, left, disbanded as idle. */
const endOfMembership = [4, 5, 8, 11];

/** The notices after which the user is a member, or has another role or mute: docs/spec/tencent §19.2. */
const changeOfMembership = [2, 6, 7, 9, 10, 17];

/** The prefix of the notes in which the store keeps the groups, and the note of their version. */
const [prefix, versionNote] = ["group/", "groups"];

/** How many groups one call reads. */
const maxOfOneCall = 20;

/** What a group directory needs. */
export interface GroupDirectoryOptions {
  me: string;
  events: Emitter<Events>;
  group: Pick<GroupOperations, "get" | "list" | "members">;
  conversations: ConversationStore;
  persist(change: Change): void;
  /** The row of a conversation must be read from the server. */
  refreshRow(id: string): void;
  /** For this time changes are collected before groups are read, ms. */
  gap: number;
}

/** The groups of the signed-in user, as this device stores them, and the members that are in memory. */
export class GroupDirectory {
  readonly #options: GroupDirectoryOptions;
  readonly members: MemberLists;
  readonly #known = new Map<string, KnownGroup>();
  #sorted: readonly KnownGroup[] = [];
  /** The version of the user's groups that this device has. */
  #version = 0;
  /** The version of the user's groups on the server. */
  #serverVersion = 0;
  #updating = false;
  readonly #toRead = new Set<string>();
  /** The last tip that said how many members a group has. */
  readonly #counted = new Map<string, number>();
  /** Counts the calls of `clear`, so that an answer to a request made before one is not used after it. */
  #clears = 0;

  constructor(options: GroupDirectoryOptions) {
    this.#options = options;
    this.members = new MemberLists({
      group: options.group,
      lastNumber: (GroupId) => this.#lastNumber(GroupId),
      changed: (GroupId) => options.events.emit("members", { GroupId }),
    });
  }

  /** The groups of which the user is a member, ordered by ID. A new array after each change. */
  get groups(): readonly KnownGroup[] {
    return this.#sorted;
  }

  /** What this client knows of a group, also of one that the user is not in; undefined: nothing. */
  find(GroupId: string): KnownGroup | undefined {
    return this.#known.get(GroupId);
  }

  /** Takes over what the store of this device has. */
  restore(notes: Readonly<Record<string, unknown>> = {}): void {
    for (const [name, value] of Object.entries(notes)) {
      const GroupId = name.slice(prefix.length);
      if (name.startsWith(prefix) && !this.#known.has(GroupId)) this.#known.set(GroupId, value as KnownGroup);
    }
    this.#version = Number(notes[versionNote] ?? 0);
    this.#changed();
  }

  clear(): void {
    this.#clears++;
    this.#known.clear();
    this.#counted.clear();
    this.#toRead.clear();
    this.members.clear();
    this.#version = this.#serverVersion = 0;
    this.#changed();
  }

  /** Reads the profile of a group from the server. */
  async load(GroupId: string): Promise<GroupProfile> {
    const { GroupInfo } = await this.#options.group.get({ GroupIdList: [GroupId] });
    const [item] = GroupInfo;
    if (!item?.Profile) throw new ParleyError(item?.ResultInfo ?? "no such group", item?.ResultCode ?? 0, 200);
    return item.Profile;
  }

  /** The user's groups have this version on the server. If this device has another one, the list is read. */
  updateTo(version: number): void {
    this.#serverVersion = version;
    if (!this.#updating && version !== this.#version) void this.#update();
  }

  /** The server sent the row of a group: if its profile is newer than the one here, it is read. */
  rowArrived({ GroupId, InfoSeq }: Conversation & { GroupId: string }): void {
    const known = this.#known.get(GroupId);
    if (known && InfoSeq !== undefined && InfoSeq > known.InfoSeq) this.#readSoon(GroupId);
  }

  /** An operation of this client was answered: applies what no event announces, or what should show at once. */
  answered(action: string, request: object, answer: unknown): void {
    const { GroupId } = { ...request, ...(answer as object) } as { GroupId?: string };
    switch (action) {
      case "group.get":
        for (const { Profile } of (answer as GroupGetAnswer).GroupInfo) if (Profile) this.#setFromServer(Profile);
        this.#changed();
        return;
      case "group.create":
      case "group.join":
      case "group.option":
        if (GroupId && (answer as { JoinedStatus?: string }).JoinedStatus !== "WaitAdminApproval")
          this.#membershipChanged(GroupId);
        return;
      case "group.quit":
      case "group.destroy":
        if (GroupId) this.#membershipEnded(GroupId);
        return;
      case "group.member-set": {
        const { Member_Account = this.#options.me, NameCard } = request as GroupMemberSetRequest;
        if (GroupId && NameCard !== undefined) this.members.set(GroupId, Member_Account, { NameCard });
      }
    }
  }

  /** Applies a notice: what happened to the user in a group. */
  noticeArrived({ Type, GroupId }: GroupNotice): void {
    if (endOfMembership.includes(Type)) this.#membershipEnded(GroupId);
    else if (changeOfMembership.includes(Type)) this.#membershipChanged(GroupId);
  }

  /** Applies an event of the profile of a group. */
  profileArrived({ AppDefinedData, ...fields }: GroupChanged): void {
    const { GroupId, InfoSeq, MuteAllMember } = fields;
    const known = this.#known.get(GroupId);
    if (!known || InfoSeq <= known.InfoSeq) return;
    // If an event was missed, or if only a part of a field is in the event, the profile is read.
    if (InfoSeq > known.InfoSeq + 1 || AppDefinedData) this.#readSoon(GroupId);
    this.#set({ ...known, ...fields });
    this.#options.conversations.updateGroupRow(GroupId, { InfoSeq, ...(MuteAllMember ? { MuteAllMember } : {}) });
    const { me } = this.#options;
    const { Owner_Account } = fields;
    if (Owner_Account !== undefined && (Owner_Account === me || known.Owner_Account === me))
      this.#membershipChanged(GroupId);
    this.#changed();
  }

  /**
   * Applies a message or a tip that arrived. Nothing is announced of a group that is hidden until its first message, so
   * that message may be the first that this client learns of the group.
   */
  messageArrived(m: GroupMessage): void {
    if (!this.#known.has(m.GroupId) && !this.#hasLeft(m.GroupId)) this.#membershipChanged(m.GroupId);
    this.#applyTip(m);
  }

  #applyTip(m: GroupMessage): void {
    const { GroupId, MsgSeq, Tip } = m;
    if (!Tip || MsgSeq === 0) return;
    this.members.apply(m);
    const known = this.#known.get(GroupId);
    if (Tip.Type === 1 && Tip.MemberList?.includes(this.#options.me)) this.#membershipChanged(GroupId);
    if (!known || Tip.MemberNum === undefined || MsgSeq <= (this.#counted.get(GroupId) ?? 0)) return;
    this.#counted.set(GroupId, MsgSeq);
    this.#set({ ...known, MemberNum: Tip.MemberNum });
    this.#changed();
  }

  #hasLeft(GroupId: string): boolean {
    return this.#options.conversations.find(conversationId({ GroupId }))?.left ?? false;
  }

  #lastNumber(GroupId: string): number {
    return this.#options.conversations.find(conversationId({ GroupId }))?.row.InOrdinal ?? 0;
  }

  #membershipChanged(GroupId: string): void {
    this.#readSoon(GroupId);
    this.#options.refreshRow(conversationId({ GroupId }));
  }

  #membershipEnded(GroupId: string): void {
    this.#toRead.delete(GroupId);
    this.members.forget(GroupId);
    this.#options.conversations.leaveGroup(GroupId);
    if (this.#delete(GroupId)) this.#changed();
  }

  /** Reads the profile of a group soon, together with others. */
  #readSoon(GroupId: string): void {
    if (this.#toRead.size === 0) setTimeout(() => void this.#read(), this.#options.gap);
    this.#toRead.add(GroupId);
  }

  async #read(): Promise<void> {
    const GroupIdList = [...this.#toRead].slice(0, maxOfOneCall);
    if (GroupIdList.length === 0) return;
    // `answered` stores the profiles. If the call fails, the next row or event of the group shows that a newer one exists.
    await this.#options.group.get({ GroupIdList }).catch(() => {});
    for (const GroupId of GroupIdList) this.#toRead.delete(GroupId);
    if (this.#toRead.size > 0) void this.#read();
  }

  async #update(): Promise<void> {
    this.#updating = true;
    try {
      for (let last = -1; this.#serverVersion !== this.#version && last !== this.#serverVersion; ) {
        last = this.#serverVersion;
        await sleep(this.#options.gap);
        await this.#readList();
      }
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error; // otherwise the next sync shows the old version and reads again
    } finally {
      this.#updating = false;
    }
  }

  async #readList(): Promise<void> {
    const [version, clears] = [this.#serverVersion, this.#clears];
    const gone = new Set(this.#sorted.map(({ GroupId }) => GroupId));
    const found: KnownGroup[] = [];
    for (;;) {
      const { GroupIdList, TotalCount } = await this.#options.group.list({ Offset: found.length });
      found.push(...GroupIdList);
      if (GroupIdList.length === 0 || found.length >= TotalCount) break;
    }
    if (clears !== this.#clears) return;
    for (const group of found) {
      const known = this.#known.get(group.GroupId);
      const profile = known && known.InfoSeq <= group.InfoSeq ? { ...known, ...group } : group;
      gone.delete(group.GroupId);
      // The list has not all fields of the profile: if this client had them, they are read again.
      if (known?.CreateTime !== undefined && known.InfoSeq < group.InfoSeq) this.#readSoon(group.GroupId);
      this.#setFromServer(profile);
    }
    for (const GroupId of gone) this.#membershipEnded(GroupId);
    this.#version = version;
    this.#options.persist({ kind: "note", name: versionNote, value: version });
    this.#changed();
  }

  /** Takes over an answer of the server: it is newer than the tips that this client knows. */
  #setFromServer(group: KnownGroup): void {
    this.#counted.set(group.GroupId, this.#lastNumber(group.GroupId));
    this.#set(group);
  }

  #set(group: KnownGroup): void {
    this.#known.set(group.GroupId, group);
    if (group.SelfInfo) this.#options.persist({ kind: "note", name: prefix + group.GroupId, value: group });
  }

  #delete(GroupId: string): boolean {
    this.#options.persist({ kind: "note", name: prefix + GroupId });
    this.#counted.delete(GroupId);
    return this.#known.delete(GroupId);
  }

  #changed(): void {
    this.#sorted = [...this.#known.values()]
      .filter(({ SelfInfo }) => SelfInfo)
      .sort((a, b) => (a.GroupId < b.GroupId ? -1 : 1));
    this.#options.events.emit("groups", this.#sorted);
  }
}
