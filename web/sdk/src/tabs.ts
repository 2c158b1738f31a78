import type { Socket } from "./line.ts";
import type { ServerEvent } from "./link.ts";
import { plain } from "./plain.ts";
import { uniqueName } from "./sequence.ts";

/** What tabs tell one another. */
type Word =
  /** A tab wants to know whether the line is open. */
  | { kind: "ask" }
  /** The line is open; it is lost; it brought a frame; a tab wants one sent. */
  | { kind: "open" }
  | { kind: "lost" }
  | { kind: "frame"; text: string }
  | { kind: "send"; text: string }
  /** What a tab did, as its event. */
  | { kind: "echo"; event: ServerEvent }
  /** Whether a tab is seen; undefined: it is gone. */
  | { kind: "seen"; tab: string; seen: boolean | undefined };

/** What tabs tell their owner. */
export interface TabsOptions {
  open(url: string, protocols: string[]): Socket;
  /** Another tab did something. */
  echo(event: ServerEvent): void;
  /** Another tab is seen, is not, or is gone. */
  seen(): void;
  /** A line is to be had: there is no need to wait for the next attempt. */
  wake(): void;
  /** The browser does not let tabs agree here: this one goes alone. */
  alone(error: unknown): void;
}

/** How long a tab that leaves stays first, ms, so that the others hear why before one of them takes its place. */
const grace = 500;

/**
 * One connection for all tabs of a browser in which a user is signed in: they
 * are one installation, so connections of their own would replace one another.
 * The tab that holds a lock has the line; it passes on what it hears. When it
 * goes, the next one opens a line of its own.
 */
export class Tabs {
  readonly #name: string;
  readonly #options: TabsOptions;
  readonly #tab = uniqueName();
  readonly #others = new Map<string, boolean>();
  readonly #sockets = new Set<TabSocket>();
  #channel: BroadcastChannel | undefined;
  #first = false;
  #alone = false;
  #leave: (() => void) | undefined;

  /** Whether this is a browser whose tabs can agree. */
  static get possible(): boolean {
    try {
      return (
        typeof document !== "undefined" && typeof BroadcastChannel !== "undefined" && !!globalThis.navigator?.locks
      );
    } catch {
      return false;
    }
  }

  /** @param name the same for tabs that share a line */
  constructor(name: string, options: TabsOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** This tab has the line. */
  get first(): boolean {
    return this.#first;
  }

  /** Whether the user sees another tab. */
  get seen(): boolean {
    return [...this.#others.values()].includes(true);
  }

  /** Begins to take part. */
  join(): void {
    if (this.#channel) return;
    if (this.#alone) {
      this.#lead();
      return;
    }
    try {
      this.#channel = new BroadcastChannel(this.#name);
      this.#channel.onmessage = ({ data }) => this.#heard(data as Word);
    } catch (error) {
      this.#goAlone(error);
      return;
    }
    const left = new AbortController();
    let end = () => {};
    const stay = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#leave = () => {
      left.abort();
      setTimeout(end, grace);
    };
    const request = async () =>
      navigator.locks.request(this.#name, { signal: left.signal }, () => {
        if (left.signal.aborted) return undefined;
        this.#lead();
        return stay;
      });
    request().catch((error) => {
      if (!left.signal.aborted) this.#goAlone(error); // else it left while it waited
    });
  }

  #lead(): void {
    this.#first = true;
    this.#say({ kind: "lost" }); // the tab before may not have had the time to say so
    for (const socket of [...this.#sockets]) socket.lead();
    this.#options.wake();
  }

  /** A sandboxed frame has locks and channels, and refuses to use them. */
  #goAlone(error: unknown): void {
    this.#alone = true;
    this.#channel?.close();
    this.#channel = undefined;
    this.#options.alone(error);
    this.#lead();
  }

  /** Takes part no longer; sockets must be closed before. */
  leave(): void {
    this.see(undefined);
    this.#leave?.();
    this.#channel?.close();
    this.#channel = undefined;
    this.#first = false;
    this.#others.clear();
  }

  /** Opens a socket: a real one, or one that hears what the first tab hears. */
  open(url: string, protocols: string[]): Socket {
    const socket = new TabSocket({
      open: () => this.#options.open(url, protocols),
      opened: () => this.#say({ kind: "open" }),
      frame: (text) => this.#say({ kind: "frame", text }),
      send: (text) => this.#say({ kind: "send", text }),
      ended: () => {
        this.#sockets.delete(socket);
        if (this.#first && !this.#line) this.#say({ kind: "lost" });
      },
    });
    this.#sockets.add(socket);
    if (this.#first) socket.lead();
    else this.#say({ kind: "ask" });
    return socket;
  }

  /** Tells the other tabs what this one did. */
  echo(event: ServerEvent): void {
    this.#say({ kind: "echo", event });
  }

  /** Tells the other tabs whether this one is seen; undefined: it is gone. */
  see(seen: boolean | undefined): void {
    this.#say({ kind: "seen", tab: this.#tab, seen });
  }

  /** The newest real connection that is open. */
  get #line(): TabSocket | undefined {
    return [...this.#sockets].findLast((socket) => socket.leads && socket.readyState === 1);
  }

  #say(word: Word): void {
    this.#channel?.postMessage(plain(word));
  }

  #heard(word: Word): void {
    switch (word.kind) {
      case "ask":
        if (this.#line) this.#say({ kind: "open" });
        return;
      case "send":
        if (this.#first) this.#line?.send(word.text);
        return;
      case "echo":
        this.#options.echo(word.event);
        return;
      case "seen":
        if (word.seen === undefined) this.#others.delete(word.tab);
        else this.#others.set(word.tab, word.seen);
        this.#options.seen();
        return;
    }
    for (const socket of [...this.#sockets]) if (!socket.leads) socket.follow(word);
    if (word.kind === "open" && this.#sockets.size === 0) this.#options.wake();
  }
}

interface TabSocketOptions {
  open(): Socket;
  opened(): void;
  frame(text: string): void;
  send(text: string): void;
  ended(): void;
}

/** A socket of a tab: it follows the line of the first tab until its own tab is the first. */
class TabSocket implements Socket {
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

  get leads(): boolean {
    return this.#real !== undefined;
  }

  /** This tab is the first now: one that is not open yet opens, one that followed has lost its line. */
  lead(): void {
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

  /** The first tab tells of its line. */
  follow(word: Word): void {
    if (word.kind === "open") this.#opened();
    else if (this.readyState !== 1) return;
    else if (word.kind === "lost") this.#end();
    else if (word.kind === "frame") this.onmessage?.({ data: word.text });
  }

  send(text: string): void {
    if (this.#real) this.#real.send(text);
    else if (!text.includes('"action":"p"}')) this.#options.send(text); // the first tab keeps its line alive itself
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
