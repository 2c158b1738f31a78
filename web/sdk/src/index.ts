/**
 * The client of the Parley instant-messaging server, protocol im.v1.
 *
 * @packageDocumentation
 */
export type { Socket, SocketClass } from "./connection/connection.ts";
export { conversationId, toOf } from "./conversations/conversationId.ts";
export { ParleyError } from "./errors.ts";
export * from "./messages/elements.ts";
export { compare, formatKey, type Place, parseKey } from "./messages/messageKey.ts";
export type { ParleyOptions } from "./options.ts";
export { Parley } from "./parley.ts";
export { indexedStore } from "./storage/indexedDbStore.ts";
export { memoryStore } from "./storage/memoryStore.ts";
export type { Change, Store, StoredConversation, StoredData } from "./storage/store.ts";
export { fold, locate } from "./text/fold.ts";
export { preview, words } from "./text/preview.ts";
export type { Timing } from "./time/timing.ts";
export type * from "./types.ts";
export { isDirect, isGroup, recalledFlag } from "./types.ts";
