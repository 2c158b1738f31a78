import { type Draft, type Message, Parley, ParleyError } from "@parley/client";
import { createContext } from "preact";
import { useContext, useLayoutEffect, useReducer } from "preact/hooks";
import { type Cloud, sign } from "./cloud.ts";
import { type Fields, nickTag, Profiles } from "./profiles.ts";

/** A message on its way, or one that did not get there. */
export interface Pending {
  draft: Draft;
  time: number;
  /** Why it was not sent; absent while it is on its way. */
  error?: string;
}

/** Where paging through a history stands. */
export interface Reach {
  next?: string;
  complete: boolean;
  loading: boolean;
  error?: string;
}

/** The name of this browser's installation for a user. */
function instanceOf(user: string): string {
  const key = `parley.instance.${user}`;
  let instance = localStorage.getItem(key);
  if (!instance) {
    instance = crypto.randomUUID?.() ?? `web-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    localStorage.setItem(key, instance);
  }
  return instance;
}

/** A signed-in user: the client, and what this app adds to it. */
export class Session {
  readonly parley: Parley;
  readonly cloud: Cloud;
  readonly me: string;
  readonly profiles: Profiles;
  /** Another tab of this browser has taken over. */
  elsewhere = false;
  /** The conversations are known: before, an empty list says nothing. */
  synced = false;
  readonly #nicks: Map<string, string>;
  readonly #pending = new Map<string, Pending[]>();
  readonly #reach = new Map<string, Reach>();
  readonly #tabs = new BroadcastChannel("parley.tabs");
  readonly #known = new Set<string>();
  readonly #watchers = new Set<() => void>();

  constructor(cloud: Cloud, user: string, usersig?: string) {
    this.cloud = cloud;
    this.me = user;
    this.#nicks = new Map(cloud.users.map(({ id, nick }) => [id, nick]));
    for (const { id } of cloud.users) this.#known.add(id);
    const { http, websocket, sdkappid, signer } = cloud;
    this.parley = new Parley({
      http,
      websocket,
      sdkappid,
      identifier: user,
      usersig: usersig ?? (() => sign(signer ?? "", user)),
      instance: instanceOf(user),
    });
    this.profiles = new Profiles(
      (users) => this.#readProfiles(users),
      () => this.changed(),
    );
    for (const event of ["message", "read", "conversations", "state"] as const) {
      this.parley.on(event, () => this.changed());
    }
    this.parley.on("synced", () => {
      this.synced = true;
      this.changed();
    });
    // Tabs share the installation, so their connections would replace one another for ever: the newest stays.
    this.#tabs.onmessage = ({ data }) => {
      if (data !== user) return;
      this.elsewhere = true;
      this.parley.disconnect();
      this.changed();
    };
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

  /** Connects, and takes over from other tabs. */
  start(): void {
    this.elsewhere = false;
    this.#tabs.postMessage(this.me);
    this.parley.connect().catch(() => {}); // the state tells
    this.changed();
  }

  end(): void {
    this.#watchers.clear();
    this.#tabs.close();
    this.parley.disconnect();
  }

  name(user: string): string {
    return String(this.profiles.get(user)[nickTag] ?? this.#nicks.get(user) ?? user);
  }

  /** The users that the cloud names, except the signed-in one. */
  get others(): string[] {
    return [...this.#nicks.keys()].filter((id) => id !== this.me);
  }

  /** Makes sure that a user of the local cloud exists: it makes an account when it signs for one. */
  async meet(user: string): Promise<void> {
    const { local, signer } = this.cloud;
    if (!local || !signer || this.#known.has(user) || this.parley.conversation(user)) return;
    await sign(signer, user);
    this.#known.add(user);
  }

  async #readProfiles(users: string[]): Promise<Map<string, Fields>> {
    const { UserProfileItem } = await this.parley.call<ProfileAnswer>("profile.get", {
      To_Account: users,
      TagList: [nickTag, "Tag_Profile_IM_Image", "Tag_Profile_IM_SelfSignature"],
    });
    const found = UserProfileItem.filter((item) => item.ResultCode === 0);
    return new Map(
      found.map((item) => [item.To_Account, Object.fromEntries(item.ProfileItem.map((i) => [i.Tag, i.Value]))]),
    );
  }

  /** Messages to a user that are on their way or failed. */
  pending(peer: string): readonly Pending[] {
    return this.#pending.get(peer) ?? [];
  }

  send(peer: string, text: string): void {
    const pending: Pending = { draft: this.parley.compose(peer, text), time: Date.now() };
    this.#pending.set(peer, [...this.pending(peer), pending]);
    void this.retry(pending);
  }

  /** Sends a message, or sends it again. */
  async retry(pending: Pending): Promise<void> {
    delete pending.error;
    this.changed();
    try {
      await this.meet(pending.draft.To_Account).catch(() => {});
      await this.parley.send(pending.draft);
      this.discard(pending);
    } catch (error) {
      const heard = error instanceof ParleyError && error.status !== 0;
      pending.error = heard ? (error as Error).message : "No answer from the server";
    }
    this.changed();
  }

  discard(pending: Pending): void {
    const peer = pending.draft.To_Account;
    this.#pending.set(
      peer,
      this.pending(peer).filter((other) => other !== pending),
    );
    this.changed();
  }

  reach(peer: string): Reach {
    let reach = this.#reach.get(peer);
    if (!reach) {
      reach = { complete: false, loading: false };
      this.#reach.set(peer, reach);
    }
    return reach;
  }

  /** Reads the newest page of a history, then the next older one with each call. */
  async older(peer: string): Promise<void> {
    const reach = this.reach(peer);
    if (reach.loading || reach.complete) return;
    reach.loading = true;
    delete reach.error;
    this.changed();
    try {
      const unread = this.parley.conversation(peer)?.Unread ?? 0;
      const page = await this.parley.history(peer, {
        limit: Math.min(100, Math.max(30, unread + 10)),
        ...(reach.next ? { to: reach.next } : {}),
      });
      reach.complete = page.Complete || !page.Next;
      if (page.Next) reach.next = page.Next;
    } catch (error) {
      reach.error = error instanceof Error ? error.message : String(error);
    }
    reach.loading = false;
    this.changed();
  }

  /** Tells that everything up to an ordinal is read. */
  read(peer: string, ordinal: number): void {
    const row = this.parley.conversation(peer);
    if (!row || ordinal <= Math.max(row.ReadOrdinal, this.#reading.get(peer) ?? 0)) return;
    this.#reading.set(peer, ordinal);
    this.parley.read(peer, ordinal).catch(() => this.#reading.delete(peer)); // the next change tries again
  }
  readonly #reading = new Map<string, number>();

  /** Whether the other user has read a message of mine. */
  seen(peer: string, m: Message): boolean {
    return (m.Ordinal ?? 0) > 0 && (this.parley.conversation(peer)?.PeerReadOrdinal ?? 0) >= (m.Ordinal ?? 0);
  }
}

interface ProfileAnswer {
  UserProfileItem: {
    To_Account: string;
    ResultCode: number;
    ProfileItem: { Tag: string; Value: string | number }[];
  }[];
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
