import type { Socket } from "../connection/connection.ts";
import type { ServerEvent } from "../connection/connectionManager.ts";
import { randomName } from "../random.ts";
import { jsonCopy } from "../text/json.ts";
import type { TabMessage } from "./tabMessage.ts";
import { TabSocket } from "./tabSocket.ts";

/** What a tab group needs, and what it reports. */
export interface TabGroupOptions {
  /** Opens a real socket. */
  open(url: string, protocols: string[]): Socket;
  /** Another tab has called an operation: the event of the operation. */
  otherTabEvent(event: ServerEvent): void;
  /** The user sees another tab, does not see it any more, or has closed it. */
  visibilityChanged(): void;
  /** A connection can be opened now: there is no need to wait for the next attempt. */
  wake(): void;
  /** The browser does not let the tabs coordinate here, so this tab has a connection of its own. */
  alone(error: unknown): void;
}

/**
 * How long a tab that leaves stays the leader, ms. In this time the other tabs learn why
 * it leaves (for example a kick), before one of them becomes the leader and connects.
 */
const leaveDelay = 500;

/**
 * The tabs of one browser in which the same user is signed in. They are one installation
 * and share one connection: with connections of their own they would replace one another.
 * One tab is the leader: it holds a lock, has the connection, and passes the frames on to
 * the others. When it is closed, the next tab gets the lock and opens a connection.
 */
export class TabGroup {
  readonly #name: string;
  readonly #options: TabGroupOptions;
  readonly #tab = randomName();
  /** The other tabs, and whether the user sees them. */
  readonly #others = new Map<string, boolean>();
  readonly #sockets = new Set<TabSocket>();
  #channel: BroadcastChannel | undefined;
  #isLeader = false;
  #alone = false;
  #releaseLock: (() => void) | undefined;

  /** Whether the tabs of this host can coordinate. */
  static get possible(): boolean {
    try {
      return (
        typeof document !== "undefined" && typeof BroadcastChannel !== "undefined" && !!globalThis.navigator?.locks
      );
    } catch {
      return false;
    }
  }

  /** @param name is the same for the tabs that share a connection */
  constructor(name: string, options: TabGroupOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** Whether this tab is the leader. */
  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** Whether the user sees another tab. */
  get otherTabVisible(): boolean {
    return [...this.#others.values()].includes(true);
  }

  /** Joins the group and waits to become the leader. */
  join(): void {
    if (this.#channel) return;
    if (this.#alone) {
      this.#becomeLeader();
      return;
    }
    try {
      this.#channel = new BroadcastChannel(this.#name);
      this.#channel.onmessage = ({ data }) => this.#received(data as TabMessage);
    } catch (error) {
      this.#goAlone(error);
      return;
    }
    const left = new AbortController();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#releaseLock = () => {
      left.abort();
      setTimeout(release, leaveDelay);
    };
    const request = async () =>
      navigator.locks.request(this.#name, { signal: left.signal }, () => {
        if (left.signal.aborted) return undefined;
        this.#becomeLeader();
        return held;
      });
    request().catch((error) => {
      if (!left.signal.aborted) this.#goAlone(error); // otherwise the tab has left while it waited for the lock
    });
  }

  #becomeLeader(): void {
    this.#isLeader = true;
    this.#post({ kind: "lost" }); // the previous leader may have been closed before it could report this
    for (const socket of [...this.#sockets]) socket.becomeLeader();
    this.#options.wake();
  }

  /** A sandboxed frame has locks and channels, but the browser refuses to let it use them. */
  #goAlone(error: unknown): void {
    this.#alone = true;
    this.#channel?.close();
    this.#channel = undefined;
    this.#options.alone(error);
    this.#becomeLeader();
  }

  /** Leaves the group. The sockets must be closed before. */
  leave(): void {
    this.postVisibility(undefined);
    this.#releaseLock?.();
    this.#channel?.close();
    this.#channel = undefined;
    this.#isLeader = false;
    this.#others.clear();
  }

  /** Opens a socket: a real one, or one that uses the connection of the leader. */
  open(url: string, protocols: string[]): Socket {
    const socket = new TabSocket({
      open: () => this.#options.open(url, protocols),
      opened: () => this.#post({ kind: "open" }),
      frame: (text) => this.#post({ kind: "frame", text }),
      send: (text) => this.#post({ kind: "send", text }),
      ended: () => {
        this.#sockets.delete(socket);
        if (this.#isLeader && !this.#connection) this.#post({ kind: "lost" });
      },
    });
    this.#sockets.add(socket);
    if (this.#isLeader) socket.becomeLeader();
    else this.#post({ kind: "ask" });
    return socket;
  }

  /** Sends the event of an operation that this tab has called to the other tabs. */
  postEvent(event: ServerEvent): void {
    this.#post({ kind: "own-event", event });
  }

  /** Reports to the other tabs whether the user sees this one; undefined: it is being closed. */
  postVisibility(visible: boolean | undefined): void {
    this.#post({ kind: "seen", tab: this.#tab, seen: visible });
  }

  /** The newest real socket that is open. */
  get #connection(): TabSocket | undefined {
    return [...this.#sockets].findLast((socket) => socket.isReal && socket.readyState === 1);
  }

  #post(message: TabMessage): void {
    this.#channel?.postMessage(jsonCopy(message));
  }

  #received(message: TabMessage): void {
    switch (message.kind) {
      case "ask":
        if (this.#connection) this.#post({ kind: "open" });
        return;
      case "send":
        if (this.#isLeader) this.#connection?.send(message.text);
        return;
      case "own-event":
        this.#options.otherTabEvent(message.event);
        return;
      case "seen":
        if (message.seen === undefined) this.#others.delete(message.tab);
        else this.#others.set(message.tab, message.seen);
        this.#options.visibilityChanged();
        return;
    }
    for (const socket of [...this.#sockets]) if (!socket.isReal) socket.follow(message);
    if (message.kind === "open" && this.#sockets.size === 0) this.#options.wake();
  }
}
