import type { SocketClass } from "./line.ts";
import { isWhole } from "./plain.ts";
import type { Store } from "./store.ts";
import type { Timing } from "./timing.ts";
import type { Platform } from "./types.ts";

const platforms = ["Android", "iPhone", "iPad", "Windows", "Mac", "Linux", "Web", "MiniProgram"];

/** What a client is made from. */
export interface ParleyOptions {
  /** Where the HTTP door is, such as `https://im.example.com`. */
  http: string;
  /** Where the WebSocket door is, such as `wss://im.example.com/live`. */
  websocket: string;
  /** The app. */
  sdkappid: number;
  /** The user. */
  identifier: string;
  /** The user's signature, or what fetches one; it is asked again before one expires, and once when one is not accepted. */
  usersig: string | (() => string | Promise<string>);
  /** `Web` unless told. */
  platform?: Platform;
  /** Names this installation: up to 64 bytes, chosen once and kept. A browser keeps a random one unless told. */
  instance?: string;
  /** What keeps messages on this device. In a browser an IndexedDB of this app and user unless told, else memory. */
  store?: Store;
  /** The global one unless told; in Node 20, that of the package `ws`. */
  WebSocket?: SocketClass;
  /** The global one unless told. */
  fetch?: typeof fetch;
  /** For tests: how long to wait for what. */
  timing?: Partial<Timing>;
}

/** Throws a TypeError for options with which no server could be reached, ever. */
export function check({ http, websocket, identifier, platform, instance }: ParleyOptions): void {
  for (const door of [http, websocket]) new URL(door);
  if (!identifier || !isWhole(identifier)) throw new TypeError("identifier is empty, or has half of a character");
  if (platform && !platforms.includes(platform)) throw new TypeError(`platform is one of ${platforms.join(", ")}`);
  if (instance === undefined) return;
  const bytes = new TextEncoder().encode(instance).length;
  if (bytes < 1 || bytes > 64 || !isWhole(instance)) throw new TypeError("instance has 1 to 64 bytes of text");
}

/**
 * The address of the WebSocket door.
 *
 * @param renewal the client has a connection; else one of this installation is another client's
 */
export function address(options: ParleyOptions, instance: string, renewal: boolean): string {
  const url = new URL(options.websocket);
  url.searchParams.set("sdkappid", String(options.sdkappid));
  url.searchParams.set("identifier", options.identifier);
  url.searchParams.set("platform", options.platform ?? "Web");
  url.searchParams.set("instance", instance);
  if (!renewal) url.searchParams.set("fresh", "1");
  return url.href;
}
