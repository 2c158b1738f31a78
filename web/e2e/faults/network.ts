// The network between the clients and the cloud: a relay before the WebSocket door and a fetch before the HTTP door,
// both of which lose things by chance.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";

/** What may become of a frame from the cloud. `close` and `sever` lose it with its connection, with a close frame and without. */
type FrameFate = "drop" | "double" | "late" | "close" | "sever";

/** What may become of a call: lost on the way there, or answered to nobody. */
type CallFate = "request" | "answer";

/** How likely each fate is; absent is never. */
export type Weather = { [Fate in FrameFate | CallFate]?: number };

/** How long a frame that is `late` is held back at most, in milliseconds. Those behind it overtake it. */
const latest = 150;

/** A connection through the relay. */
interface Pair {
  user: string;
  near: WebSocket;
  far: WebSocket;
  /** Both sides think that it is open, and nothing passes. */
  dead: boolean;
}

export class Network {
  /** Of this moment. */
  weather: Weather = {};
  /** How often each fate struck. */
  readonly struck: Record<FrameFate | CallFate, number> = {
    drop: 0,
    double: 0,
    late: 0,
    close: 0,
    sever: 0,
    request: 0,
    answer: 0,
  };
  /** When a client tried to connect, in milliseconds. */
  readonly attempts: number[] = [];
  readonly #door: string;
  readonly #random: () => number;
  readonly #pairs = new Set<Pair>();
  readonly #server = createServer();
  readonly #upgrades = new WebSocketServer({ noServer: true });

  /**
   * @param door the WebSocket door of the cloud
   * @param random where all chance comes from
   */
  constructor(door: string, random: () => number) {
    this.#door = door;
    this.#random = random;
    this.#server.on("upgrade", (request, socket, head) => this.#open(request, socket, head));
  }

  /** Begins to relay. Resolves with the door for the clients. */
  start(): Promise<string> {
    return new Promise((done) => {
      this.#server.listen(0, "127.0.0.1", () => {
        const door = new URL(this.#door);
        door.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
        done(door.href);
      });
    });
  }

  stop(): void {
    this.sever();
    this.#server.close();
  }

  /** Cuts every connection. */
  sever(): void {
    for (const pair of this.#pairs) cut(pair);
  }

  /** Lets the connections of a user die without a word to either side. New ones pass. */
  deaden(user: string): void {
    for (const pair of this.#pairs) {
      if (pair.user !== user) continue;
      pair.dead = true;
      pair.near.pause();
    }
  }

  /** A fetch through this network. */
  async fetch(url: string, init?: RequestInit): Promise<Response> {
    const fate = this.#fate("request", "answer");
    if (fate === "request") throw new TypeError("the request was lost");
    const response = await fetch(url, init);
    if (fate === "answer") throw new TypeError("the answer was lost");
    return response;
  }

  /** Opens the near side once the far one is, so that a refusal of the cloud is one here. */
  #open(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.attempts.push(Date.now());
    const url = new URL(request.url ?? "", this.#door);
    const far = new WebSocket(url, request.headers["sec-websocket-protocol"]?.split(/, */));
    const abandon = () => far.terminate();
    socket.on("close", abandon);
    far.on("error", () => socket.destroy());
    far.on("open", () => {
      socket.off("close", abandon);
      this.#upgrades.handleUpgrade(request, socket, head, (near) => {
        this.#join({ user: url.searchParams.get("identifier") ?? "", near, far, dead: false });
      });
    });
  }

  #join(pair: Pair): void {
    const { near, far } = pair;
    this.#pairs.add(pair);
    near.on("message", (frame) => far.send(String(frame)));
    near.on("close", () => {
      this.#pairs.delete(pair);
      far.close();
    });
    far.on("message", (frame) => {
      if (!pair.dead) this.#deliver(pair, String(frame));
    });
    far.on("close", () => {
      if (!pair.dead) near.close();
    });
  }

  #deliver(pair: Pair, frame: string): void {
    const { near, far } = pair;
    switch (this.#fate("drop", "double", "late", "close", "sever")) {
      case "drop":
        return;
      case "double":
        near.send(frame);
        break;
      case "late":
        setTimeout(() => pair.dead || near.send(frame), this.#random() * latest);
        return;
      case "close":
        near.close(1001);
        far.close();
        return;
      case "sever":
        cut(pair);
        return;
    }
    near.send(frame);
  }

  #fate<Fate extends FrameFate | CallFate>(...fates: Fate[]): Fate | undefined {
    let roll = this.#random();
    for (const fate of fates) {
      roll -= this.weather[fate] ?? 0;
      if (roll >= 0) continue;
      this.struck[fate]++;
      return fate;
    }
    return undefined;
  }
}

function cut({ near, far }: Pair): void {
  near.terminate();
  far.terminate();
}
