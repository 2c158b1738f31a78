import {
  type AnyMessage,
  type Conversation,
  conversationId,
  type DirectMessage,
  type GroupMember,
  type GroupMessage,
  type Kick,
  Parley,
  ParleyError,
  type PresenceView,
  type SendOptions,
  toOf,
} from "@parley/client";
import { createContext } from "preact";
import { useContext, useLayoutEffect, useReducer } from "preact/hooks";
import { type Cloud, sign } from "./cloud.ts";
import { GroupRequests } from "./groups/groupRequests.ts";
import { Lookup } from "./lookup.ts";
import { groupOf, named, toPeer } from "./peer.ts";
import { People } from "./people/people.ts";
import { type Fields, faceTag, nickTag, profileTags } from "./profile.ts";
import { Typing } from "./typing.ts";

/** How far a history was read, page by page. */
export interface HistoryState {
  next?: string;
  complete: boolean;
  /** The page that is being read. */
  loading?: Promise<void>;
  error?: string;
}

/** For how many messages one call sends receipts. */
const maxReceipts = 30;

/** The events of the client after which the page may show something else. */
const shown = [
  "messages",
  "conversations",
  "pending",
  "state",
  "synced",
  "friend.changed",
  "friend.request",
  "groups",
  "members",
] as const;

/** A signed-in user: the client, and what this app adds to it (names, presence, typing, paging, drafts). */
export class Session {
  readonly parley: Parley;
  readonly cloud: Cloud;
  readonly me: string;
  readonly profiles: Lookup<Fields>;
  /** Which users are online. A user who is looked up is watched from then on. */
  readonly presence: Lookup<PresenceView | undefined>;
  readonly typing: Typing;
  readonly people: People;
  /** `start` was called. If the client is offline after that, the user has signed out in another tab. */
  started = false;
  /** Why the server last ended the session of this device. */
  kick: Kick | undefined;
  /** The first sync is done. Before that, an empty list does not mean that there are no conversations. */
  synced = false;
  /** What went wrong last. It is shown for a while. */
  notice: string | undefined;
  /** The texts of messages that the user has recalled on this page, by key. */
  readonly recalled = new Map<string, string>();
  readonly #nicks: Map<string, string>;
  readonly #drafts: Lookup<Conversation | undefined>;
  readonly #histories = new Map<string, HistoryState>();
  readonly requests: GroupRequests;
  readonly #reading = new Map<string, number>();
  readonly #knownAccounts = new Set<string>();
  /** The groups whose members are being read or were read. */
  readonly #membersRead = new Set<string>();
  /** The messages whose senders have a receipt of the user, by peer and key. */
  readonly #confirmed = new Set<string>();
  readonly #watchers = new Set<() => void>();
  #noticeEnd: ReturnType<typeof setTimeout> | undefined;

  constructor(cloud: Cloud, user: string, usersig?: string) {
    this.cloud = cloud;
    this.me = user;
    this.#nicks = new Map(cloud.users.map(({ id, nick }) => [id, nick]));
    for (const { id } of cloud.users) this.#knownAccounts.add(id);
    const { http, websocket, sdkappid, signer } = cloud;
    const parley = new Parley({
      http,
      websocket,
      sdkappid,
      identifier: user,
      usersig: usersig ?? (() => sign(signer ?? "", user)),
    });
    this.parley = parley;
    this.profiles = new Lookup<Fields>({}, (users) => this.#readProfiles(users), this.changed);
    this.presence = new Lookup<PresenceView | undefined>(
      undefined,
      (users) => this.#watchPresence(users),
      this.changed,
    );
    this.#drafts = new Lookup<Conversation | undefined>(undefined, (users) => this.#readDrafts(users), this.changed);
    this.typing = new Typing(
      // A notification that is lost does no harm.
      (to, Typing) => {
        // Members of a group do not see who is typing.
        if (groupOf(to) === undefined) void parley.message.typing({ To_Account: to, Typing }).catch(() => {});
      },
      this.changed,
    );
    this.people = new People(parley, this.changed);
    this.requests = new GroupRequests(parley, this.changed);

    for (const event of shown) parley.on(event, this.changed);
    parley.on("synced", () => {
      this.synced = true;
      // The server sends no events of what changed while the client was not connected.
      for (const lookup of [this.profiles, this.presence]) lookup.refreshAll();
    });
    parley.on("members", ({ GroupId }) => {
      if (parley.members(GroupId).length === 0) this.#membersRead.delete(GroupId); // the client has forgotten them
    });
    parley.on("kicked", (kick) => {
      this.kick = kick;
      this.changed();
    });
    parley.on("message", (m) => {
      if (m.GroupId === undefined) this.typing.received(m.From_Account, false);
    });
    parley.on("message.typing", ({ From_Account, Typing }) => this.typing.received(From_Account, Typing));
    parley.on("profile.changed", ({ From_Account }) => this.profiles.refresh(From_Account));
    parley.on("presence.changed", (view) => {
      this.presence.set(view.To_Account, { ...view, ResultCode: 0 } as PresenceView);
    });
  }

  /** Calls `watcher` whenever there may be something new to show. Returns the function that ends it. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Calls the watchers. It can be passed on as a listener. */
  readonly changed = (): void => {
    for (const watcher of this.#watchers) watcher();
  };

  /** Connects, also after a kick or a refusal. */
  start(): void {
    this.started = true;
    this.parley.login().then(this.changed, () => {}); // the state shows whether it failed
    this.changed();
  }

  /** Ends the connection. What this device has stored stays. */
  end(): void {
    this.#stopUpdates();
    this.parley.close();
  }

  /** Signs this installation out and deletes what is stored on this device. */
  async leave(): Promise<void> {
    this.#stopUpdates();
    await this.parley.logout().catch(() => {}); // without a network the data on this device is deleted nevertheless
  }

  #stopUpdates(): void {
    this.#watchers.clear();
    for (const lookup of [this.profiles, this.presence, this.#drafts]) lookup.stop();
  }

  /** The name of a group, or of a user: the remark that the signed-in user gave a friend, otherwise the nick. */
  name(peer: string): string {
    const GroupId = groupOf(peer);
    if (GroupId !== undefined) return this.parley.groupInfo(GroupId)?.Name || GroupId;
    return this.people.friends.get(peer)?.remark || this.nick(peer);
  }

  /** The name of a user in a conversation: in a group it is the name card, if the member has one. */
  nameIn(peer: string, user: string): string {
    const GroupId = groupOf(peer);
    const card = GroupId && this.members(GroupId).find(({ Member_Account }) => Member_Account === user)?.NameCard;
    return card || this.name(user);
  }

  /** The name of the sender of a message: the name card that the sender had then, or else what `nameIn` says. */
  senderName(peer: string, m: DirectMessage | GroupMessage): string {
    return (m.GroupId === undefined ? undefined : m.NameCard) || this.nameIn(peer, m.From_Account ?? "");
  }

  /** The first members of a group. If they were not read yet, they are read. */
  members(GroupId: string): readonly GroupMember[] {
    const isMember = this.parley.groupInfo(GroupId)?.SelfInfo !== undefined;
    if (isMember && this.parley.state === "online" && !this.#membersRead.has(GroupId)) {
      this.#membersRead.add(GroupId);
      this.parley.loadMembers(GroupId).catch(() => this.#membersRead.delete(GroupId)); // the next change tries again
    }
    return this.parley.members(GroupId);
  }

  nick(user: string): string {
    return String(this.profiles.get(user)[nickTag] ?? this.#nicks.get(user) ?? user);
  }

  face(peer: string): string | undefined {
    const GroupId = groupOf(peer);
    const face = GroupId === undefined ? this.profiles.get(peer)[faceTag] : this.parley.groupInfo(GroupId)?.FaceUrl;
    return typeof face === "string" && /^https?:\/\//.test(face) ? face : undefined;
  }

  online(user: string): boolean {
    return this.presence.get(user)?.Status === "Online";
  }

  /** The users that the configuration of the cloud names, except the signed-in one. */
  get others(): string[] {
    return [...this.#nicks.keys()].filter((id) => id !== this.me);
  }

  /** Waits for an operation. If it fails, the page shows what did not work. Returns whether it succeeded. */
  async try(what: string, operation: Promise<unknown>): Promise<boolean> {
    try {
      await operation;
      return true;
    } catch (error) {
      this.showNotice(`${what} ${this.describeError(error)}`);
      return false;
    }
  }

  /** A sentence for the user about an operation that failed. */
  describeError(error: unknown): string {
    return error instanceof ParleyError && error.status !== 0 ? error.message : "The server does not answer.";
  }

  /** Shows a notice for a while. */
  showNotice(notice: string): void {
    this.notice = notice;
    clearTimeout(this.#noticeEnd);
    this.#noticeEnd = setTimeout(() => {
      this.notice = undefined;
      this.changed();
    }, 5000);
    this.changed();
  }

  /** Makes sure that an account exists in the local cloud: its signer makes one when it signs for a new user. */
  async ensureAccount(user: string): Promise<void> {
    const { local, signer } = this.cloud;
    if (!local || !signer || this.#knownAccounts.has(user) || this.parley.find(toPeer(user))) return;
    if (groupOf(user) !== undefined) return;
    await sign(signer, user).catch(() => {}); // then the server refuses the message, and the page shows that
    this.#knownAccounts.add(user);
  }

  /** Reads a user's profile now. Returns whether there is such a user. */
  async exists(user: string): Promise<boolean> {
    const fields = (await this.#readProfiles([user])).get(user);
    if (fields) this.profiles.set(user, fields);
    return fields !== undefined;
  }

  async #readProfiles(users: string[]): Promise<Map<string, Fields>> {
    const { UserProfileItem } = await this.parley.profile.get({ To_Account: users, TagList: profileTags });
    const found = new Map<string, Fields>();
    for (const { To_Account, ResultCode, ProfileItem = [] } of UserProfileItem) {
      if (ResultCode !== 0) continue;
      found.set(To_Account, Object.fromEntries(ProfileItem.map(({ Tag, Value }) => [Tag, Value as string | number])));
    }
    return found;
  }

  async #watchPresence(users: string[]): Promise<Map<string, PresenceView>> {
    const { QueryResult } = await this.parley.presence.subscribe({ To_Account: users });
    return new Map(QueryResult.map((view) => [view.To_Account, view]));
  }

  async #readDrafts(peers: string[]): Promise<Map<string, Conversation>> {
    const found = new Map<string, Conversation>();
    for (let i = 0; i < peers.length; i += 20) {
      const names = peers.slice(i, i + 20).map(named);
      const { Conversations } = await this.parley.conversation.get({
        To_Account: names.flatMap(({ To_Account = [] }) => To_Account),
        GroupId: names.flatMap(({ GroupId = [] }) => GroupId),
      });
      for (const row of Conversations) found.set(conversationId(toOf(row)), row);
    }
    return found;
  }

  /** The draft: unsent text of the user to somebody, from this device or another. */
  draft(row: Conversation): string {
    if (!row.DraftMs) return "";
    if (row.Draft !== undefined) return row.Draft;
    const read = this.#drafts.get(conversationId(toOf(row))); // the row of a sync says only that there is a draft
    if (read && read.DraftMs !== row.DraftMs) this.#drafts.refresh(conversationId(toOf(row)));
    return read?.Draft ?? "";
  }

  /** Saves a draft for all devices of the user. */
  saveDraft(peer: string, text: string): void {
    const row = this.parley.find(toPeer(peer));
    if (text === (row ? this.draft(row) : "")) return;
    this.parley.conversation.draft({ ...named(peer), Draft: text }).catch(() => {}); // a lost draft does little harm
  }

  /** Sends a text with options: `CloudCustomData` makes it a reply, `GroupAtInfo` mentions members. */
  async send(peer: string, text: string, options: SendOptions = {}): Promise<void> {
    const draft = this.parley.compose(toPeer(peer), text, options);
    this.typing.sent(peer);
    await this.ensureAccount(peer);
    await this.parley.send(draft).catch(() => {}); // it stays pending, with the reason
  }

  historyState(peer: string): HistoryState {
    let state = this.#histories.get(peer);
    if (!state) {
      state = { complete: false };
      this.#histories.set(peer, state);
    }
    return state;
  }

  /** Reads the newest page of a history, then the next older one with each call. */
  loadOlder(peer: string, minCount = 30): Promise<void> {
    const paging = this.historyState(peer);
    if (paging.complete) return Promise.resolve();
    paging.loading ??= this.#readPage(peer, paging, minCount).finally(() => {
      delete paging.loading;
      this.changed();
    });
    this.changed();
    return paging.loading;
  }

  async #readPage(peer: string, paging: HistoryState, minCount: number): Promise<void> {
    delete paging.error;
    try {
      const unread = this.parley.find(toPeer(peer))?.Unread ?? 0;
      const page = await this.parley.history(toPeer(peer), {
        limit: Math.min(100, Math.max(minCount, unread + 10)),
        ...(paging.next ? { to: paging.next } : {}),
      });
      paging.complete = page.Complete || !page.Next;
      if (page.Next) paging.next = page.Next;
    } catch (error) {
      paging.error = error instanceof Error ? error.message : String(error);
    }
  }

  /** Reads older pages until a message is in the timeline. Returns whether it is. */
  async loadUntil(peer: string, key: string): Promise<boolean> {
    const paging = this.historyState(peer);
    const here = () => this.parley.timeline(toPeer(peer)).some((m) => m.MsgKey === key);
    while (!here() && !paging.complete) {
      await this.loadOlder(peer, 100);
      if (paging.error !== undefined) break;
    }
    return here();
  }

  /** Marks every message of the other user up to an offset as read. */
  read(peer: string, offset: number): void {
    const row = this.parley.find(toPeer(peer));
    if (!row || offset <= Math.max(row.ReadOrdinal, this.#reading.get(peer) ?? 0)) return;
    this.#reading.set(peer, offset);
    this.parley.read(toPeer(peer), offset).catch(() => this.#reading.delete(peer)); // the next change tries again
  }

  /** Sends receipts for the messages of others that were shown, if their senders want to know that. */
  confirm(peer: string, messages: readonly AnyMessage[]): void {
    const key = ({ MsgKey }: AnyMessage) => `${peer} ${MsgKey}`;
    const wanted = messages
      .filter((m) => m.NeedReadReceipt && m.From_Account !== this.me && !this.#confirmed.has(key(m)))
      .slice(-maxReceipts);
    if (wanted.length === 0) return;
    for (const m of wanted) this.#confirmed.add(key(m));
    this.parley.message.receipts({ ...named(peer), MsgKeyList: wanted.map(({ MsgKey }) => MsgKey) }).catch((error) => {
      if (error instanceof ParleyError && error.status !== 0) return; // not every edition has receipts in groups
      for (const m of wanted) this.#confirmed.delete(key(m)); // the next change tries again
    });
  }

  /** Whether the other user, or every other member, has read a message of the signed-in user. */
  isReadByPeer(peer: string, m: AnyMessage): boolean {
    if (m.GroupId !== undefined) {
      const others = (this.parley.groupInfo(m.GroupId)?.MemberNum ?? 0) - 1;
      return others > 0 && (m.ReadBy?.length ?? 0) >= others;
    }
    return (m.Ordinal ?? 0) > 0 && (this.parley.find(toPeer(peer))?.PeerReadOrdinal ?? 0) >= (m.Ordinal ?? 0);
  }
}

const Context = createContext<Session | undefined>(undefined);

/** Gives the components inside it their session. */
export const SessionProvider = Context.Provider;

/** The session. A component that uses it is rendered again whenever the session may have changed. */
export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("useSession outside of a SessionProvider");
  const [, rerender] = useReducer<number, void>((n) => n + 1, 0);
  useLayoutEffect(() => session.watch(() => rerender()), [session]);
  return session;
}
