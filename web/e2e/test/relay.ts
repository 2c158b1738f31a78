// A relay in front of the WebSocket address: a test can cut the connections of a page and refuse new ones, like a
// network that is lost.
import { connect, createServer, type Server, type Socket } from "node:net";

export class Relay {
  /** While false, no connection passes. */
  #up = true;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(host: string, port: number) {
    this.#server = createServer((near) => {
      if (!this.#up) return void near.destroy();
      const far = connect(port, host);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.pipe(other);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      }
    });
  }

  start(): Promise<number> {
    return new Promise((done) => {
      this.#server.listen(0, "127.0.0.1", () => done((this.#server.address() as { port: number }).port));
    });
  }

  /** Turns the network on or off. Off: open connections are cut. */
  up(up: boolean): void {
    this.#up = up;
    if (!up) for (const socket of this.#sockets) socket.destroy();
  }

  /** The open connections stay open and carry nothing any more, like those of a machine that has slept. */
  silence(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  stop(): void {
    this.up(false);
    this.#server.close();
  }
}
