/**
 * The client of the Parley instant-messaging cloud, protocol im.v1.
 *
 * @packageDocumentation
 */
export * from "./elements.ts";
export { ParleyError } from "./errors.ts";
export { fold, locate } from "./fold.ts";
export { indexedStore } from "./indexed.ts";
export type { Socket, SocketClass } from "./line.ts";
export type { ParleyOptions } from "./options.ts";
export { compare, formatKey, type Place, parseKey, preview, words } from "./order.ts";
export { Parley } from "./parley.ts";
export { type Change, type Kept, type KeptConversation, memoryStore, type Store } from "./store.ts";
export type { Timing } from "./timing.ts";
export type * from "./types.ts";
export { recalledFlag } from "./types.ts";
