import { type Conversation, type Kick, type Message, Parley, ParleyError, type PresenceView } from "@parley/client";
import { createContext } from "preact";
import { useContext, useLayoutEffect, useReducer } from "preact/hooks";
import { type Cloud, sign } from "./cloud.ts";
import { Lookup } from "./lookup.ts";
import { People } from "./people/people.ts";
import { type Fields, faceTag, nickTag, profileTags } from "./profile.ts";
import { Typing } from "./typing.ts";

/** Where paging through a history stands. */
export interface Reach {
  next?: string;
  complete: boolean;
  /** The page that is on its way. */
  loading?: Promise<void>;
  error?: string;
}

/** What the page shows is made from: its events say that it may have changed. */
const shown = ["messages", "conversations", "pending", "state", "synced", "friend.changed", "friend.request"] as const;

/** A signed-in user: the client, and what this app adds to it. */
export class Session {
  readonly parley: Parley;
  readonly cloud: Cloud;
  readonly me: string;
  readonly profiles: Lookup<Fields>;
  /** Who is online; whoever is asked for is watched from then on. */
  readonly presence: Lookup<PresenceView | undefined>;
  readonly typing: Typing;
  readonly people: People;
  /** It was told to connect: offline since then, the user has signed out in another tab. */
  started = false;
  /** Why this device had to go, the last time it had to. */
  kick: Kick | undefined;
  /** The conversations are known: before, an empty list says nothing. */
  synced = false;
  /** What went wrong last, to be told for a while. */
  notice: string | undefined;
  /** What the user's own messages said that were recalled here, by key. */
  readonly recalled = new Map<string, string>();
  readonly #nicks: Map<string, string>;
  readonly #drafts: Lookup<Conversation | undefined>;
  readonly #reach = new Map<string, Reach>();
  readonly #reading = new Map<string, number>();
  readonly #met = new Set<string>();
  readonly #watchers = new Set<() => void>();
  #noticeEnd: ReturnType<typeof setTimeout> | undefined;

  constructor(cloud: Cloud, user: string, usersig?: string) {
    this.cloud = cloud;
    this.me = user;
    this.#nicks = new Map(cloud.users.map(({ id, nick }) => [id, nick]));
    for (const { id } of cloud.users) this.#met.add(id);
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
      (to, Typing) => void parley.message.typing({ To_Account: to, Typing }).catch(() => {}), // it is no loss
      this.changed,
    );
    this.people = new People(parley, this.changed);

    for (const event of shown) parley.on(event, this.changed);
    parley.on("synced", () => {
      this.synced = true;
      for (const lookup of [this.profiles, this.presence]) lookup.refreshAll(); // what changed meanwhile was not told
    });
    parley.on("kicked", (kick) => {
      this.kick = kick;
      this.changed();
    });
    parley.on("message", (m) => this.typing.heard(m.From_Account, false));
    parley.on("message.typing", ({ From_Account, Typing }) => this.typing.heard(From_Account, Typing));
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

  /** Tells the watchers. A listener by itself, too. */
  readonly changed = (): void => {
    for (const watcher of this.#watchers) watcher();
  };

  /** Connects, also after a kick or a refusal. */
  start(): void {
    this.started = true;
    this.parley.login().then(this.changed, () => {}); // the state tells
    this.changed();
  }

  /** Ends the connection; what this device keeps stays. */
  end(): void {
    this.#quieten();
    this.parley.close();
  }

  /** Signs this installation out and forgets what is kept on this device. */
  async leave(): Promise<void> {
    this.#quieten();
    await this.parley.logout().catch(() => {}); // without a network, the device is forgotten all the same
  }

  #quieten(): void {
    this.#watchers.clear();
    for (const lookup of [this.profiles, this.presence, this.#drafts]) lookup.stop();
  }

  /** What a user is called: what the signed-in one calls a friend, else as users call themselves. */
  name(user: string): string {
    return this.people.friends.get(user)?.remark || this.nick(user);
  }

  nick(user: string): string {
    return String(this.profiles.get(user)[nickTag] ?? this.#nicks.get(user) ?? user);
  }

  face(user: string): string | undefined {
    const face = this.profiles.get(user)[faceTag];
    return typeof face === "string" && /^https?:\/\//.test(face) ? face : undefined;
  }

  online(user: string): boolean {
    return this.presence.get(user)?.Status === "Online";
  }

  /** The users that the cloud names, except the signed-in one. */
  get others(): string[] {
    return [...this.#nicks.keys()].filter((id) => id !== this.me);
  }

  /** Waits for an operation; where it fails, the page says what did not work. */
  async try(what: string, operation: Promise<unknown>): Promise<boolean> {
    try {
      await operation;
      return true;
    } catch (error) {
      this.say(`${what} ${this.problem(error)}`);
      return false;
    }
  }

  /** What to say of an operation that failed. */
  problem(error: unknown): string {
    return error instanceof ParleyError && error.status !== 0 ? error.message : "The server does not answer.";
  }

  /** Shows a notice for a while. */
  say(notice: string): void {
    this.notice = notice;
    clearTimeout(this.#noticeEnd);
    this.#noticeEnd = setTimeout(() => {
      this.notice = undefined;
      this.changed();
    }, 5000);
    this.changed();
  }

  /** Makes sure that a user of the local cloud exists: it makes an account when it signs for one. */
  async #meet(user: string): Promise<void> {
    const { local, signer } = this.cloud;
    if (!local || !signer || this.#met.has(user) || this.parley.find(user)) return;
    await sign(signer, user).catch(() => {}); // then the server will refuse the message, and say so
    this.#met.add(user);
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

  async #readDrafts(users: string[]): Promise<Map<string, Conversation>> {
    const found = new Map<string, Conversation>();
    for (let i = 0; i < users.length; i += 20) {
      const { Conversations } = await this.parley.conversation.get({ To_Account: users.slice(i, i + 20) });
      for (const row of Conversations) found.set(row.To_Account, row);
    }
    return found;
  }

  /** What the user began to write to somebody, here or on another device. */
  draft(row: Conversation): string {
    if (!row.DraftMs) return "";
    if (row.Draft !== undefined) return row.Draft;
    const read = this.#drafts.get(row.To_Account); // a sync says only that there is one
    if (read && read.DraftMs !== row.DraftMs) this.#drafts.refresh(row.To_Account);
    return read?.Draft ?? "";
  }

  /** Keeps what was begun, for all devices. */
  keepDraft(peer: string, text: string): void {
    const row = this.parley.find(peer);
    if (text === (row ? this.draft(row) : "")) return;
    this.parley.conversation.draft({ To_Account: peer, Draft: text }).catch(() => {}); // it is no loss
  }

  /** Sends a text; `CloudCustomData` makes it a reply. */
  async send(peer: string, text: string, CloudCustomData?: string): Promise<void> {
    const draft = this.parley.compose(peer, text, CloudCustomData ? { CloudCustomData } : {});
    this.typing.sent(peer);
    await this.#meet(peer);
    await this.parley.send(draft).catch(() => {}); // it stays among the pending ones and says why
  }

  reach(peer: string): Reach {
    let reach = this.#reach.get(peer);
    if (!reach) {
      reach = { complete: false };
      this.#reach.set(peer, reach);
    }
    return reach;
  }

  /** Reads the newest page of a history, then the next older one with each call. */
  older(peer: string, least = 30): Promise<void> {
    const reach = this.reach(peer);
    if (reach.complete) return Promise.resolve();
    reach.loading ??= this.#readPage(peer, reach, least).finally(() => {
      delete reach.loading;
      this.changed();
    });
    this.changed();
    return reach.loading;
  }

  async #readPage(peer: string, reach: Reach, least: number): Promise<void> {
    delete reach.error;
    try {
      const unread = this.parley.find(peer)?.Unread ?? 0;
      const page = await this.parley.history(peer, {
        limit: Math.min(100, Math.max(least, unread + 10)),
        ...(reach.next ? { to: reach.next } : {}),
      });
      reach.complete = page.Complete || !page.Next;
      if (page.Next) reach.next = page.Next;
    } catch (error) {
      reach.error = error instanceof Error ? error.message : String(error);
    }
  }

  /** Reads older pages until a message is there. Returns whether it is. */
  async reachTo(peer: string, key: string): Promise<boolean> {
    const reach = this.reach(peer);
    const here = () => this.parley.timeline(peer).some((m) => m.MsgKey === key);
    while (!here() && !reach.complete) {
      await this.older(peer, 100);
      if (reach.error !== undefined) break;
    }
    return here();
  }

  /** Tells that everything up to an ordinal is read. */
  read(peer: string, ordinal: number): void {
    const row = this.parley.find(peer);
    if (!row || ordinal <= Math.max(row.ReadOrdinal, this.#reading.get(peer) ?? 0)) return;
    this.#reading.set(peer, ordinal);
    this.parley.read(peer, ordinal).catch(() => this.#reading.delete(peer)); // the next change tries again
  }

  /** Whether the other user has read a message of mine. */
  seen(peer: string, m: Message): boolean {
    return (m.Ordinal ?? 0) > 0 && (this.parley.find(peer)?.PeerReadOrdinal ?? 0) >= (m.Ordinal ?? 0);
  }
}

const Context = createContext<Session | undefined>(undefined);

/** Gives a part of the page its session. */
export const SessionProvider = Context.Provider;

/** The session, for a component that shows what it holds: it is rendered again whenever that may have changed. */
export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("useSession outside of a SessionProvider");
  const [, again] = useReducer<number, void>((n) => n + 1, 0);
  useLayoutEffect(() => session.watch(() => again()), [session]);
  return session;
}
