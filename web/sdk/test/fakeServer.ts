// A server in memory for the tests: one app, by HTTP and by WebSocket. A test can lose, repeat and reorder calls and
// frames.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { Conversation, Draft, HistoryPage, HistoryRange, Message } from "../src/index.ts";
import { compare, formatKey, parseKey, preview } from "../src/index.ts";
import { FakeGroups } from "./fakeGroups.ts";

export interface Connection {
  user: string;
  instance: string;
  socket: WebSocket;
  frames: { action: string }[];
}

/** The read cursors of a conversation, as one of its users sees them. */
interface ReadCursors {
  own: number;
  peer: number;
}

export class FakeServer {
  readonly connections: Connection[] = [];
  /** Every call by HTTP. */
  readonly calls: { action: string; user: string; body: Record<string, unknown> }[] = [];
  /** How many connections were opened so far. */
  opened = 0;
  /** While false, no event is delivered. */
  delivering = true;
  /** Every upgrade and every call with this signature is refused. */
  revoked = "";
  /** Whether a signature is refused, in addition to `revoked`. */
  refuse: (usersig: string) => boolean = () => false;
  /** Loses the next calls of an action: before the server has done it, or after, so that the answer is lost. */
  lostCalls: { action: string; when: "before" | "after" }[] = [];
  /** Refuses the next calls of an action. */
  readonly refusals: { action: string; code: number; error: string }[] = [];
  /** Answers that a test defines for an action. */
  readonly answers = new Map<string, (body: Record<string, unknown>, user: string) => object>();
  /** While false, no upgrade succeeds. */
  accepting = true;
  spread = 0;
  /** The clock of the server, Unix ms. It stays right when a test sets the clock of the device. */
  now: () => number = Date.now.bind(Date);

  /** The groups, and their messages. */
  readonly groups = new FakeGroups({
    now: () => this.now(),
    emit: (user, event, except) => {
      if (this.delivering) this.emit(user, event, except);
    },
  });

  readonly #messages = new Map<string, Message[]>();
  readonly #cursors = new Map<string, ReadCursors>();
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "im.v1" });

  constructor(fallback?: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#http = createServer((request, response) => {
      if (fallback && !request.url?.startsWith("/client/")) fallback(request, response);
      else void this.#serve(request, response);
    });
    this.#http.on("upgrade", (request, socket, head) => {
      const usersig = (request.headers["sec-websocket-protocol"] ?? "").split(",")[1]?.trim();
      if (!this.accepting || !usersig || usersig === this.revoked || this.refuse(usersig)) {
        socket.on("error", () => {}); // the client may close the socket before it reads this
        socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
        return;
      }
      const query = new URL(request.url ?? "", "http://cloud").searchParams;
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#open(ws, query));
    });
  }

  async start(port = 0): Promise<{ http: string; websocket: string; sdkappid: number }> {
    await new Promise<void>((resolve) => this.#http.listen(port, "127.0.0.1", resolve));
    const { port: at } = this.#http.address() as AddressInfo;
    return { http: `http://127.0.0.1:${at}`, websocket: `ws://127.0.0.1:${at}/local`, sdkappid: 1 };
  }

  async stop(): Promise<void> {
    for (const { socket } of this.connections) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** Cuts connections without a close frame. */
  cut(user?: string): void {
    for (const c of [...this.connections]) if (!user || c.user === user) c.socket.terminate();
  }

  /** Sends an event to a user's connections. */
  emit(user: string, event: object, except?: string): void {
    for (const c of this.connections) {
      if (c.user === user && c.instance !== except) c.socket.send(JSON.stringify(event));
    }
  }

  /** Stores a message as if another client had sent it. It is not delivered. */
  storeMessage(from: string, to: string, text: string, more: Partial<Draft & { MsgTime: number }> = {}): Message {
    const list = this.#list(from, to);
    const MsgTime = more.MsgTime ?? Math.floor(this.now() / 1000);
    const MsgSeq = more.MsgSeq ?? list.length + 1;
    const MsgRandom = more.MsgRandom ?? Math.floor(Math.random() * 2 ** 32);
    const same = list.find(
      (m) =>
        m.From_Account === from &&
        m.MsgSeq === MsgSeq &&
        m.MsgRandom === MsgRandom &&
        this.now() / 1000 - m.MsgTime < 121, // the idempotency window is two minutes
    );
    if (same) return same;
    const m: Message = {
      From_Account: from,
      To_Account: to,
      MsgSeq,
      MsgRandom,
      MsgTime,
      MsgKey: formatKey({ MsgSeq, MsgRandom, MsgTime }),
      Ordinal: list.filter((o) => o.From_Account === from).length + 1,
      MsgBody: more.MsgBody ?? [{ MsgType: "TIMTextElem", MsgContent: { Text: text } }],
      ...(more.SendMsgControl?.includes("NoUnread") ? { NoUnread: true } : {}),
    };
    list.push(m);
    list.sort(compare);
    return m;
  }

  /** Delivers a message to the devices of both users. */
  deliver(m: Message, except?: string): void {
    if (!this.delivering) return;
    const frame = { event: "message.new", hi: { Ordinal: m.Ordinal }, body: m };
    this.emit(m.To_Account, frame);
    this.emit(m.From_Account, frame, except);
  }

  /** Stores and delivers a message as if another client had sent it. */
  sendMessage(from: string, to: string, text: string, more?: Partial<Draft & { MsgTime: number }>): Message {
    const m = this.storeMessage(from, to, text, more);
    this.deliver(m);
    return m;
  }

  stored(a: string, b: string): readonly Message[] {
    return this.#list(a, b);
  }

  read(user: string, peer: string, offset?: number, instance?: string): { ReadOrdinal: number; Unread: number } {
    const top = this.#count(peer, user);
    const cursors = this.#cursorsOf(user, peer);
    cursors.own = Math.max(cursors.own, Math.min(offset ?? top, top));
    this.#cursorsOf(peer, user).peer = cursors.own;
    const cursor = { From_Account: user, To_Account: peer, ReadOrdinal: cursors.own, TimeMs: this.now() };
    if (this.delivering) {
      this.emit(user, { event: "message.read", body: { ...cursor, Unread: this.#unread(user, peer) } }, instance);
      this.emit(peer, { event: "message.read", body: cursor });
    }
    return { ReadOrdinal: cursors.own, Unread: this.#unread(user, peer) };
  }

  #open(socket: WebSocket, query: URLSearchParams): void {
    const c: Connection = {
      user: query.get("identifier") ?? "",
      instance: query.get("instance") ?? "",
      socket,
      frames: [],
    };
    for (const other of [...this.connections]) {
      if (query.get("fresh") !== "1" || other.user !== c.user || other.instance !== c.instance) continue;
      other.socket.send('{"event":"session.kick","body":{"Reason":"replaced","Platform":"Web","Time":1}}');
      other.socket.close();
    }
    this.connections.push(c);
    this.opened++;
    socket.on("close", () => this.connections.splice(this.connections.indexOf(c), 1));
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data));
      c.frames.push(frame);
      if (frame.action === "pp" && this.delivering) socket.send('{"event":"pong"}');
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Expose-Headers", "date");
    response.setHeader("Date", new Date(this.now()).toUTCString());
    response.setHeader("Access-Control-Allow-Headers", "authorization,content-type,parley-instance");
    if (request.method === "OPTIONS") return void response.writeHead(204).end();
    let text = "";
    for await (const part of request) text += part;
    const action = (request.url ?? "").slice("/client/".length);
    const [, , user = "", usersig] = Buffer.from(request.headers.authorization ?? "", "latin1")
      .toString()
      .split(" ");
    const answer = (status: number, body: object) =>
      void response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    if (!usersig || usersig === this.revoked || this.refuse(usersig))
      return answer(401, { code: 70001, error: "the signature has expired" });
    const body = JSON.parse(text);
    this.calls.push({ action, user, body });
    const lost = this.lostCalls.findIndex((b) => b.action === action);
    const [fault] = lost < 0 ? [] : this.lostCalls.splice(lost, 1);
    if (fault?.when === "before") return void response.destroy();
    const refused = this.refusals.findIndex((r) => r.action === action);
    const [refusal] = refused < 0 ? [] : this.refusals.splice(refused, 1);
    if (refusal) return answer(200, { code: refusal.code, error: refusal.error });
    const out = this.#run(action, user, String(request.headers["parley-instance"] ?? ""), body);
    if (fault) return void response.destroy();
    answer(200, out ? { code: 0, body: out } : { code: 60009, error: `there is no ${action}` });
  }

  #run(action: string, user: string, instance: string, body: Record<string, unknown>): object | undefined {
    const answer = this.answers.get(action);
    if (answer) return answer(body, user);
    if (action.startsWith("group.") || typeof body.GroupId === "string")
      return this.groups.run(action, user, instance, body);
    const peer = String(body.To_Account);
    switch (action) {
      case "session.sync": {
        const Conversations = this.#rows(user).filter((c) => c.TimeMs >= Number(body.Since ?? 0));
        const GroupVersion = this.groups.version(user);
        const answer = { Conversations, Complete: true, Since: this.now() - 5000, Spread: this.spread };
        return { ...answer, ...(GroupVersion ? { GroupVersion } : {}) };
      }
      case "conversation.list":
        return { Conversations: this.#rows(user), Complete: true };
      case "conversation.get": {
        const named = [body.To_Account ?? [], body.GroupId ?? []].flat() as string[];
        return { Conversations: this.#rows(user).filter((c) => named.includes(c.To_Account ?? c.GroupId ?? "")) };
      }
      case "message.send": {
        const before = this.#list(user, peer).length;
        const m = this.storeMessage(user, peer, "", body as unknown as Draft);
        if (this.#list(user, peer).length > before) this.deliver(m, instance);
        return { MsgKey: m.MsgKey, MsgSeq: m.MsgSeq, MsgTime: m.MsgTime, Ordinal: m.Ordinal };
      }
      case "message.history":
        return this.#history(user, peer, { from: body.From, to: body.To, limit: body.Limit } as HistoryRange);
      case "message.read":
        return this.read(user, peer, body.Ordinal as number | undefined, instance);
    }
    return undefined;
  }

  #history(user: string, peer: string, { from, to, limit = 20 }: HistoryRange): HistoryPage {
    const [after, before] = [from && parseKey(from), to && parseKey(to)];
    const range = this.#list(user, peer).filter(
      (m) => (!after || compare(m, after) > 0) && (!before || compare(m, before) < 0),
    );
    const MsgList = range.slice(-limit);
    const Complete = MsgList.length === range.length;
    const Next = MsgList[0]?.MsgKey;
    return { MsgList, Complete, ...(Complete || !Next ? {} : { Next }) };
  }

  #rows(user: string): Conversation[] {
    const rows: Conversation[] = this.groups.rows(user);
    for (const [key, list] of this.#messages) {
      const names: string[] = JSON.parse(key);
      const last = list.at(-1);
      if (!names.includes(user) || !last) continue;
      const peer = names.find((n) => n !== user) ?? user;
      rows.push({
        To_Account: peer,
        Unread: this.#unread(user, peer),
        ReadOrdinal: this.#cursorsOf(user, peer).own,
        PeerReadOrdinal: this.#cursorsOf(user, peer).peer,
        InOrdinal: this.#count(peer, user),
        OutOrdinal: this.#count(user, peer),
        TimeMs: last.MsgTime * 1000 + 1,
        LastMsg: { MsgKey: last.MsgKey, Preview: preview(last.MsgBody) },
      });
    }
    return rows.sort((a, b) => b.TimeMs - a.TimeMs);
  }

  #unread(user: string, peer: string): number {
    const { own } = this.#cursorsOf(user, peer);
    const from = this.#list(user, peer).filter((m) => m.From_Account === peer);
    return from.filter((m) => (m.Ordinal ?? 0) > own && !m.NoUnread).length;
  }

  #count(from: string, to: string): number {
    return this.#list(from, to).filter((m) => m.From_Account === from).length;
  }

  #list(a: string, b: string): Message[] {
    const key = JSON.stringify([a, b].sort());
    const list = this.#messages.get(key) ?? [];
    this.#messages.set(key, list);
    return list;
  }

  #cursorsOf(user: string, peer: string): ReadCursors {
    const key = JSON.stringify([user, peer]);
    const cursors = this.#cursors.get(key) ?? { own: 0, peer: 0 };
    this.#cursors.set(key, cursors);
    return cursors;
  }
}
