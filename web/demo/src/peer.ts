import { type AnyMessage, type ConversationName, conversationId, type To } from "@parley/client";

// A peer is the other side of a conversation, as `conversationId` writes it: a user ID, or a group.

const prefix = conversationId({ GroupId: "" });

/** The ID of a peer that is a group; undefined if the peer is a user. */
export function groupOf(peer: string): string | undefined {
  return peer.startsWith(prefix) ? peer.slice(prefix.length) : undefined;
}

/** The peer that is a group. */
export function groupPeer(GroupId: string): string {
  return conversationId({ GroupId });
}

/** The peer of the conversation of a message. */
export function peerOf(me: string, m: AnyMessage): string {
  if (m.GroupId !== undefined) return groupPeer(m.GroupId);
  return m.From_Account === me ? m.To_Account : m.From_Account;
}

/** A peer as the methods of the client take it. */
export function toPeer(peer: string): To {
  const GroupId = groupOf(peer);
  return GroupId === undefined ? peer : { GroupId };
}

/** The fields that name a peer in a request. */
export function named(peer: string): ConversationName {
  const GroupId = groupOf(peer);
  return GroupId === undefined ? { To_Account: peer } : { GroupId };
}
