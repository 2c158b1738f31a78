import type { SocketClass } from "./line.ts";
import type { Store } from "./store.ts";
import type { Timing } from "./timing.ts";
import type { Platform } from "./types.ts";

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
  /** The user's signature, or what fetches one; it is asked again when a signature is not accepted. */
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
