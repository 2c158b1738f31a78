/** The part of the standard WebSocket that the client uses; the `ws` package for Node has it too. */
export interface Socket {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

/** Makes a {@link Socket}: the global `WebSocket`, or the class of the `ws` package. */
export type SocketClass = new (url: string, protocols?: string | string[]) => Socket;

/** What a line tells its owner. `gone` comes once, whether it was ever open or not, but not after `close`. */
export interface Listener {
  open(line: Line): void;
  frame(line: Line, text: string): void;
  gone(line: Line): void;
}

/** One WebSocket from the attempt to open it to its end. */
export class Line {
  readonly #socket: Socket;
  readonly #listener: Listener;
  readonly #timer: ReturnType<typeof setTimeout>;
  #over = false;
  /** The upgrade is done and the end has not been seen. */
  open = false;

  constructor(socket: Socket, openTimeout: number, listener: Listener) {
    this.#listener = listener;
    this.#timer = setTimeout(() => this.drop(), openTimeout);
    this.#socket = socket;
    this.#socket.onopen = () => {
      if (this.#over) return;
      clearTimeout(this.#timer);
      this.open = true;
      listener.open(this);
    };
    this.#socket.onmessage = ({ data }) => {
      if (!this.#over && typeof data === "string") listener.frame(this, data);
    };
    this.#socket.onclose = () => this.#end(true);
    this.#socket.onerror = () => {
      if (!this.open) this.drop();
    };
  }

  /** Sends a frame; false where the line is not open. */
  send(frame: object): boolean {
    if (!this.open) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Ends the line without a word to the listener. */
  close(): void {
    this.#end(false);
  }

  /** Ends the line as if it had died. */
  drop(): void {
    this.#end(true);
  }

  #end(tell: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.open = false;
    clearTimeout(this.#timer);
    try {
      this.#socket.close();
    } catch {
      // Closing a socket that is not open yet throws in some implementations; it dies all the same.
    }
    if (tell) this.#listener.gone(this);
  }
}
