import type { ConversationName, To } from "../types.ts";

/** What begins the id of a group's conversation. No user ID has this character, so no user has the id of a group. */
const groupPrefix = "group\t";

/**
 * One text for each conversation: the key of everything that the client has of it. It is
 * the user ID of the other user; of the group "chess" it is "group", a tab and "chess".
 */
export function conversationId(to: To): string {
  return typeof to === "string" ? to : groupPrefix + to.GroupId;
}

/** The conversation of a row, an event, a pending message or a search, as the methods of the client take it. */
export function toOf({ To_Account, GroupId }: { To_Account?: string | undefined; GroupId?: string | undefined }): To {
  return GroupId === undefined ? (To_Account ?? "") : { GroupId };
}

/** The conversation with an id, by the fields that name it in requests, rows and events. */
export function nameOf(id: string): ConversationName {
  return id.startsWith(groupPrefix) ? { GroupId: id.slice(groupPrefix.length) } : { To_Account: id };
}

/** The id of the conversation that these fields name. */
export function idOf(named: { To_Account?: string | undefined; GroupId?: string | undefined }): string {
  return conversationId(toOf(named));
}
