import type { SocketClass } from "./connection/connection.ts";
import type { Store } from "./storage/store.ts";
import { isWellFormed } from "./text/json.ts";
import type { Timing } from "./time/timing.ts";
import type { Platform } from "./types.ts";

const platforms = ["Android", "iPhone", "iPad", "Windows", "Mac", "Linux", "Web", "MiniProgram"];

/** The options of a client. */
export interface ParleyOptions {
  /** The HTTP address of the server, such as `https://im.example.com`. */
  http: string;
  /** The WebSocket address of the server, such as `wss://im.example.com/live`. */
  websocket: string;
  /** The ID of the application. */
  sdkappid: number;
  /** The ID of the user. */
  identifier: string;
  /**
   * The user's signature, or a function that fetches one. The client calls the function
   * again before a signature expires, and once when the server does not accept one.
   */
  usersig: string | (() => string | Promise<string>);
  /** The default is `Web`. */
  platform?: Platform;
  /** The instance: a name of this installation, up to 64 bytes. By default a browser stores a random one. */
  instance?: string;
  /** Stores messages on this device. The default is an IndexedDB of this app and user, or memory outside of browsers. */
  store?: Store;
  /** The default is the global one. In Node 20 give the class of the package `ws`. */
  WebSocket?: SocketClass;
  /** The default is the global one. */
  fetch?: typeof fetch;
  /** For tests: how long the client waits for each thing. */
  timing?: Partial<Timing>;
}

/** Throws a TypeError if no server can ever be reached with these options. */
export function checkOptions({ http, websocket, identifier, platform, instance }: ParleyOptions): void {
  for (const address of [http, websocket]) new URL(address);
  if (!identifier || !isWellFormed(identifier)) throw new TypeError("identifier is empty, or has half of a character");
  if (platform && !platforms.includes(platform)) throw new TypeError(`platform is one of ${platforms.join(", ")}`);
  if (instance === undefined) return;
  const bytes = new TextEncoder().encode(instance).length;
  if (bytes < 1 || bytes > 64 || !isWellFormed(instance)) throw new TypeError("instance has 1 to 64 bytes of text");
}

/**
 * The WebSocket address to connect to.
 *
 * @param renewal the client has a connection already. Otherwise the server takes any
 *   connection of this instance for one of another client, and ends it
 */
export function websocketAddress(options: ParleyOptions, instance: string, renewal: boolean): string {
  const url = new URL(options.websocket);
  url.searchParams.set("sdkappid", String(options.sdkappid));
  url.searchParams.set("identifier", options.identifier);
  url.searchParams.set("platform", options.platform ?? "Web");
  url.searchParams.set("instance", instance);
  if (!renewal) url.searchParams.set("fresh", "1");
  return url.href;
}
