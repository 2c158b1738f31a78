import { Book, type Entry } from "./book.ts";
import { call } from "./door.ts";
import { Emitter } from "./emitter.ts";
import { ParleyError } from "./errors.ts";
import type { SocketClass } from "./line.ts";
import { Link, type ServerEvent } from "./link.ts";
import { Mender } from "./mender.ts";
import { formatKey } from "./order.ts";
import { Outbox } from "./outbox.ts";
import { random, Sequence } from "./sequence.ts";
import { backoff, defaultTiming, sleep, type Timing } from "./timing.ts";
import type {
  Conversation,
  Draft,
  Element,
  Events,
  HistoryPage,
  HistoryRange,
  Kick,
  Message,
  Platform,
  ReadAnswer,
  ReadMark,
  SendOptions,
  State,
} from "./types.ts";
import { watchNetwork } from "./wakeup.ts";

/** What a client is made from. */
export interface ParleyOptions {
  /** Where the HTTP door is, such as `https://im.example.com`. */
  http: string;
  /** Where the WebSocket door is, such as `wss://im.example.com/live`. */
  websocket: string;
  /** The app. */
  sdkappid: number;
  /** The user. */
  identifier: string;
  /** The user's signature, or what fetches one; it is asked again when a signature is not accepted. */
  usersig: string | (() => string | Promise<string>);
  /** `Web` unless told. */
  platform?: Platform;
  /** Names this installation: up to 64 bytes, chosen once and kept. Random unless told. */
  instance?: string;
  /** The global one unless told; in Node 20, that of the package `ws`. */
  WebSocket?: SocketClass;
  /** The global one unless told. */
  fetch?: typeof fetch;
  /** For tests: how long to wait for what. */
  timing?: Partial<Timing>;
}

/**
 * A signed-in user's client.
 *
 * It keeps a connection, and holds the list of conversations and the messages
 * that were read or have arrived: each once, in order and without holes.
 *
 * ```ts
 * const parley = new Parley({ http, websocket, sdkappid, identifier, usersig });
 * parley.on("message", (m) => console.log(m.From_Account, m.MsgBody));
 * await parley.connect();
 * await parley.send("bob", "hi");
 * ```
 */
export class Parley {
  /** The signed-in user. */
  readonly identifier: string;
  /** The name of this installation. */
  readonly instance: string;

  readonly #options: ParleyOptions;
  readonly #timing: Timing;
  readonly #events = new Emitter<Events>();
  readonly #sequence = new Sequence();
  readonly #book: Book;
  readonly #link: Link;
  readonly #mender: Mender;
  readonly #outbox: Outbox;
  #usersig: Promise<string> | undefined;
  #unwatch: (() => void) | undefined;
  #told: readonly Conversation[] = [];
  #since = 0;
  #syncing: Promise<void> | undefined;
  #resync: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ParleyOptions) {
    const Socket = options.WebSocket ?? (globalThis.WebSocket as unknown as SocketClass | undefined);
    if (!Socket) throw new TypeError("there is no global WebSocket here: give one as the option WebSocket");
    this.#options = options;
    this.identifier = options.identifier;
    this.instance = options.instance ?? crypto.randomUUID();
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#book = new Book(this.identifier);
    this.#mender = new Mender({
      book: this.#book,
      timing: this.#timing,
      pull: (peer, range) => this.#pull(peer, range),
      found: (m) => this.#announce(m),
    });
    this.#outbox = new Outbox({
      timing: this.#timing,
      post: (draft) => this.#post(draft),
      held: (draft) => this.#book.find(draft.To_Account)?.timeline.sent(draft.MsgSeq, draft.MsgRandom),
      refresh: async (peer) => void (await this.history(peer)),
      failed: () => this.#link.probe(),
    });
    this.#link = new Link({
      Socket,
      timing: this.#timing,
      address: () => this.#address(),
      state: (state) => this.#stateChanged(state),
      event: (event) => this.#heard(event),
      // What a renewal's sync tells may still be on its way as a frame.
      opened: (renewal) => this.#sync(renewal ? this.#timing.gap : 0),
      refusal: () => this.#refusal(),
      refused: (error) => this.#events.emit("refused", error),
    });
  }

  /** What the client is doing about its connection. */
  get state(): State {
    return this.#link.state;
  }

  /** The conversations as far as this client knows them, newest first. A new array after each change. */
  get list(): readonly Conversation[] {
    return this.#book.rows;
  }

  /** The conversation with a user as far as this client knows it. */
  conversation(to: string): Conversation | undefined {
    return this.#book.find(to)?.row;
  }

  /**
   * The messages with a user that this client holds, ascending. After `history(to)`
   * this is the newest part of the conversation without a break, and it stays so.
   */
  timeline(to: string): readonly Message[] {
    return this.#book.find(to)?.timeline.messages ?? [];
  }

  /** Calls `listener` for each such event. Returns the function that ends it. */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Connects, and stays connected: a connection that is lost is opened again until
   * `disconnect`, a kick or a refusal. Resolves when the client is online for the
   * first time; rejects when it cannot be.
   */
  connect(): Promise<void> {
    if (this.#link.state === "online") return Promise.resolve();
    return new Promise((resolve, reject) => {
      let error: Error | undefined;
      const ends = [
        this.on("refused", (e) => {
          error = e;
          end();
          reject(error);
        }),
        this.on("state", (state) => {
          if (state === "online") {
            end();
            resolve();
          } else if (state === "offline" || state === "kicked") {
            end();
            reject(new ParleyError(`${state} before the client was online`, 0, 0));
          }
        }),
      ];
      const end = () => {
        for (const off of ends) off();
      };
      this.#unwatch ??= watchNetwork(() => this.#link.wake());
      this.#link.start();
    });
  }

  /** Closes the connection. What is held stays readable, and `connect` may be called again. */
  disconnect(): void {
    this.#link.stop("offline");
  }

  /** Makes a draft with an identity of its own; `send(draft)` may then be called until it succeeds. */
  compose(to: string, body: string | Element[], options: SendOptions = {}): Draft {
    const MsgBody = typeof body === "string" ? [{ MsgType: "TIMTextElem", MsgContent: { Text: body } }] : body;
    return { To_Account: to, MsgSeq: this.#sequence.next(), MsgRandom: random(), MsgBody, ...options };
  }

  /**
   * Sends a message and resolves, once it is durable, with its stored form. While
   * nothing is heard from the server the same message is sent again, which stores it
   * once; messages to one user go one after the other. Rejects with a
   * {@link ParleyError} when the server refuses, or after a minute without an answer:
   * then send the same draft again, never a new one.
   */
  send(to: string, body: string | Element[], options?: SendOptions): Promise<Message>;
  send(draft: Draft): Promise<Message>;
  send(to: string | Draft, body: string | Element[] = [], options?: SendOptions): Promise<Message> {
    return this.#outbox.send(typeof to === "string" ? this.compose(to, body, options) : to);
  }

  /**
   * Reads a page of the history with a user, the newest unless told, and holds it in
   * the timeline. Not `Complete`: call again with `to` set to the page's `Next`.
   */
  async history(to: string, range: HistoryRange = {}): Promise<HistoryPage> {
    const page = await this.#pull(to, range);
    const { timeline } = this.#book.entry(to);
    for (const m of page.MsgList) this.#book.take(m);
    const oldest = page.MsgList[0];
    if (!range.from && !range.to && !timeline.shown && !page.Complete && oldest) timeline.trim(oldest);
    if (!range.from && !range.to) timeline.shown = true;
    if (!range.from && page.Complete) timeline.whole();
    this.#changed();
    return page;
  }

  /** Tells the server that the user's messages up to an ordinal, or all of them, are read. */
  async read(to: string, ordinal?: number): Promise<ReadAnswer> {
    const answer = await this.call<ReadAnswer>("message.read", {
      To_Account: to,
      ...(ordinal === undefined ? {} : { Ordinal: ordinal }),
    });
    if (this.#book.mark({ From_Account: this.identifier, To_Account: to, ReadOrdinal: answer.ReadOrdinal })) {
      this.#changed();
    }
    return answer;
  }

  /** Asks the server for all conversations, newest first. There is seldom a reason: `list` is kept up to date. */
  async conversations(): Promise<readonly Conversation[]> {
    let Cursor: string | undefined;
    do {
      const page: Page = await this.call("conversation.list", Cursor ? { Cursor } : {});
      for (const row of page.Conversations) this.#mender.notice(this.#book.tell(row));
      Cursor = page.Complete ? undefined : page.Cursor;
    } while (Cursor);
    this.#changed();
    return this.list;
  }

  /** Calls any operation of the protocol, such as `profile.get`, and returns the body of its answer. */
  async call<Out>(action: string, body: object): Promise<Out> {
    return call<Out>(
      {
        http: this.#options.http,
        sdkappid: this.#options.sdkappid,
        identifier: this.identifier,
        instance: this.instance,
        usersig: () => this.#signature(),
        fetch: this.#options.fetch ?? globalThis.fetch.bind(globalThis),
        timeout: this.#timing.callTimeout,
      },
      action,
      body,
    );
  }

  #signature(): Promise<string> {
    const { usersig } = this.#options;
    this.#usersig ??= Promise.resolve(typeof usersig === "string" ? usersig : usersig());
    this.#usersig.catch(() => {
      this.#usersig = undefined;
    });
    return this.#usersig;
  }

  async #address(): Promise<{ url: string; protocols: string[] }> {
    const url = new URL(this.#options.websocket);
    url.searchParams.set("sdkappid", String(this.#options.sdkappid));
    url.searchParams.set("identifier", this.identifier);
    url.searchParams.set("platform", this.#options.platform ?? "Web");
    url.searchParams.set("instance", this.instance);
    return { url: url.href, protocols: ["im.v1", await this.#signature()] };
  }

  /** A WebSocket does not say why it was not opened; the other door does. */
  async #refusal(): Promise<Error | undefined> {
    const fresh = typeof this.#options.usersig === "function";
    for (const last of fresh ? [false, true] : [true]) {
      try {
        await this.call("session.sync", { Since: Date.now() });
        return undefined;
      } catch (error) {
        if (!(error instanceof ParleyError) || !error.refused) return undefined;
        if (last) return error;
        this.#usersig = undefined;
      }
    }
    return undefined;
  }

  #pull(peer: string, range: HistoryRange): Promise<HistoryPage> {
    return this.call("message.history", {
      To_Account: peer,
      ...(range.from ? { From: range.from } : {}),
      ...(range.to ? { To: range.to } : {}),
      ...(range.limit ? { Limit: range.limit } : {}),
    });
  }

  async #post(draft: Draft): Promise<Message> {
    const sent = await this.call<{ MsgSeq: number; MsgTime: number; Ordinal: number }>("message.send", draft);
    const { MsgTime, Ordinal } = sent;
    const m: Message = {
      From_Account: this.identifier,
      To_Account: draft.To_Account,
      MsgSeq: sent.MsgSeq,
      MsgRandom: draft.MsgRandom,
      MsgTime,
      MsgKey: formatKey({ MsgSeq: sent.MsgSeq, MsgRandom: draft.MsgRandom, MsgTime }),
      Ordinal,
      MsgBody: draft.MsgBody,
      ...(draft.CloudCustomData ? { CloudCustomData: draft.CloudCustomData } : {}),
    };
    this.#arrived(m);
    return m;
  }

  #heard({ event, hi, body }: ServerEvent): void {
    switch (event) {
      case "message.new":
        this.#arrived(body as Message, hi?.Ordinal);
        break;
      case "message.read":
        if (!this.#book.mark(body as ReadMark)) break;
        this.#changed();
        this.#events.emit("read", body as ReadMark);
        break;
      case "session.spread":
        this.#link.spread(Number((body as { Spread?: number } | undefined)?.Spread));
        break;
      case "session.kick":
        this.#link.stop("kicked");
        this.#events.emit("kicked", body as Kick);
        break;
    }
  }

  #arrived(m: Message, top?: number): void {
    if (!this.#book.take(m, top)) return;
    const entry = this.#book.entry(this.#book.peer(m));
    this.#announce(m);
    this.#mender.notice(entry);
    if (!entry.told && m.Ordinal && m.Ordinal > 1) this.#syncSoon(); // a conversation that was there before
  }

  #announce(m: Message): void {
    this.#sequence.seen(m.MsgSeq);
    this.#changed();
    this.#events.emit("message", m);
  }

  #stateChanged(state: State): void {
    if (state === "online") this.#outbox.wake();
    if (state === "offline" || state === "kicked" || state === "refused") {
      this.#unwatch?.();
      this.#unwatch = undefined;
      this.#mender.stop();
      clearTimeout(this.#resync);
    }
    this.#events.emit("state", state);
  }

  #syncSoon(): void {
    clearTimeout(this.#resync);
    this.#resync = setTimeout(() => void this.#sync(), this.#timing.gap);
  }

  /** Catches up with the server, with patience, as long as there is a connection. */
  #sync(patience = 0): Promise<void> {
    const run = (this.#syncing ?? Promise.resolve()).then(async () => {
      for (let attempt = 0; this.state === "online"; attempt++) {
        try {
          return await this.#syncOnce(patience);
        } catch (error) {
          if (error instanceof ParleyError && error.refused) {
            const refusal = await this.#refusal();
            if (!refusal) continue;
            this.#link.stop("refused");
            this.#events.emit("refused", refusal);
            return;
          }
          await sleep(backoff(attempt, this.#timing));
        }
      }
    });
    this.#syncing = run;
    return run;
  }

  async #syncOnce(patience: number): Promise<void> {
    const entries: Entry[] = [];
    let next: number | undefined;
    let Cursor: string | undefined;
    do {
      const page: Page = await this.call("session.sync", { Since: this.#since, ...(Cursor ? { Cursor } : {}) });
      next ??= page.Since;
      if (page.Spread) this.#link.spread(page.Spread);
      for (const row of page.Conversations) entries.push(this.#book.tell(row));
      Cursor = page.Complete ? undefined : page.Cursor;
      this.#changed();
    } while (Cursor);
    this.#since = next ?? this.#since;
    for (const entry of entries) this.#mender.notice(entry, patience);
    for (const entry of this.#book.entries) this.#mender.notice(entry);
    this.#events.emit("synced", this.list);
  }

  #changed(): void {
    if (this.#told === this.#book.rows) return;
    this.#told = this.#book.rows;
    this.#events.emit("conversations", this.#told);
  }
}

interface Page {
  Conversations: Conversation[];
  Complete: boolean;
  Cursor?: string;
  Since?: number;
  Spread?: number;
}
