import { Book } from "./book.ts";
import { CatchUp } from "./catchup.ts";
import { call } from "./door.ts";
import { echo, echoed } from "./echo.ts";
import { Emitter } from "./emitter.ts";
import { ParleyError } from "./errors.ts";
import { firstOnline } from "./firstonline.ts";
import { Front } from "./front.ts";
import { Inbox } from "./inbox.ts";
import { indexedStore } from "./indexed.ts";
import { installation } from "./installation.ts";
import { Keeper } from "./keeper.ts";
import type { Socket, SocketClass } from "./line.ts";
import { Link } from "./link.ts";
import { Mender } from "./mender.ts";
import { subject } from "./operations.ts";
import type { ParleyOptions } from "./options.ts";
import { compare, parseKey } from "./order.ts";
import { Outbox } from "./outbox.ts";
import { watchPage } from "./page.ts";
import { random, Sequence } from "./sequence.ts";
import { Signature } from "./signature.ts";
import { type Change, memoryStore } from "./store.ts";
import { Tabs } from "./tabs.ts";
import { defaultTiming, type Timing } from "./timing.ts";
import type {
  BlockOperations,
  Conversation,
  ConversationOperations,
  Draft,
  Element,
  Events,
  FriendOperations,
  HistoryPage,
  HistoryRange,
  Message,
  MessageOperations,
  MessageReadAnswer,
  Operations,
  Pending,
  PresenceOperations,
  ProfileOperations,
  SendOptions,
  SessionOperations,
  State,
} from "./types.ts";

/** How many kept messages of a conversation are shown before the server is asked. */
const shownAtOnce = 50;

/**
 * A signed-in user's client.
 *
 * It keeps a connection, and holds the list of conversations and the messages
 * that were read or have arrived: each once, in order and without holes. What it
 * holds and what waits to be sent is kept on the device and is there again after
 * a restart.
 *
 * ```ts
 * const parley = new Parley({ http, websocket, sdkappid, identifier, usersig });
 * parley.on("message", (m) => console.log(m.From_Account, m.MsgBody));
 * await parley.login();
 * await parley.send("bob", "hi");
 * ```
 *
 * Every operation of the server is a method of its subject, such as
 * `parley.friend.add(...)`. What an operation changes in a conversation is
 * applied when it is answered.
 */
export class Parley implements Operations {
  /** The signed-in user. */
  readonly identifier: string;
  /** The name of this installation. */
  readonly instance: string;

  readonly session: SessionOperations;
  readonly profile: ProfileOperations;
  readonly presence: PresenceOperations;
  readonly friend: FriendOperations;
  readonly block: BlockOperations;
  readonly message: MessageOperations;
  readonly conversation: ConversationOperations;

  readonly #options: ParleyOptions;
  readonly #timing: Timing;
  readonly #events = new Emitter<Events>();
  readonly #sequence = new Sequence();
  readonly #keeper: Keeper;
  readonly #book: Book;
  readonly #link: Link;
  readonly #mender: Mender;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #catchUp: CatchUp;
  readonly #front: Front;
  readonly #signature: Signature;
  readonly #tabs: Tabs | undefined;
  #loaded: Promise<void> | undefined;
  /** Changes with every sign-out: an answer to a call made before it is not taken in. */
  #era = 0;
  #unwatch: (() => void) | undefined;

  constructor(options: ParleyOptions) {
    const Socket = options.WebSocket ?? (globalThis.WebSocket as unknown as SocketClass | undefined);
    if (!Socket) throw new TypeError("there is no global WebSocket here: give one as the option WebSocket");
    const { sdkappid, identifier } = options;
    this.#options = options;
    this.identifier = identifier;
    this.instance = options.instance ?? installation();
    this.#timing = { ...defaultTiming, ...options.timing };
    const perform = (action: string, body: object) => this.call<unknown>(action, body);
    this.session = subject("session", perform);
    this.profile = subject("profile", perform);
    this.presence = subject("presence", perform);
    this.friend = subject("friend", perform);
    this.block = subject("block", perform);
    this.message = subject("message", perform);
    this.conversation = subject("conversation", perform);
    const name = `parley.${sdkappid}.${identifier}`;
    const persistent = typeof indexedDB !== "undefined";
    this.#keeper = new Keeper(options.store ?? (persistent ? indexedStore(name) : memoryStore()), (error) =>
      this.#events.emit("unkept", error),
    );
    this.#book = new Book({
      me: identifier,
      keep: (change) => this.#keep(change),
      changed: (peer) => this.#inbox.touch(peer),
      unsure: (peer) => this.#inbox.ask(peer),
    });
    this.#mender = new Mender({
      book: this.#book,
      timing: this.#timing,
      pull: (peer, range) => this.#pull(peer, range),
      found: (m) => this.#inbox.announce(m),
    });
    this.#outbox = new Outbox({
      timing: this.#timing,
      post: (draft) => this.#post(draft),
      held: (draft) => this.#book.find(draft.To_Account)?.timeline.sent(draft.MsgSeq, draft.MsgRandom),
      me: identifier,
      pull: (to, range) => this.#pull(to, range),
      found: (m) => this.#inbox.arrived(m),
      keep: (change) => this.#keeper.keep(change),
      kept: () => this.#keeper.flush(),
      changed: (To_Account) => this.#events.emit("pending", { To_Account }),
      failed: () => this.#link.probe(),
    });
    this.#signature = new Signature(options.usersig);
    this.#front = new Front({
      delay: this.#timing.hidden,
      elsewhere: () => this.#tabs?.seen ?? false,
      speaks: () => this.state === "online" && (this.#tabs?.first ?? true),
      say: (front) => (front ? this.session.foreground() : this.session.background()),
    });
    const open = (url: string, protocols: string[]) => new Socket(url, protocols);
    this.#tabs = Tabs.possible
      ? new Tabs(`${name}.${this.instance}`, {
          open,
          echo: (event) => this.#inbox.heard(event),
          seen: () => this.#front.review(),
          wake: () => this.#link.wake(),
        })
      : undefined;
    this.#link = new Link({
      timing: this.#timing,
      open: () => this.#open(this.#tabs ? this.#tabs.open.bind(this.#tabs) : open),
      state: (state) => this.#stateChanged(state),
      event: (event) => {
        if (event.event === "session.kick") this.#tabs?.echo(event);
        this.#inbox.heard(event);
      },
      opened: (renewal) => {
        this.#front.opened();
        return this.#catchUp.run(renewal ? this.#timing.gap : 0); // what a renewal's sync tells may be on its way as a frame
      },
      refusal: () => this.#refusal(),
      refused: (error) => this.#events.emit("refused", error),
    });
    this.#catchUp = new CatchUp({
      book: this.#book,
      keep: (change) => this.#keep(change),
      mender: this.#mender,
      events: this.#events,
      timing: this.#timing,
      session: this.session,
      message: this.message,
      online: () => this.state === "online",
      spread: (seconds) => this.#link.spread(seconds),
      changed: () => this.#inbox.changed(),
      refused: () => this.#refused(),
      expired: () => this.#expired(),
    });
    this.#inbox = new Inbox({
      book: this.#book,
      mender: this.#mender,
      events: this.#events,
      conversation: this.conversation,
      gap: this.#timing.gap,
      seen: (m) => this.#sequence.seen(m.MsgSeq),
      syncSoon: () => this.#catchUp.soon(),
      spread: (seconds) => this.#link.spread(seconds),
      kicked: (kick) => {
        if (this.state === "kicked") return;
        this.#link.stop("kicked");
        this.#events.emit("kicked", kick);
      },
      loggedOut: () => {
        this.#link.stop("offline");
        void this.#forget();
      },
    });
  }

  /** What the client is doing about its connection. */
  get state(): State {
    return this.#link.state;
  }

  /**
   * The conversations as far as this client knows them: the pinned ones, the latest
   * pin first, then the newest first. A new array after each change.
   */
  get conversations(): readonly Conversation[] {
    return this.#book.rows;
  }

  /** How many messages are unread, in all conversations that are not silent. */
  get unread(): number {
    return this.#book.rows.reduce((sum, row) => sum + (row.ReceiveOption ? 0 : row.Unread), 0);
  }

  /** The conversation with a user as far as this client knows it. */
  find(to: string): Conversation | undefined {
    return this.#book.find(to)?.row;
  }

  /**
   * The messages with a user that this client holds, ascending. After `history(to)`
   * this is the newest part of the conversation without a break, and it stays so.
   */
  timeline(to: string): readonly Message[] {
    return this.#book.find(to)?.timeline.messages ?? [];
  }

  /** What was written to a user and is not known to be stored, in the order in which it was written. */
  pending(to: string): readonly Pending[] {
    return this.#outbox.pending(to);
  }

  /** Calls `listener` for each such event. Returns the function that ends it. */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Shows what is kept on this device, connects, and stays connected: a connection
   * that is lost is opened again until `close`, `logout`, a kick or a refusal.
   * Resolves when the client is online for the first time; rejects when it cannot be.
   */
  login(): Promise<void> {
    if (this.state === "online") return Promise.resolve();
    const online = firstOnline(this.#events);
    this.#loaded ??= this.#load();
    this.#tabs?.join();
    this.#unwatch ??= watchPage({ wake: () => this.#wake(), seen: (seen) => this.#look(seen) });
    this.#outbox.start();
    this.#link.start();
    return online;
  }

  /** Ends the connection. What is held stays readable, and `login` may be called again. */
  close(): void {
    this.#link.stop("offline");
  }

  /**
   * Signs this installation out, in every tab: it is offline at once, no push
   * reaches it, and everything kept on this device is forgotten, what was not sent,
   * too. Rejects where the server did not hear of it; the rest is done all the same.
   */
  async logout(): Promise<void> {
    const told = this.session.logout();
    told.catch(() => {}); // it is returned below
    this.#tabs?.echo({ event: "session.logout" });
    this.#link.stop("offline");
    await this.#forget();
    await told;
  }

  /** The app is not in front: messages to the user are pushed as well. A browser's page sees to it itself. */
  background(): void {
    this.#look(false);
  }

  /** The app is in front again. */
  foreground(): void {
    this.#look(true);
    this.#wake();
  }

  /** Makes a draft with an identity of its own; `send(draft)` may then be called until it succeeds. */
  compose(to: string, body: string | Element[], options: SendOptions = {}): Draft {
    const MsgBody = typeof body === "string" ? [{ MsgType: "TIMTextElem", MsgContent: { Text: body } }] : body;
    return { To_Account: to, MsgSeq: this.#sequence.next(), MsgRandom: random(), MsgBody, ...options };
  }

  /**
   * Sends a message and resolves, once it is durable, with its stored form. Until
   * the server answers, the same message is sent again and again, after a restart,
   * too, and is stored once; messages to one user go one after the other. Rejects
   * with a {@link ParleyError} when the server refuses it: it stays in `pending`
   * as failed, and `send(draft)` tries again. Before `login` and after `close` it waits. What is for who is online only
   * (`OnlineOnlyFlag`) is tried once and not kept.
   */
  send(to: string, body: string | Element[], options?: SendOptions): Promise<Message>;
  send(draft: Draft): Promise<Message>;
  send(to: string | Draft, body: string | Element[] = [], options?: SendOptions): Promise<Message> {
    const draft = typeof to === "string" ? this.compose(to, body, options) : to;
    return draft.OnlineOnlyFlag ? this.#post(draft) : this.#outbox.send(draft);
  }

  /** Takes back what is pending. One that is on its way may have been stored nevertheless. */
  discard(draft: Draft): void {
    this.#outbox.discard(draft);
  }

  /**
   * Reads a page of the history with a user, the newest unless told, and holds it in
   * the timeline if it joins what is there. What is kept on this device is in the
   * timeline before the server answers. Not `Complete`: call again with `to` set to
   * the page's `Next`.
   */
  async history(to: string, range: HistoryRange = {}): Promise<HistoryPage> {
    const era = this.#era;
    const newest = !range.from && !range.to;
    const { timeline } = this.#book.entry(to);
    if (newest && timeline.messages.length === 0) {
      this.#book.show(to, await this.#keeper.messages(to, shownAtOnce));
      this.#inbox.changed();
    }
    const [end, oldest] = [range.to && parseKey(range.to), timeline.messages[0]];
    const joins = !end || (oldest !== undefined && compare(end, oldest) >= 0);
    const asked = Date.now();
    const page = await this.#pull(to, range);
    this.#still(era);
    if (!joins) return page;
    for (const m of page.MsgList) this.#book.learn(m, asked);
    if (newest && !timeline.shown) timeline.keepUnbroken(page.MsgList[0]);
    if (newest) timeline.shown = true;
    if (!range.from && page.Complete) timeline.whole();
    this.#inbox.changed();
    return page;
  }

  /** Tells the server that the user's messages up to an ordinal, or all of them, are read. */
  read(to: string, ordinal?: number): Promise<MessageReadAnswer> {
    return this.message.read({ To_Account: to, ...(ordinal === undefined ? {} : { Ordinal: ordinal }) });
  }

  /** The newest messages kept on this device whose words contain a text, whatever the case; newest first, 50 unless told. */
  search(text: string, { to, limit = 50 }: { to?: string; limit?: number } = {}): Promise<readonly Message[]> {
    return this.#keeper.search(text, limit, to);
  }

  /**
   * Calls an operation by its name on the wire, such as `profile.get`, and returns
   * the body of its answer. The methods of the subjects do the same, with types.
   */
  async call<Out>(action: string, body: object): Promise<Out> {
    const { http, sdkappid, fetch } = this.#options;
    const era = this.#era;
    const named = echoed(action) || action.startsWith("session.");
    const answer = await call<Out>(
      {
        http,
        sdkappid,
        identifier: this.identifier,
        ...(named ? { instance: this.instance } : {}),
        usersig: () => this.#signature.get(),
        fetch: fetch ?? globalThis.fetch.bind(globalThis),
        timeout: this.#timing.callTimeout,
      },
      action,
      body,
    );
    if (action !== "session.logout") this.#still(era);
    const event = echo(action, this.identifier, body, answer);
    if (event) {
      this.#tabs?.echo(event);
      this.#inbox.heard(event);
    }
    return answer;
  }

  /** Throws where the user signed out meanwhile. */
  #still(era: number): void {
    if (era !== this.#era) throw new ParleyError("signed out meanwhile", 0, 0);
  }

  async #load(): Promise<void> {
    const kept = await this.#keeper.load();
    this.#catchUp.since = kept.since;
    for (const conversation of kept.conversations) this.#book.restore(conversation);
    this.#inbox.changed();
    this.#outbox.restore(kept.pending);
  }

  /** Of several tabs the first keeps rows and the time of its sync, so that they belong together. */
  #keep(change: Change): void {
    const ofFirst = change.kind === "conversation" || change.kind === "since";
    if (!ofFirst || !this.#tabs || this.#tabs.first) this.#keeper.keep(change);
  }

  async #open(open: (url: string, protocols: string[]) => Socket): Promise<Socket> {
    await this.#loaded;
    const url = new URL(this.#options.websocket);
    url.searchParams.set("sdkappid", String(this.#options.sdkappid));
    url.searchParams.set("identifier", this.identifier);
    url.searchParams.set("platform", this.#options.platform ?? "Web");
    url.searchParams.set("instance", this.instance);
    return open(url.href, ["im.v1", await this.#signature.get()]);
  }

  #refusal(): Promise<ParleyError | undefined> {
    return this.#signature.refusal(() => this.session.sync({ Since: Date.now() }));
  }

  /** Sees whether a refused call means the end. Returns whether there is a point in going on. */
  async #refused(): Promise<boolean> {
    const refusal = await this.#refusal();
    if (!refusal) return true;
    this.#link.stop("refused");
    this.#events.emit("refused", refusal);
    return false;
  }

  #pull(To_Account: string, { from: From, to: To, limit: Limit }: HistoryRange): Promise<HistoryPage> {
    return this.message.history({ To_Account, ...(From && { From }), ...(To && { To }), ...(Limit && { Limit }) });
  }

  async #post(draft: Draft): Promise<Message> {
    const { MsgKey } = await this.message.send(draft);
    const stored = this.#book.entry(draft.To_Account).timeline.get(MsgKey);
    if (!stored) throw new ParleyError("the message was deleted", 0, 200);
    return stored;
  }

  #stateChanged(state: State): void {
    if (state === "online") this.#outbox.wake();
    if (state === "offline" || state === "kicked" || state === "refused") {
      this.#unwatch?.();
      this.#unwatch = undefined;
      this.#front.stop();
      this.#outbox.stop();
      this.#mender.stop();
      this.#tabs?.leave();
      this.#catchUp.stop();
    }
    this.#events.emit("state", state);
  }

  #wake(): void {
    this.#link.wake();
    this.#outbox.wake();
  }

  #look(seen: boolean | undefined): void {
    this.#tabs?.see(seen);
    if (seen === undefined) void this.#keeper.flush();
    else this.#front.look(seen);
    if (seen && this.state === "online") this.#catchUp.refresh();
  }

  /** What became of the messages held is not known any more: begins anew with those that are shown. */
  async #expired(): Promise<void> {
    const shown = [...this.#book.entries].filter(({ timeline }) => timeline.shown).map(({ peer }) => peer);
    await this.#keeper.clear();
    this.#outbox.keepAll();
    this.#book.clear();
    for (const peer of shown) this.history(peer).catch(() => this.#catchUp.soon());
  }

  async #forget(): Promise<void> {
    this.#era++;
    this.#outbox.clear();
    this.#book.clear();
    this.#catchUp.reset();
    this.#loaded = undefined;
    this.#inbox.changed();
    await this.#keeper.clear();
  }
}
