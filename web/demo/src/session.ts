import { type Draft, type Message, Parley, ParleyError } from "@parley/client";

/** What the local cloud tells of the demo app. */
export interface Demo {
  http: string;
  websocket: string;
  sdkappid: number;
  users: { id: string; nick: string }[];
}

/** A message on its way, or one that did not get there. */
export interface Pending {
  draft: Draft;
  text: string;
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

/** Fetches JSON from the local cloud. */
export async function local<Out>(path: string): Promise<Out> {
  const response = await fetch(path, { cache: "no-store" });
  if (!response.ok) throw new Error((await response.text()).trim() || `status ${response.status}`);
  return (await response.json()) as Out;
}

const signature = (user: string) =>
  local<{ usersig: string }>(`/_local/usersig?user=${encodeURIComponent(user)}`).then((answer) => answer.usersig);

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

/** A signed-in user: the client, and what the page adds to it. */
export class Session {
  readonly client: Parley;
  readonly me: string;
  /** Another tab of this browser has taken over. */
  elsewhere = false;
  /** The conversations are known: before, an empty list says nothing. */
  synced = false;
  readonly #names: Map<string, string>;
  readonly #pending = new Map<string, Pending[]>();
  readonly #reach = new Map<string, Reach>();
  readonly #tabs = new BroadcastChannel("parley.tabs");
  readonly #known = new Set<string>();
  #listener = () => {};
  #queued = false;

  constructor(demo: Demo, user: string) {
    this.me = user;
    this.#names = new Map(demo.users.map(({ id, nick }) => [id, nick]));
    for (const { id } of demo.users) this.#known.add(id);
    this.client = new Parley({
      http: demo.http,
      websocket: demo.websocket,
      sdkappid: demo.sdkappid,
      identifier: user,
      usersig: () => signature(user),
      instance: instanceOf(user),
    });
    for (const event of ["messages", "message.read", "conversations", "state"] as const) {
      this.client.on(event, () => this.changed());
    }
    this.client.on("synced", () => {
      this.synced = true;
      this.changed();
    });
    // Tabs share the installation, so their connections would replace one another for ever: the newest stays.
    this.#tabs.onmessage = ({ data }) => {
      if (data !== user) return;
      this.elsewhere = true;
      this.client.close();
      this.changed();
    };
  }

  /** Calls back, once for many changes, when there is something new to show. */
  onchange(listener: () => void): void {
    this.#listener = listener;
  }

  changed(): void {
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      this.#listener();
    });
  }

  /** Connects, and takes over from other tabs. */
  start(): void {
    this.elsewhere = false;
    this.#tabs.postMessage(this.me);
    this.client.login().catch(() => {}); // the state tells
    this.changed();
  }

  end(): void {
    this.#listener = () => {};
    this.#tabs.close();
    this.client.close();
  }

  name(user: string): string {
    return this.#names.get(user) ?? user;
  }

  /** Everybody who was seeded, except the user. */
  get others(): string[] {
    return [...this.#names.keys()].filter((id) => id !== this.me);
  }

  /** Makes sure that a user exists; the local cloud does so when it signs for one. */
  async meet(user: string): Promise<void> {
    if (this.#known.has(user) || this.client.find(user)) return;
    await signature(user);
    this.#known.add(user);
  }

  /** Messages to a user that are on their way or failed, without those that are stored. */
  pending(peer: string): readonly Pending[] {
    return this.#pending.get(peer) ?? [];
  }

  send(peer: string, text: string): void {
    const pending: Pending = { draft: this.client.compose(peer, text), text, time: Date.now() };
    this.#pending.set(peer, [...this.pending(peer), pending]);
    void this.retry(pending);
  }

  /** Sends a message, or sends it again. */
  async retry(pending: Pending): Promise<void> {
    delete pending.error;
    this.changed();
    try {
      await this.meet(pending.draft.To_Account).catch(() => {});
      await this.client.send(pending.draft);
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
      const unread = this.client.find(peer)?.Unread ?? 0;
      const page = await this.client.history(peer, {
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
    const row = this.client.find(peer);
    if (!row || ordinal <= Math.max(row.ReadOrdinal, this.#reading.get(peer) ?? 0)) return;
    this.#reading.set(peer, ordinal);
    this.client.read(peer, ordinal).catch(() => this.#reading.delete(peer)); // the next change tries again
  }
  readonly #reading = new Map<string, number>();

  /** Whether the other user has read a message of mine. */
  seen(peer: string, m: Message): boolean {
    return (m.Ordinal ?? 0) > 0 && (this.client.find(peer)?.PeerReadOrdinal ?? 0) >= (m.Ordinal ?? 0);
  }
}
