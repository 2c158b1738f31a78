import { Book } from "./book.ts";
import { Calls } from "./calls.ts";
import { CatchUp } from "./catchup.ts";
import { ServerClock } from "./clock.ts";
import { Composer } from "./composer.ts";
import { Emitter } from "./emitter.ts";
import { Era } from "./era.ts";
import { ParleyError } from "./errors.ts";
import { firstOnline } from "./firstonline.ts";
import { Front } from "./front.ts";
import { Host } from "./host.ts";
import { Inbox } from "./inbox.ts";
import { Keeper } from "./keeper.ts";
import type { Socket, SocketClass } from "./line.ts";
import { Link } from "./link.ts";
import { Mender } from "./mender.ts";
import { address, check, type ParleyOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { watchPage } from "./page.ts";
import { People } from "./people.ts";
import { Reader } from "./reader.ts";
import { Removed } from "./removed.ts";
import { byConversation } from "./search.ts";
import { Signature } from "./signature.ts";
import type { Change } from "./store.ts";
import { Subjects } from "./subjects.ts";
import { Tabs } from "./tabs.ts";
import { defaultTiming, type Timing } from "./timing.ts";
import type {
  Conversation,
  Draft,
  Element,
  Events,
  Found,
  FriendRow,
  HistoryPage,
  HistoryRange,
  Message,
  MessageReadAnswer,
  MsgKey,
  Pending,
  ProfileGetAnswer,
  SendOptions,
  State,
  UserCard,
} from "./types.ts";

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
 * Every operation of the server is a method of its subject: `parley.friend.add(...)`.
 * What it changes in a conversation is applied when it is answered.
 */
export class Parley extends Subjects {
  /** The signed-in user. */
  readonly identifier: string;
  /** The name of this installation. */
  readonly instance: string;
  readonly #options: ParleyOptions;
  readonly #timing: Timing;
  readonly #events = new Emitter<Events>();
  readonly #clock = new ServerClock();
  readonly #host = new Host((limit) => this.#events.emit("limited", limit));
  readonly #composer: Composer;
  readonly #calls: Calls;
  readonly #removed: Removed;
  readonly #people: People;
  readonly #reader: Reader;
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
  readonly #era = new Era();
  #unwatch: (() => void) | undefined;

  constructor(options: ParleyOptions) {
    super((action, body) => this.call(action, body));
    const Socket = options.WebSocket ?? (globalThis.WebSocket as unknown as SocketClass | undefined);
    if (!Socket) throw new TypeError("there is no global WebSocket here: give one as the option WebSocket");
    check(options);
    this.#options = options;
    this.identifier = options.identifier;
    this.instance = options.instance ?? this.#host.install();
    this.#timing = { ...defaultTiming, ...options.timing };
    const name = `parley.${options.sdkappid}.${options.identifier}`;
    this.#keeper = new Keeper(options.store ?? this.#host.storage(name), this.#timing.storeTimeout, (error) => {
      this.#events.emit("unkept", error);
      this.#host.lacks({ what: "storage", error });
    });
    this.#book = new Book({
      me: this.identifier,
      keep: (change) => this.#keep(change),
      changed: (peer) => this.#inbox.touch(peer),
      unsure: (peer) => this.#inbox.ask(peer),
    });
    this.#removed = new Removed(this.#book, (change) => this.#keeper.keep(change));
    this.#mender = new Mender({
      book: this.#book,
      timing: this.#timing,
      pull: (peer, range) => this.#pull(peer, range),
      found: (m) => this.#inbox.announce(m),
    });
    const keep = (change: Change) => this.#keeper.keep(change);
    const { friend } = this;
    this.#people = new People({ events: this.#events, friend, keep, gap: this.#timing.gap });
    this.#outbox = new Outbox({
      timing: this.#timing,
      clock: this.#clock,
      post: (draft) => this.#post(draft),
      held: (draft) => this.#book.find(draft.To_Account)?.timeline.sent(draft.MsgSeq, draft.MsgRandom),
      me: this.identifier,
      pull: (to, range) => this.#pull(to, range),
      found: (m) => this.#inbox.arrived(m),
      keep: (change) => this.#keeper.keep(change),
      kept: () => this.#keeper.flush(),
      changed: (To_Account) => this.#events.emit("pending", { To_Account }),
      failed: () => this.#link.probe(),
    });
    const [clock, pending] = [this.#clock, (to: string) => this.pending(to)];
    this.#composer = new Composer({ clock, timeline: (to) => this.timeline(to), pending });
    this.#reader = new Reader({
      book: this.#book,
      keeper: this.#keeper,
      people: this.#people,
      pull: (to, range) => this.#pull(to, range),
      changed: () => this.#inbox.changed(),
      still: () => this.#era.still(),
    });
    this.#signature = new Signature(options.usersig, this.#clock, this.#timing.callTimeout);
    this.#calls = new Calls({
      options,
      instance: this.instance,
      timeout: this.#timing.callTimeout,
      clock: this.#clock,
      signature: this.#signature,
      still: () => this.#era.still(),
      answered: (action, answer) => {
        if (action === "profile.get") this.#people.read(answer as ProfileGetAnswer);
      },
      echo: (event) => {
        this.#tabs?.echo(event);
        this.#inbox.heard(event);
      },
      unsure: () => this.#catchUp.soon(),
    });
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
          alone: (error) => this.#host.lacks({ what: "tabs", error }),
        })
      : undefined;
    this.#link = new Link({
      timing: this.#timing,
      open: (renewal) => this.#open(this.#tabs ? this.#tabs.open.bind(this.#tabs) : open, renewal),
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
      clock: this.#clock,
      friends: (version) => this.#people.follow(version),
    });
    this.#inbox = new Inbox({
      book: this.#book,
      mender: this.#mender,
      events: this.#events,
      conversation: this.conversation,
      gap: this.#timing.gap,
      seen: (m) => {
        this.#composer.seen(m.MsgSeq);
        this.#people.met(m);
      },
      friends: (version) => this.#people.follow(version),
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
   * The conversations as far as this client knows them: the pinned ones, the latest pin first, then the newest first.
   * A new array after each change.
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
   * Shows what is kept on this device, connects, and stays connected until `close`, `logout`, a kick or a refusal.
   * Resolves when the client is online for the first time; rejects when it cannot be: when the user is refused, kicked
   * or signed out, or the client is closed. Without a network it waits. After a kick it asks for a new signature.
   */
  login(): Promise<void> {
    if (this.state === "online") return Promise.resolve();
    if (this.state === "kicked" || this.state === "refused") this.#signature.forget(); // it may be void
    const online = firstOnline(this.#events);
    this.#host.listen();
    this.#loaded ??= this.#load();
    this.#link.start();
    this.#tabs?.join();
    this.#unwatch ??= watchPage({ wake: () => this.#wake(), seen: (seen) => this.#look(seen) });
    void this.#loaded.then(() => this.#unwatch && this.#outbox.start()); // what was kept goes first
    return online;
  }

  /** Ends the connection. What is held stays readable, and `login` may be called again. */
  close(): void {
    this.#link.stop("offline");
  }

  /**
   * Signs this installation out, in every tab: it is offline at once, no push reaches it, and everything kept on this
   * device is forgotten, what was not sent, too. Rejects where the server did not hear of it; the rest is done all the same.
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
    return this.#composer.compose(to, body, options);
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
   * timeline before the server answers, is the page where it does not answer, and
   * follows where it has no more. Not `Complete`: call again with `to` set to the
   * page's `Next`.
   */
  history(to: string, range: HistoryRange = {}): Promise<HistoryPage> {
    return this.#reader.read(to, range);
  }

  /** Tells the server that the user's messages up to an ordinal, or all of them, are read. */
  read(to: string, ordinal?: number): Promise<MessageReadAnswer> {
    return this.message.read({ To_Account: to, ...(ordinal === undefined ? {} : { Ordinal: ordinal }) });
  }

  /** The newest messages kept on this device whose words contain a text, as people read them; newest first, 50 unless told. */
  search(text: string, { to, limit = 50 }: { to?: string; limit?: number } = {}): Promise<readonly Message[]> {
    return this.#keeper.search(text, limit, to);
  }

  /** What `search` finds, by conversation: the one with the newest message first, each with its newest ones, 3 unless told. */
  async searchConversations(text: string, { limit = 3 }: { limit?: number } = {}): Promise<readonly Found[]> {
    return byConversation(await this.#keeper.search(text, Number.MAX_SAFE_INTEGER), limit, (m) => this.#book.peer(m));
  }

  /** The friend table as this device keeps it, ordered by user ID. A new array after each change. */
  get friends(): readonly FriendRow[] {
    return this.#people.friends;
  }

  /** Friends whose ID, name or remark contains a text, as people read them: as far as this device knows. */
  searchFriends(text: string): readonly FriendRow[] {
    return this.#people.search(text);
  }

  /** How a user is shown: as messages, histories and profiles told last, also without a network. */
  user(user: string): UserCard | undefined {
    return this.#people.card(user);
  }

  /**
   * Takes messages off this device alone: the server, the user's other devices and the other user keep them. They do not
   * come back with the history; 1,000 of a conversation are remembered. `message.delete` deletes on all devices.
   */
  remove(to: string, keys: readonly MsgKey[]): void {
    this.#removed.add(to, keys);
    this.#inbox.changed();
  }

  /**
   * Calls an operation by its name on the wire, such as `profile.get`. The methods of the subjects do so with types.
   */
  call<Out>(action: string, body: object): Promise<Out> {
    return this.#calls.call<Out>(action, body);
  }

  async #load(): Promise<void> {
    const kept = await this.#keeper.load();
    this.#catchUp.since = kept.since;
    this.#clock.atLeast(kept.since);
    this.#people.restore(kept.notes);
    this.#removed.restore(kept.notes);
    for (const conversation of kept.conversations) this.#book.restore(conversation);
    this.#inbox.changed();
    this.#outbox.restore(kept.pending);
  }

  /** Of several tabs the first keeps rows and the time of its sync, so that they belong together. */
  #keep(change: Change): void {
    const ofFirst = change.kind === "conversation" || change.kind === "since";
    if (!ofFirst || !this.#tabs || this.#tabs.first) this.#keeper.keep(change);
  }

  async #open(open: (url: string, protocols: string[]) => Socket, renewal: boolean): Promise<Socket> {
    await this.#loaded;
    const usersig = await this.#signature.get();
    if (!this.#unwatch) throw new Error("closed meanwhile");
    return open(address(this.#options, this.instance, renewal), ["im.v1", usersig]);
  }

  #refusal(): Promise<ParleyError | undefined> {
    const Since = this.#clock.now() ?? this.#catchUp.since; // what changed is not of interest
    return this.#signature.refusal(() => this.session.sync(Since > 0 ? { Since } : {}));
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
  #expired(): void {
    const shown = [...this.#book.entries].filter(({ timeline }) => timeline.shown).map(({ peer }) => peer);
    this.#book.renewAll();
    for (const peer of shown) this.history(peer).catch(() => this.#catchUp.soon());
  }

  async #forget(): Promise<void> {
    this.#era.end();
    this.#outbox.clear();
    this.#book.clear();
    this.#people.clear();
    this.#removed.clear();
    this.#catchUp.reset();
    this.#loaded = undefined;
    this.#inbox.changed();
    await this.#keeper.clear();
  }
}
