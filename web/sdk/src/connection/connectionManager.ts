import { backoff } from "../time/backoff.ts";
import type { Timing } from "../time/timing.ts";
import type { State } from "../types.ts";
import { Connection, type ConnectionListener, type Socket } from "./connection.ts";

/** An event as the server sends it. */
export interface ServerEvent {
  event: string;
  hi?: { Ordinal?: number; MsgSeq?: number };
  body?: unknown;
}

/** What a connection manager needs, and what it reports. */
export interface ConnectionManagerOptions {
  timing: Timing;
  /** Begins to connect. `renewal`: there is a connection already. */
  open(renewal: boolean): Promise<Socket>;
  state(state: State): void;
  event(event: ServerEvent): void;
  /**
   * A connection is open. At a renewal the previous connection was not lost, and the client
   * reads from it until the promise resolves.
   */
  opened(renewal: boolean): Promise<void>;
  /** Asks the server why an attempt failed. Resolves with an error if another attempt cannot succeed. */
  refusal(): Promise<Error | undefined>;
  refused(error: Error): void;
}

type TimerName = "retry" | "idle" | "renew" | "probe";

/**
 * Keeps the client connected. It opens a connection, opens another one when it is lost,
 * renews it before API Gateway closes it, sends frames so that it does not become idle,
 * and finds out when it is dead.
 */
export class ConnectionManager implements ConnectionListener {
  readonly #options: ConnectionManagerOptions;
  #state: State = "offline";
  #current: Connection | undefined;
  /** The attempt in progress: the first connection, the next one, or, at a renewal, the one besides the current one. */
  #next: Connection | undefined;
  /** Connections that were renewed and are still read. */
  readonly #previous = new Set<Connection>();
  readonly #endPrevious = new Set<() => void>();
  #attempt = 0;
  #failedRenewals = 0;
  #spread = 0;
  /** Counts the starts and stops, so that work that began before one of them does not continue after it. */
  #run = 0;
  readonly #timers: { [Name in TimerName]?: ReturnType<typeof setTimeout> } = {};

  constructor(options: ConnectionManagerOptions) {
    this.#options = options;
  }

  get state(): State {
    return this.#state;
  }

  /** Begins to connect. Does nothing if it has begun already. */
  start(): void {
    if (this.#state === "connecting" || this.#state === "online" || this.#state === "reconnecting") return;
    this.#run++;
    this.#attempt = 0;
    this.#setState("connecting");
    void this.#connect();
  }

  /** Ends every connection and every attempt. */
  stop(state: "offline" | "kicked" | "refused"): void {
    this.#run++;
    for (const name of ["retry", "idle", "renew", "probe"] as const) this.#clearTimer(name);
    for (const connection of [this.#current, this.#next, ...this.#previous]) connection?.close();
    this.#current = this.#next = undefined;
    for (const end of [...this.#endPrevious]) end();
    this.#previous.clear();
    this.#setState(state);
  }

  /** The server asks the clients to spread their next reconnect over so many seconds. */
  spread(seconds: number): void {
    if (seconds >= 0 && Number.isFinite(seconds)) this.#spread = seconds * 1000;
  }

  /** The network may have changed: connects now, or checks whether the connection is alive. */
  wake(): void {
    if (this.#timers.retry && !this.#current) {
      this.#clearTimer("retry");
      this.#attempt = 0;
      void this.#connect();
    } else {
      this.probe();
    }
  }

  /** Asks the server to answer, and drops the connection if no answer comes in time. */
  probe(): void {
    const connection = this.#current;
    if (!connection || this.#timers.probe) return;
    this.#send(connection, { action: "pp" });
    this.#setTimer("probe", this.#options.timing.probeTimeout, () => connection.drop());
  }

  async #connect(): Promise<void> {
    const run = this.#run;
    try {
      const socket = await this.#options.open(this.#current !== undefined);
      if (run !== this.#run) return discard(socket);
      this.#next = new Connection(socket, this.#options.timing.openTimeout, this);
    } catch {
      if (run === this.#run) this.#failed();
    }
  }

  opened(connection: Connection): void {
    const before = this.#current;
    this.#next = undefined;
    this.#current = connection;
    this.#attempt = this.#failedRenewals = this.#spread = 0;
    this.#clearTimer("probe");
    this.#setState("online");
    this.#noteTraffic();
    const { renewMin, renewMax } = this.#options.timing;
    this.#setTimer("renew", renewMin + Math.random() * (renewMax - renewMin), () => void this.#connect());
    const synced = this.#options.opened(before !== undefined);
    if (before) this.#retire(before, synced);
  }

  /** Reads from the previous connection until the client has synced over the new one. */
  #retire(connection: Connection, synced: Promise<void>): void {
    this.#previous.add(connection);
    const end = () => {
      clearTimeout(timer);
      this.#endPrevious.delete(end);
      this.#previous.delete(connection);
      connection.close();
    };
    const timer = setTimeout(end, this.#options.timing.renewOverlap);
    this.#endPrevious.add(end);
    synced.then(end, () => {});
  }

  frame(connection: Connection, text: string): void {
    if (connection === this.#current) {
      this.#clearTimer("probe");
      this.#noteTraffic();
    }
    let frame: Partial<ServerEvent> & { events?: ServerEvent[] };
    try {
      frame = JSON.parse(text);
    } catch {
      return; // not a frame of this protocol
    }
    const run = this.#run;
    for (const event of frame.events ?? [frame]) {
      if (event?.event) this.#options.event(event as ServerEvent);
      if (run !== this.#run) return; // the event has stopped the client, for example a kick
    }
  }

  ended(connection: Connection): void {
    if (this.#previous.delete(connection)) return;
    if (connection === this.#current) {
      this.#current = undefined;
      for (const name of ["idle", "renew", "probe"] as const) this.#clearTimer(name);
      this.#setState("reconnecting");
      if (!this.#next) this.#retry(); // otherwise a renewal is in progress
      return;
    }
    if (connection !== this.#next) return;
    this.#next = undefined;
    this.#failed();
  }

  #failed(): void {
    if (this.#current) {
      // A renewal failed. The current connection still works.
      this.#setTimer("renew", backoff(this.#failedRenewals++, this.#options.timing), () => void this.#connect());
      return;
    }
    // A WebSocket does not say why it was not opened. So the client asks by HTTP after the first failure, and after
    // every fifth one.
    if (this.#attempt % 5 !== 0) {
      this.#retry();
      return;
    }
    const run = this.#run;
    this.#options.refusal().then(
      (error) => {
        if (run !== this.#run) return;
        if (!error) return this.#retry();
        this.stop("refused");
        this.#options.refused(error);
      },
      () => run === this.#run && this.#retry(),
    );
  }

  #retry(): void {
    const wait = backoff(this.#attempt++, this.#options.timing, this.#spread);
    this.#setTimer("retry", wait, () => void this.#connect());
  }

  #send(connection: Connection, frame: object): void {
    if (connection.send(frame)) this.#noteTraffic();
  }

  /** Restarts the time after which a frame is sent so that the connection does not become idle. */
  #noteTraffic(): void {
    this.#setTimer(
      "idle",
      this.#options.timing.keepAlive,
      () => this.#current && this.#send(this.#current, { action: "p" }),
    );
  }

  #setState(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.state(state);
  }

  #setTimer(name: TimerName, ms: number, run: () => void): void {
    this.#clearTimer(name);
    this.#timers[name] = setTimeout(() => {
      delete this.#timers[name];
      run();
    }, ms);
  }

  #clearTimer(name: TimerName): void {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }
}

/**
 * Closes a socket that is not needed any more. The class of the package `ws` ends the
 * process if an error has no listener.
 */
function discard(socket: Socket): void {
  socket.onerror = () => {};
  try {
    socket.close();
  } catch {
    // The socket is not open yet. It ends nevertheless.
  }
}
