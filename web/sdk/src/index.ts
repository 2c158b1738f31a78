/**
 * The client of the Parley instant-messaging cloud, protocol im.v1.
 *
 * @packageDocumentation
 */
export { ParleyError } from "./errors.ts";
export type { Socket, SocketClass } from "./line.ts";
export { compare, formatKey, type Place, parseKey, preview } from "./order.ts";
export { Parley, type ParleyOptions } from "./parley.ts";
export type { Timing } from "./timing.ts";
export type * from "./types.ts";
