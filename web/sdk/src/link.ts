import { Line, type Listener, type Socket } from "./line.ts";
import { backoff, type Timing } from "./timing.ts";
import type { State } from "./types.ts";

/** An event as the server sends it. */
export interface ServerEvent {
  event: string;
  hi?: { Ordinal?: number };
  body?: unknown;
}

/** What a link needs, and whom it tells. */
export interface LinkOptions {
  timing: Timing;
  /** Begins to connect. */
  open(renewal: boolean): Promise<Socket>;
  state(state: State): void;
  event(event: ServerEvent): void;
  /** A connection is open. At a renewal the one before it was never lost, and is heard until this resolves. */
  opened(renewal: boolean): Promise<void>;
  /** Asks why an attempt failed: an error if there is no point in another one. */
  refusal(): Promise<Error | undefined>;
  refused(error: Error): void;
}

/**
 * Keeps a connection: opens it, opens it again when it is lost, renews it before
 * the service ends it, keeps it from idling, and finds out when it is dead.
 */
export class Link implements Listener {
  readonly #options: LinkOptions;
  #state: State = "offline";
  #line: Line | undefined;
  /** The attempt under way: the first connection, the next one, or the second beside the first. */
  #next: Line | undefined;
  readonly #old = new Set<Line>();
  readonly #ends = new Set<() => void>();
  #attempt = 0;
  #renewals = 0;
  #spread = 0;
  /** Changes with every start and stop, so that what was begun before knows. */
  #era = 0;
  readonly #timers: { [Name in "retry" | "idle" | "renew" | "probe"]?: ReturnType<typeof setTimeout> } = {};

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get state(): State {
    return this.#state;
  }

  /** Begins to connect. Does nothing where it has begun. */
  start(): void {
    if (this.#state === "connecting" || this.#state === "online" || this.#state === "reconnecting") return;
    this.#era++;
    this.#attempt = 0;
    this.#set("connecting");
    void this.#dial();
  }

  /** Ends every connection and attempt. */
  stop(state: "offline" | "kicked" | "refused"): void {
    this.#era++;
    for (const name of ["retry", "idle", "renew", "probe"] as const) this.#clear(name);
    for (const line of [this.#line, this.#next, ...this.#old]) line?.close();
    this.#line = this.#next = undefined;
    for (const end of [...this.#ends]) end();
    this.#old.clear();
    this.#set(state);
  }

  /** The next reconnect is spread over so many seconds. */
  spread(seconds: number): void {
    if (seconds >= 0 && Number.isFinite(seconds)) this.#spread = seconds * 1000;
  }

  /** Something suggests that the network changed: try now, or see whether the connection is alive. */
  wake(): void {
    if (this.#timers.retry && !this.#line) {
      this.#clear("retry");
      this.#attempt = 0;
      void this.#dial();
    } else {
      this.probe();
    }
  }

  /** Asks the server for a sign of life and drops the connection if none comes. */
  probe(): void {
    const line = this.#line;
    if (!line || this.#timers.probe) return;
    this.#send(line, { action: "pp" });
    this.#after("probe", this.#options.timing.probeTimeout, () => line.drop());
  }

  async #dial(): Promise<void> {
    const era = this.#era;
    try {
      const socket = await this.#options.open(this.#line !== undefined);
      if (era !== this.#era) return discard(socket);
      this.#next = new Line(socket, this.#options.timing.openTimeout, this);
    } catch {
      if (era === this.#era) this.#failed();
    }
  }

  open(line: Line): void {
    const before = this.#line;
    this.#next = undefined;
    this.#line = line;
    this.#attempt = this.#renewals = this.#spread = 0;
    this.#clear("probe");
    this.#set("online");
    this.#traffic();
    const { renewMin, renewMax } = this.#options.timing;
    this.#after("renew", renewMin + Math.random() * (renewMax - renewMin), () => void this.#dial());
    const synced = this.#options.opened(before !== undefined);
    if (before) this.#retire(before, synced);
  }

  /** Hears an old connection until the new one has caught up. */
  #retire(line: Line, synced: Promise<void>): void {
    this.#old.add(line);
    const end = () => {
      clearTimeout(timer);
      this.#ends.delete(end);
      this.#old.delete(line);
      line.close();
    };
    const timer = setTimeout(end, this.#options.timing.renewOverlap);
    this.#ends.add(end);
    synced.then(end, () => {});
  }

  frame(line: Line, text: string): void {
    if (line === this.#line) {
      this.#clear("probe");
      this.#traffic();
    }
    let frame: Partial<ServerEvent> & { events?: ServerEvent[] };
    try {
      frame = JSON.parse(text);
    } catch {
      return; // not of this protocol
    }
    const era = this.#era;
    for (const event of frame.events ?? [frame]) {
      if (event?.event) this.#options.event(event as ServerEvent);
      if (era !== this.#era) return; // it was a kick
    }
  }

  gone(line: Line): void {
    if (this.#old.delete(line)) return;
    if (line === this.#line) {
      this.#line = undefined;
      for (const name of ["idle", "renew", "probe"] as const) this.#clear(name);
      this.#set("reconnecting");
      if (!this.#next) this.#retry(); // else the second connection is on its way
      return;
    }
    if (line !== this.#next) return;
    this.#next = undefined;
    this.#failed();
  }

  #failed(): void {
    if (this.#line) {
      // The second connection did not open; the first still serves.
      this.#after("renew", backoff(this.#renewals++, this.#options.timing), () => void this.#dial());
      return;
    }
    if (this.#attempt % 5 !== 0) {
      this.#retry();
      return;
    }
    const era = this.#era;
    this.#options.refusal().then(
      (error) => {
        if (era !== this.#era) return;
        if (!error) return this.#retry();
        this.stop("refused");
        this.#options.refused(error);
      },
      () => era === this.#era && this.#retry(),
    );
  }

  #retry(): void {
    const wait = backoff(this.#attempt++, this.#options.timing, this.#spread);
    this.#after("retry", wait, () => void this.#dial());
  }

  #send(line: Line, frame: object): void {
    if (line.send(frame)) this.#traffic();
  }

  #traffic(): void {
    this.#after("idle", this.#options.timing.keepAlive, () => this.#line && this.#send(this.#line, { action: "p" }));
  }

  #set(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.state(state);
  }

  #after(name: "retry" | "idle" | "renew" | "probe", ms: number, run: () => void): void {
    this.#clear(name);
    this.#timers[name] = setTimeout(() => {
      delete this.#timers[name];
      run();
    }, ms);
  }

  #clear(name: "retry" | "idle" | "renew" | "probe"): void {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }
}

/** Closes a socket that nobody wants. The class of `ws` ends the process for an error that nobody hears. */
function discard(socket: Socket): void {
  socket.onerror = () => {};
  try {
    socket.close();
  } catch {
    // It is not open yet, and dies all the same.
  }
}
