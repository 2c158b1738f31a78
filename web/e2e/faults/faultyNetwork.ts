// The network between the clients and the local cloud: a relay in front of the WebSocket address and a fetch for HTTP.
// Both lose, repeat and delay what passes, at random.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";

/**
 * What may happen to a frame from the cloud. `close` and `sever` lose the frame and end its connection: `close` with a
 * close frame, `sever` without one.
 */
type FrameFault = "drop" | "double" | "late" | "close" | "sever";

/** What may happen to a call: the request is lost, or the answer is lost. */
type CallFault = "request" | "answer";

/** The probability of each fault; absent: it never happens. */
export type FaultRates = { [Fault in FrameFault | CallFault]?: number };

/** The longest delay of a frame that is `late`, ms. Later frames overtake it. */
const maxDelay = 150;

/** A connection through the relay: from the client to the relay (`near`), and from there to the cloud (`far`). */
interface RelayedConnection {
  user: string;
  near: WebSocket;
  far: WebSocket;
  /** Both sides see it as open, and nothing passes. */
  dead: boolean;
}

export class FaultyNetwork {
  /** The present probabilities. */
  rates: FaultRates = {};
  /** How often each fault has happened. */
  readonly counts: Record<FrameFault | CallFault, number> = {
    drop: 0,
    double: 0,
    late: 0,
    close: 0,
    sever: 0,
    request: 0,
    answer: 0,
  };
  /** The times at which clients tried to connect, ms. */
  readonly attempts: number[] = [];
  readonly #address: string;
  readonly #random: () => number;
  readonly #connections = new Set<RelayedConnection>();
  readonly #server = createServer();
  readonly #upgrades = new WebSocketServer({ noServer: true });

  /**
   * @param address the WebSocket address of the cloud
   * @param random the source of random numbers
   */
  constructor(address: string, random: () => number) {
    this.#address = address;
    this.#random = random;
    this.#server.on("upgrade", (request, socket, head) => this.#open(request, socket, head));
  }

  /** Starts the relay. Resolves with the address for the clients. */
  start(): Promise<string> {
    return new Promise((done) => {
      this.#server.listen(0, "127.0.0.1", () => {
        const address = new URL(this.#address);
        address.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
        done(address.href);
      });
    });
  }

  stop(): void {
    this.sever();
    this.#server.close();
  }

  /** Cuts every connection. */
  sever(): void {
    for (const connection of this.#connections) cut(connection);
  }

  /** Makes the connections of a user dead: neither side is notified. New connections work. */
  deaden(user: string): void {
    for (const connection of this.#connections) {
      if (connection.user !== user) continue;
      connection.dead = true;
      connection.near.pause();
    }
  }

  /** `fetch` over this network. */
  async fetch(url: string, init?: RequestInit): Promise<Response> {
    const fault = this.#chooseFault("request", "answer");
    if (fault === "request") throw new TypeError("the request was lost");
    const response = await fetch(url, init);
    if (fault === "answer") throw new TypeError("the answer was lost");
    return response;
  }

  /** Opens the near side after the far side is open, so that a refusal of the cloud is passed on to the client. */
  #open(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.attempts.push(Date.now());
    const url = new URL(request.url ?? "", this.#address);
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

  #join(connection: RelayedConnection): void {
    const { near, far } = connection;
    this.#connections.add(connection);
    near.on("message", (frame) => far.send(String(frame)));
    near.on("close", () => {
      this.#connections.delete(connection);
      far.close();
    });
    far.on("message", (frame) => {
      if (!connection.dead) this.#deliver(connection, String(frame));
    });
    far.on("close", () => {
      if (!connection.dead) near.close();
    });
  }

  #deliver(connection: RelayedConnection, frame: string): void {
    const { near, far } = connection;
    switch (this.#chooseFault("drop", "double", "late", "close", "sever")) {
      case "drop":
        return;
      case "double":
        near.send(frame);
        break;
      case "late":
        setTimeout(() => connection.dead || near.send(frame), this.#random() * maxDelay);
        return;
      case "close":
        near.close(1001);
        far.close();
        return;
      case "sever":
        cut(connection);
        return;
    }
    near.send(frame);
  }

  #chooseFault<Fault extends FrameFault | CallFault>(...faults: Fault[]): Fault | undefined {
    let roll = this.#random();
    for (const fault of faults) {
      roll -= this.rates[fault] ?? 0;
      if (roll >= 0) continue;
      this.counts[fault]++;
      return fault;
    }
    return undefined;
  }
}

function cut({ near, far }: RelayedConnection): void {
  near.terminate();
  far.terminate();
}
