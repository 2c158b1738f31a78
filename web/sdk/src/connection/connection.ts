/** The part of the standard WebSocket that the client uses. The class of the package `ws` for Node has it too. */
export interface Socket {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

/** Makes a {@link Socket}: the global `WebSocket`, or the class of the package `ws`. */
export type SocketClass = new (url: string, protocols?: string | string[]) => Socket;

/** Receives what happens to a connection. */
export interface ConnectionListener {
  opened(connection: Connection): void;
  frame(connection: Connection, text: string): void;
  /** The connection has ended, or could not be opened. Called once, but not after `close`. */
  ended(connection: Connection): void;
}

/** One WebSocket connection, from the attempt to open it to its end. */
export class Connection {
  readonly #socket: Socket;
  readonly #listener: ConnectionListener;
  readonly #timer: ReturnType<typeof setTimeout>;
  #over = false;
  /** The connection is open, and its end is not known yet. */
  open = false;

  constructor(socket: Socket, openTimeout: number, listener: ConnectionListener) {
    this.#listener = listener;
    this.#timer = setTimeout(() => this.drop(), openTimeout);
    this.#socket = socket;
    this.#socket.onopen = () => {
      if (this.#over) return;
      clearTimeout(this.#timer);
      this.open = true;
      listener.opened(this);
    };
    this.#socket.onmessage = ({ data }) => {
      if (!this.#over && typeof data === "string") listener.frame(this, data);
    };
    this.#socket.onclose = () => this.#end(true);
    this.#socket.onerror = () => {
      if (!this.open) this.drop();
    };
  }

  /** Sends a frame. Returns false if the connection is not open. */
  send(frame: object): boolean {
    if (!this.open) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Ends the connection. The listener is not called. */
  close(): void {
    this.#end(false);
  }

  /** Ends the connection as if it had died: the listener is called. */
  drop(): void {
    this.#end(true);
  }

  #end(notify: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.open = false;
    clearTimeout(this.#timer);
    try {
      this.#socket.close();
    } catch {
      // Some implementations throw if the socket is not open yet. It ends nevertheless.
    }
    if (notify) this.#listener.ended(this);
  }
}
