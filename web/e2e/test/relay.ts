// A relay before the WebSocket door, so that a page's connection can be cut and kept away as a dead network does.
import { connect, createServer, type Server, type Socket } from "node:net";

export class Relay {
  /** No connection passes while false; those that are open are cut. */
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

  up(up: boolean): void {
    this.#up = up;
    if (!up) for (const socket of this.#sockets) socket.destroy();
  }

  /** The connections that are open stay so and carry nothing any more, as those of a machine that slept. */
  silence(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  stop(): void {
    this.up(false);
    this.#server.close();
  }
}
