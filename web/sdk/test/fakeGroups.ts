// The groups of the server in memory: numbered messages and tips, members, read cursors.
import type { Conversation, GroupMember, GroupMessage, GroupNotice, GroupSummary, Tip } from "../src/index.ts";

interface FakeGroup {
  GroupId: string;
  InfoSeq: number;
  Name: string;
  members: Map<string, GroupMember & { since: number; read: number }>;
  messages: GroupMessage[];
}

export class FakeGroups {
  readonly #groups = new Map<string, FakeGroup>();
  readonly #versions = new Map<string, number>();
  readonly #server: { now(): number; emit(user: string, event: object, except?: string): void };
  /** The next messages that are sent to a group are dropped: the group had too many in this second. */
  dropped = 0;

  constructor(server: { now(): number; emit(user: string, event: object, except?: string): void }) {
    this.#server = server;
  }

  /** Makes a group; the first user is the owner. */
  create(GroupId: string, users: string[]): void {
    this.#groups.set(GroupId, { GroupId, InfoSeq: 1, Name: `Group ${GroupId}`, members: new Map(), messages: [] });
    for (const [i, user] of users.entries()) this.#add(GroupId, user, i === 0 ? "Owner" : "Member");
  }

  /** How often the user has joined or left groups. */
  version(user: string): number {
    return this.#versions.get(user) ?? 0;
  }

  messages(GroupId: string): readonly GroupMessage[] {
    return this.#group(GroupId).messages;
  }

  /** Stores a message, and delivers it unless `deliver` is false. */
  say(
    GroupId: string,
    From_Account: string,
    text: string,
    more: Partial<GroupMessage> & { deliver?: boolean; except?: string } = {},
  ): GroupMessage {
    const { deliver = true, except, ...fields } = more;
    const group = this.#group(GroupId);
    const MsgSeq = group.messages.length + 1;
    const m: GroupMessage = {
      GroupId,
      From_Account,
      MsgSeq,
      MsgRandom: fields.IsSystemMsg ? 0 : Math.floor(Math.random() * 2 ** 32),
      MsgTime: Math.floor(this.#server.now() / 1000),
      MsgKey: String(MsgSeq),
      MsgBody: fields.IsSystemMsg ? [] : [{ MsgType: "TIMTextElem", MsgContent: { Text: text } }],
      ...fields,
    };
    group.messages.push(m);
    if (deliver) this.deliver(m, except);
    return m;
  }

  tip(GroupId: string, Tip: Tip, deliver = true): GroupMessage {
    return this.say(GroupId, Tip.Operator_Account ?? "", "", { IsSystemMsg: 1, Tip, NoUnread: true, deliver });
  }

  deliver(m: GroupMessage, except?: string): void {
    const group = this.#group(m.GroupId);
    const event = { event: "message.new", hi: { MsgSeq: group.messages.length }, body: m };
    for (const user of group.members.keys())
      this.#server.emit(user, event, user === m.From_Account ? except : undefined);
  }

  /** Adds a user, with a tip and a notice. */
  join(GroupId: string, user: string, deliver = true): void {
    this.#add(GroupId, user, "Member");
    const MemberNum = this.#group(GroupId).members.size;
    this.tip(GroupId, { Type: 1, Operator_Account: "alice", MemberList: [user], MemberNum, Invited: true }, deliver);
    this.notice(7, GroupId, user);
  }

  /** Removes a user, with a tip and a notice. */
  remove(GroupId: string, user: string, deliver = true): void {
    const { members } = this.#group(GroupId);
    members.delete(user);
    this.#versions.set(user, this.version(user) + 1);
    const tip = { Type: 3, Operator_Account: "alice", MemberList: [user], MemberNum: members.size };
    this.tip(GroupId, tip, deliver);
    if (deliver) this.notice(4, GroupId, user);
  }

  notice(Type: number, GroupId: string, user: string): void {
    const body: GroupNotice = { Type, GroupId, TimeMs: this.#server.now() };
    this.#server.emit(user, { event: "group.notice", body });
  }

  rename(GroupId: string, Name: string, deliver = true): void {
    const group = this.#group(GroupId);
    group.Name = Name;
    group.InfoSeq++;
    if (!deliver) return;
    for (const user of group.members.keys())
      this.#server.emit(user, { event: "group.profile", body: { GroupId, Name, InfoSeq: group.InfoSeq } });
  }

  rows(user: string): Conversation[] {
    return [...this.#groups.values()].flatMap((group) => {
      const member = group.members.get(user);
      const last = group.messages.at(-1);
      if (!member) return [];
      const { GroupId, InfoSeq } = group;
      return [
        {
          GroupId,
          Unread: group.messages.filter((m) => m.MsgSeq > member.read && m.From_Account !== user && !m.NoUnread).length,
          ReadOrdinal: member.read,
          PeerReadOrdinal: 0,
          InOrdinal: group.messages.length,
          OutOrdinal: 0,
          TimeMs: last ? last.MsgTime * 1000 + 1 : 0,
          Type: "Public",
          Role: member.Role,
          InfoSeq,
        },
      ];
    });
  }

  run(action: string, user: string, instance: string, body: Record<string, unknown>): object | undefined {
    const GroupId = String(body.GroupId);
    switch (action) {
      case "group.list": {
        const mine = [...this.#groups.values()].filter(({ members }) => members.has(user));
        const GroupIdList = mine.map((group) => this.#summary(group, user));
        return { TotalCount: mine.length, GroupIdList: GroupIdList.slice(Number(body.Offset ?? 0)).slice(0, 100) };
      }
      case "group.get": {
        const GroupInfo = (body.GroupIdList as string[]).map((GroupId) => {
          const group = this.#groups.get(GroupId);
          if (!group) return { GroupId, ResultCode: 10010, ResultInfo: "there is no such group" };
          const Profile = { ...this.#summary(group, user), Introduction: "chess players", CreateTime: 1 };
          return { GroupId, ResultCode: 0, ResultInfo: "", Profile };
        });
        return { GroupInfo };
      }
      case "group.members": {
        const list = [...this.#group(GroupId).members.values()].map(({ since, read, ...member }) => member);
        return {
          MemberNum: list.length,
          MemberList: list.slice(Number(body.Offset ?? 0)).slice(0, Number(body.Limit)),
        };
      }
      case "group.member-set":
      case "message.delete":
        return {};
      case "message.send": {
        if (this.dropped-- > 0) return { MsgSeq: 0, MsgTime: 1, MsgDropReason: "MsgFreqCtrl" };
        const before = this.messages(GroupId).find(
          (m) =>
            m.From_Account === user && m.MsgRandom === body.MsgRandom && this.#server.now() / 1000 - m.MsgTime < 301,
        );
        if (body.OnlineOnlyFlag) return { MsgSeq: 0, MsgTime: 1 };
        const { To_Account, MsgSeq, ...fields } = body;
        if (MsgSeq !== undefined) throw new Error("a message to a group gets its MsgSeq from the server");
        const m = before ?? this.say(GroupId, user, "", { ...(fields as Partial<GroupMessage>), except: instance });
        return { MsgKey: m.MsgKey, MsgSeq: m.MsgSeq, MsgTime: m.MsgTime };
      }
      case "message.history": {
        const since = this.#group(GroupId).members.get(user)?.since ?? Number.MAX_SAFE_INTEGER;
        const [from, to] = [Number(body.From ?? 0), Number(body.To ?? Number.MAX_SAFE_INTEGER)];
        const range = this.messages(GroupId).filter(
          ({ MsgSeq, ToMembers_Account }) =>
            MsgSeq > Math.max(since, from) && MsgSeq < to && (!ToMembers_Account || ToMembers_Account.includes(user)),
        );
        const GroupMsgList = range.slice(-Number(body.Limit ?? 20));
        const Complete = GroupMsgList.length === range.length;
        return { MsgList: [], GroupMsgList, Complete, ...(Complete ? {} : { Next: GroupMsgList[0]?.MsgKey }) };
      }
      case "message.read": {
        const member = this.#group(GroupId).members.get(user);
        if (!member) return undefined;
        member.read = Math.max(member.read, Number(body.Ordinal ?? this.messages(GroupId).length));
        const Unread = this.rows(user).find((row) => row.GroupId === GroupId)?.Unread;
        const read = { From_Account: user, GroupId, ReadOrdinal: member.read, Unread, TimeMs: this.#server.now() };
        this.#server.emit(user, { event: "message.read", body: read }, instance);
        return { ReadOrdinal: member.read, Unread };
      }
    }
    return undefined;
  }

  #summary({ GroupId, Name, InfoSeq, members }: FakeGroup, user: string): GroupSummary {
    const Owner_Account = [...members.values()].find(({ Role }) => Role === "Owner")?.Member_Account;
    const self = members.get(user);
    return {
      GroupId,
      Type: "Public",
      Name,
      InfoSeq,
      MemberNum: members.size,
      ...(Owner_Account ? { Owner_Account } : {}),
      ...(self ? { SelfInfo: { Role: self.Role, JoinTime: self.JoinTime, MsgFlag: "AcceptAndNotify" } } : {}),
    };
  }

  #add(GroupId: string, user: string, Role: string): void {
    const { members, messages } = this.#group(GroupId);
    const JoinTime = Math.floor(this.#server.now() / 1000);
    members.set(user, { Member_Account: user, Role, JoinTime, since: messages.length, read: messages.length });
    this.#versions.set(user, this.version(user) + 1);
  }

  #group(GroupId: string): FakeGroup {
    const group = this.#groups.get(GroupId);
    if (!group) throw new Error(`there is no group ${GroupId}`);
    return group;
  }
}
