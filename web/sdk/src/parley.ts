import type { Socket, SocketClass } from "./connection/connection.ts";
import { ConnectionManager } from "./connection/connectionManager.ts";
import { conversationId, idOf, nameOf } from "./conversations/conversationId.ts";
import { ConversationStore } from "./conversations/conversationStore.ts";
import { EventHandler } from "./conversations/eventHandler.ts";
import { Synchronizer } from "./conversations/synchronizer.ts";
import { Emitter } from "./emitter.ts";
import type { ParleyError } from "./errors.ts";
import { GroupDirectory } from "./groups/groupDirectory.ts";
import { ForegroundReporter } from "./host/foregroundReporter.ts";
import { Host } from "./host/host.ts";
import { watchPageEvents } from "./host/pageEvents.ts";
import { LocalData, type LocalParts } from "./localData.ts";
import { GapFiller } from "./messages/gapFiller.ts";
import { HistoryReader } from "./messages/historyReader.ts";
import { MessageCalls } from "./messages/messageCalls.ts";
import { MessageComposer } from "./messages/messageComposer.ts";
import { Outbox } from "./messages/outbox.ts";
import { RemovedMessages } from "./messages/removedMessages.ts";
import { OperationCaller } from "./operations/operationCaller.ts";
import { checkOptions, type ParleyOptions, websocketAddress } from "./options.ts";
import { SignOutGuard } from "./session/signOutGuard.ts";
import { UserSig } from "./session/userSig.ts";
import { waitForOnline } from "./session/waitForOnline.ts";
import { Persistence } from "./storage/persistence.ts";
import type { Change } from "./storage/store.ts";
import { TabGroup } from "./tabs/tabGroup.ts";
import { ServerClock } from "./time/serverClock.ts";
import { defaultTiming, type Timing } from "./time/timing.ts";
import type {
  AnyMessage,
  Draft,
  Element,
  Events,
  HistoryPage,
  HistoryRange,
  MessageOf,
  MessageReadAnswer,
  MsgKey,
  ProfileGetAnswer,
  SendOptions,
  State,
  To,
} from "./types.ts";
import { UserDirectory } from "./users/userDirectory.ts";

/**
 * The client of a signed-in user.
 *
 * It stays connected, and has the list of conversations and their messages: those that
 * were read from the history or have arrived, each once, in order and without gaps. These,
 * and the messages that wait to be sent, are stored on the device, so that they are there
 * after a restart.
 *
 * ```ts
 * const parley = new Parley({ http, websocket, sdkappid, identifier, usersig });
 * parley.on("message", (m) => console.log(m.From_Account, m.MsgBody));
 * await parley.login();
 * await parley.send("bob", "hi");
 * ```
 *
 * Every operation of the server is a method of its group: `parley.friend.add(...)`. What
 * an operation changes in a conversation is applied when the operation is answered.
 */
export class Parley extends LocalData {
  /** The ID of the signed-in user. */
  readonly identifier: string;
  /** The instance: the name of this installation. */
  readonly instance: string;
  protected readonly local: LocalParts;
  readonly #options: ParleyOptions;
  readonly #timing: Timing;
  readonly #events = new Emitter<Events>();
  readonly #clock = new ServerClock();
  readonly #host = new Host((limit) => this.#events.emit("limited", limit));
  readonly #composer: MessageComposer;
  readonly #operations: OperationCaller;
  readonly #removedMessages: RemovedMessages;
  readonly #users: UserDirectory;
  readonly #groups: GroupDirectory;
  readonly #calls: MessageCalls;
  readonly #historyReader: HistoryReader;
  readonly #persistence: Persistence;
  readonly #conversations: ConversationStore;
  readonly #connection: ConnectionManager;
  readonly #gapFiller: GapFiller;
  readonly #outbox: Outbox;
  readonly #eventHandler: EventHandler;
  readonly #synchronizer: Synchronizer;
  readonly #foreground: ForegroundReporter;
  readonly #userSig: UserSig;
  readonly #tabs: TabGroup | undefined;
  #loaded: Promise<void> | undefined;
  readonly #signOutGuard = new SignOutGuard();
  /** Ends the listening to page events; undefined: the client is not connected and does not try to be. */
  #unwatch: (() => void) | undefined;

  constructor(options: ParleyOptions) {
    super((action, body) => this.call(action, body));
    const Socket = options.WebSocket ?? (globalThis.WebSocket as unknown as SocketClass | undefined);
    if (!Socket) throw new TypeError("there is no global WebSocket here: give one as the option WebSocket");
    checkOptions(options);
    this.#options = options;
    this.identifier = options.identifier;
    this.instance = options.instance ?? this.#host.instance();
    this.#timing = { ...defaultTiming, ...options.timing };
    const name = `parley.${options.sdkappid}.${options.identifier}`;
    this.#persistence = new Persistence(options.store ?? this.#host.store(name), this.#timing.storeTimeout, (error) => {
      this.#events.emit("storeFailed", error);
      this.#host.addLimit({ what: "storage", error });
    });
    this.#conversations = new ConversationStore({
      me: this.identifier,
      persist: (change) => this.#persist(change),
      timelineChanged: (peer) => this.#eventHandler.timelineChanged(peer),
      refreshRow: (peer) => this.#eventHandler.refreshRow(peer),
      skipped: (GroupId) => this.#groups.members.forget(GroupId),
    });
    const persist = (change: Change) => this.#persistence.persist(change);
    const messageInMemory = (id: string, key: string) => this.#conversations.find(id)?.timeline.get(key);
    this.#calls = new MessageCalls(this.identifier, this.message, messageInMemory);
    const readHistory = (id: string, range: HistoryRange) => this.#calls.history(id, range);
    this.#removedMessages = new RemovedMessages(this.#conversations, persist);
    this.#gapFiller = new GapFiller({
      conversations: this.#conversations,
      timing: this.#timing,
      readHistory,
      found: (m) => this.#eventHandler.emitMessage(m),
    });
    const { friend } = this;
    this.#users = new UserDirectory({ events: this.#events, friend, persist, gap: this.#timing.gap });
    this.#groups = new GroupDirectory({
      me: this.identifier,
      events: this.#events,
      group: this.group,
      conversations: this.#conversations,
      persist,
      refreshRow: (id) => this.#eventHandler.refreshRow(id),
      gap: this.#timing.gap,
    });
    this.#outbox = new Outbox({
      timing: this.#timing,
      clock: this.#clock,
      post: (draft) => this.#calls.post(draft),
      findSent: (draft) => this.#conversations.find(idOf(draft))?.timeline.findSent(draft),
      me: this.identifier,
      readHistory,
      found: (m) => this.#eventHandler.addMessage(m),
      persist,
      persisted: () => this.#persistence.flush(),
      changed: (id) => this.#events.emit("pending", nameOf(id)),
      unanswered: () => this.#connection.probe(),
    });
    this.local = {
      conversations: this.#conversations,
      groups: this.#groups,
      outbox: this.#outbox,
      persistence: this.#persistence,
      users: this.#users,
    };
    this.#composer = new MessageComposer({
      clock: this.#clock,
      timeline: (id) => this.#conversations.find(id)?.timeline.messages ?? [],
      pending: (id) => this.#outbox.pending(id),
    });
    this.#historyReader = new HistoryReader({
      conversations: this.#conversations,
      persistence: this.#persistence,
      users: this.#users,
      readHistory,
      changed: () => this.#eventHandler.emitChanges(),
      signOutGuard: () => this.#signOutGuard.begin(),
    });
    this.#userSig = new UserSig(options.usersig, this.#clock, this.#timing.callTimeout);
    this.#operations = new OperationCaller({
      options,
      instance: this.instance,
      timeout: this.#timing.callTimeout,
      clock: this.#clock,
      userSig: this.#userSig,
      signOutGuard: () => this.#signOutGuard.begin(),
      answered: (action, request, answer) => {
        if (action === "profile.get") this.#users.updateFromProfiles(answer as ProfileGetAnswer);
        if (action.startsWith("group.")) this.#groups.answered(action, request, answer);
      },
      ownEvent: (event) => {
        this.#tabs?.postEvent(event);
        this.#eventHandler.handle(event);
      },
      outcomeUnknown: () => this.#synchronizer.soon(),
    });
    this.#foreground = new ForegroundReporter({
      delay: this.#timing.hidden,
      visibleInOtherTab: () => this.#tabs?.otherTabVisible ?? false,
      reports: () => this.state === "online" && (this.#tabs?.isLeader ?? true),
      report: (foreground) => (foreground ? this.session.foreground() : this.session.background()),
    });
    const open = (url: string, protocols: string[]) => new Socket(url, protocols);
    this.#tabs = TabGroup.possible
      ? new TabGroup(`${name}.${this.instance}`, {
          open,
          otherTabEvent: (event) => this.#eventHandler.handle(event),
          visibilityChanged: () => this.#foreground.update(),
          wake: () => this.#connection.wake(),
          alone: (error) => this.#host.addLimit({ what: "tabs", error }),
        })
      : undefined;
    this.#connection = new ConnectionManager({
      timing: this.#timing,
      open: (renewal) => this.#open(this.#tabs ? this.#tabs.open.bind(this.#tabs) : open, renewal),
      state: (state) => this.#stateChanged(state),
      event: (event) => {
        if (event.event === "session.kick") this.#tabs?.postEvent(event);
        this.#eventHandler.handle(event);
      },
      opened: (renewal) => {
        this.#foreground.connected();
        // At a renewal the frames of messages that the sync shows may still be on their way, so it waits for them.
        return this.#synchronizer.run(renewal ? this.#timing.gap : 0);
      },
      refusal: () => this.#refusal(),
      refused: (error) => this.#events.emit("refused", error),
    });
    this.#synchronizer = new Synchronizer({
      conversations: this.#conversations,
      persist: (change) => this.#persist(change),
      gapFiller: this.#gapFiller,
      events: this.#events,
      timing: this.#timing,
      session: this.session,
      message: this.message,
      online: () => this.state === "online",
      spread: (seconds) => this.#connection.spread(seconds),
      changed: () => this.#eventHandler.emitChanges(),
      refused: () => this.#refused(),
      expired: () => this.#expired(),
      clock: this.#clock,
      friendTableChanged: (version) => this.#users.updateFriendsTo(version),
      groupsChanged: (version) => this.#groups.updateTo(version),
      groupRow: (row) => this.#groups.rowArrived(row),
    });
    this.#eventHandler = new EventHandler({
      conversations: this.#conversations,
      gapFiller: this.#gapFiller,
      events: this.#events,
      conversation: this.conversation,
      gap: this.#timing.gap,
      messageArrived: (m) => {
        if (m.GroupId === undefined) this.#composer.observe(m.MsgSeq);
        this.#users.updateFromMessage(m);
      },
      friendTableChanged: (version) => this.#users.updateFriendsTo(version),
      groups: this.#groups,
      syncSoon: () => this.#synchronizer.soon(),
      spread: (seconds) => this.#connection.spread(seconds),
      kicked: (kick) => {
        if (this.state === "kicked") return;
        this.#connection.stop("kicked");
        this.#events.emit("kicked", kick);
      },
      loggedOut: () => {
        this.#connection.stop("offline");
        void this.#deleteEverything();
      },
    });
  }

  /** The state of the client's connection. */
  get state(): State {
    return this.#connection.state;
  }

  /** Calls `listener` for each event with this name. The returned function ends that. */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Shows what this device has stored, connects, and stays connected until `close`,
   * `logout`, a kick or a refusal. Resolves when the client is online for the first time.
   * Rejects when the user is refused, kicked or signed out, or the client is closed.
   * Without a network it waits. After a kick or a refusal it requests a new signature.
   */
  login(): Promise<void> {
    if (this.state === "online") return Promise.resolve();
    if (this.state === "kicked" || this.state === "refused") this.#userSig.forget(); // it may be void
    const online = waitForOnline(this.#events);
    this.#host.startReporting();
    this.#loaded ??= this.#load();
    this.#gapFiller.start();
    this.#connection.start();
    this.#tabs?.join();
    this.#unwatch ??= watchPageEvents({ wake: () => this.#wake(), visible: (visible) => this.#setVisible(visible) });
    void this.#loaded.then(() => this.#unwatch && this.#outbox.start()); // the stored messages are sent first
    return online;
  }

  /** Ends the connection. The conversations and messages stay readable, and `login` may be called again. */
  close(): void {
    this.#connection.stop("offline");
  }

  /**
   * Signs this installation out, in every tab. It is offline at once, it receives no push,
   * and everything that is stored on this device is deleted, also messages that were not
   * sent. Rejects if the server did not answer; the rest is done nevertheless.
   */
  async logout(): Promise<void> {
    const answered = this.session.logout();
    answered.catch(() => {}); // the error is thrown below
    this.#tabs?.postEvent({ event: "session.logout" });
    this.#connection.stop("offline");
    await this.#deleteEverything();
    await answered;
  }

  /** The app is in the background: messages are pushed as well. In a browser the client finds this out itself. */
  background(): void {
    this.#setVisible(false);
  }

  /** The app is in the foreground again. */
  foreground(): void {
    this.#setVisible(true);
    this.#wake();
  }

  /** Makes a message with its identity. The app may call `send(draft)` with it until that succeeds. */
  compose(to: To, body: string | Element[], options: SendOptions = {}): Draft {
    return this.#composer.compose(conversationId(to), body, options);
  }

  /**
   * Sends a message. Resolves with the stored message when the server has stored it. Until
   * the server answers, the client sends the same message again, also after a restart, and
   * the server stores it once. Messages of one conversation are sent one after the other. Before
   * `login` and after `close` the message waits. Rejects with a {@link ParleyError} if the
   * server refuses the message: it stays in `pending` as failed, and `send(draft)` tries
   * again. A message for online users only (`OnlineOnlyFlag`) is tried once, not stored.
   */
  send<T extends To>(to: T, body: string | Element[], options?: SendOptions): Promise<MessageOf<T>>;
  send(draft: Draft): Promise<AnyMessage>;
  send(to: To | Draft, body: string | Element[] = [], options?: SendOptions): Promise<AnyMessage> {
    const draft = typeof to === "object" && "MsgBody" in to ? to : this.compose(to, body, options);
    return draft.OnlineOnlyFlag ? this.#calls.post(draft) : this.#outbox.send(draft);
  }

  /** Discards a pending message. If it is being sent, the server may have stored it nevertheless. */
  discard(draft: Draft): void {
    this.#outbox.discard(draft);
  }

  /**
   * Reads a page of the history of a conversation, by default the newest one. If it joins the
   * timeline, its messages are added there. Messages that this device has stored are in
   * the timeline before the server answers; they are the page if it does not answer, and
   * follow if it has no older ones. If the page is not `Complete`, call again with `to` set
   * to the page's `Next`.
   */
  history<T extends To>(to: T, range: HistoryRange = {}): Promise<HistoryPage<MessageOf<T>>> {
    return this.#historyReader.read(conversationId(to), range) as Promise<HistoryPage<MessageOf<T>>>;
  }

  /**
   * Marks messages of a conversation as read: up to an offset, or all of them. The offset is
   * the `Ordinal` of a message, or the `MsgSeq` of a message of a group.
   */
  read(to: To, offset?: number): Promise<MessageReadAnswer> {
    return this.#calls.read(conversationId(to), offset);
  }

  /**
   * Removes messages from this device only. They do not come back when the history is read;
   * 1,000 of a conversation are remembered. `message.delete` deletes on all of the user's devices.
   */
  remove(to: To, keys: readonly MsgKey[]): void {
    this.#removedMessages.add(conversationId(to), keys);
    this.#eventHandler.emitChanges();
  }

  /** Calls an operation by its name on the wire, such as `profile.get`. The methods of the groups do so with types. */
  call<Out>(action: string, body: object): Promise<Out> {
    return this.#operations.call<Out>(action, body);
  }

  async #load(): Promise<void> {
    const stored = await this.#persistence.load();
    this.#synchronizer.since = stored.since;
    this.#clock.atLeast(stored.since);
    this.#users.restore(stored.notes);
    this.#groups.restore(stored.notes);
    this.#removedMessages.restore(stored.notes);
    for (const conversation of stored.conversations) this.#conversations.restore(conversation);
    this.#eventHandler.emitChanges();
    this.#outbox.restore(stored.pending);
  }

  /** If there are several tabs, only the leader stores rows and the time of its sync, so that they belong together. */
  #persist(change: Change): void {
    const byLeader = change.kind === "conversation" || change.kind === "since";
    if (!byLeader || !this.#tabs || this.#tabs.isLeader) this.#persistence.persist(change);
  }

  async #open(open: (url: string, protocols: string[]) => Socket, renewal: boolean): Promise<Socket> {
    await this.#loaded;
    const usersig = await this.#userSig.get();
    if (!this.#unwatch) throw new Error("closed meanwhile");
    return open(websocketAddress(this.#options, this.instance, renewal), ["im.v1", usersig]);
  }

  #refusal(): Promise<ParleyError | undefined> {
    const Since = this.#clock.now() ?? this.#synchronizer.since; // only the refusal matters, so the answer may be short
    return this.#userSig.refusal(() => this.session.sync(Since > 0 ? { Since } : {}));
  }

  /** A call was refused: finds out whether the server refuses the user. Returns whether another attempt may succeed. */
  async #refused(): Promise<boolean> {
    const refusal = await this.#refusal();
    if (!refusal) return true;
    this.#connection.stop("refused");
    this.#events.emit("refused", refusal);
    return false;
  }

  #stateChanged(state: State): void {
    if (state === "online") this.#outbox.wake();
    if (state === "offline" || state === "kicked" || state === "refused") {
      this.#unwatch?.();
      this.#unwatch = undefined;
      this.#foreground.stop();
      this.#outbox.stop();
      this.#gapFiller.stop();
      this.#tabs?.leave();
      this.#synchronizer.stop();
    }
    this.#events.emit("state", state);
  }

  #wake(): void {
    this.#connection.wake();
    this.#outbox.wake();
  }

  /** Sets whether the user sees the app here; undefined: the page is being closed. */
  #setVisible(visible: boolean | undefined): void {
    this.#tabs?.postVisibility(visible);
    if (visible === undefined) void this.#persistence.flush();
    else this.#foreground.setVisible(visible);
    if (visible && this.state === "online") this.#synchronizer.refresh();
  }

  /** The server cannot say any more what happened to the messages: starts over, and reads the shown histories again. */
  #expired(): void {
    const shown = [...this.#conversations.entries].filter(({ timeline }) => timeline.shown).map(({ peer }) => peer);
    this.#conversations.startOver();
    for (const id of shown) this.#historyReader.read(id, {}).catch(() => this.#synchronizer.soon());
  }

  async #deleteEverything(): Promise<void> {
    this.#signOutGuard.signOut();
    this.#outbox.clear();
    this.#conversations.clear();
    this.#gapFiller.clear();
    this.#users.clear();
    this.#groups.clear();
    this.#removedMessages.clear();
    this.#synchronizer.reset();
    this.#loaded = undefined;
    this.#eventHandler.emitChanges();
    await this.#persistence.clear();
  }
}
