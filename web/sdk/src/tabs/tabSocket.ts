import type { Socket } from "../connection/connection.ts";
import type { TabMessage } from "./tabMessage.ts";

/** What a tab socket needs, and what it reports. */
export interface TabSocketOptions {
  /** Opens a real socket. */
  open(): Socket;
  /** The real socket is open. */
  opened(): void;
  /** The real socket has received a frame. */
  frame(text: string): void;
  /** Sends a frame over the connection of the leader. */
  send(text: string): void;
  ended(): void;
}

/**
 * The socket of one tab. As long as another tab is the leader, it is open when the
 * leader's connection is open. If its own tab becomes the leader, it opens a real socket.
 */
export class TabSocket implements Socket {
  readonly #options: TabSocketOptions;
  #real: Socket | undefined;
  readyState = 0;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;

  constructor(options: TabSocketOptions) {
    this.#options = options;
  }

  /** Whether this socket has a real one. */
  get isReal(): boolean {
    return this.#real !== undefined;
  }

  /**
   * This tab has become the leader. A socket that is not open yet opens a real one. A
   * socket that used the connection of the previous leader has lost it and ends.
   */
  becomeLeader(): void {
    if (this.readyState !== 0) {
      this.#end();
      return;
    }
    const real = this.#options.open();
    this.#real = real;
    real.onopen = () => {
      this.#opened();
      this.#options.opened();
    };
    real.onmessage = ({ data }) => {
      this.onmessage?.({ data });
      if (typeof data === "string") this.#options.frame(data);
    };
    real.onerror = (event) => this.onerror?.(event);
    real.onclose = () => this.#end();
  }

  /** The leader reports what happens to its connection. */
  follow(message: TabMessage): void {
    if (message.kind === "open") this.#opened();
    else if (this.readyState !== 1) return;
    else if (message.kind === "lost") this.#end();
    else if (message.kind === "frame") this.onmessage?.({ data: message.text });
  }

  send(text: string): void {
    if (this.#real) this.#real.send(text);
    else if (!text.includes('"action":"p"}')) this.#options.send(text); // the leader keeps its connection alive itself
  }

  close(code?: number, reason?: string): void {
    this.#real?.close(code, reason);
    this.#end();
  }

  #opened(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.(undefined as never);
  }

  #end(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#options.ended();
    this.onclose?.(undefined as never);
  }
}
