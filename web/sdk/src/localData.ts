import { conversationId } from "./conversations/conversationId.ts";
import type { ConversationStore } from "./conversations/conversationStore.ts";
import type { GroupDirectory } from "./groups/groupDirectory.ts";
import type { Outbox } from "./messages/outbox.ts";
import { groupByConversation } from "./messages/searchResults.ts";
import { OperationGroups } from "./operations/operationGroups.ts";
import type { Persistence } from "./storage/persistence.ts";
import type {
  AnyMessage,
  Conversation,
  Found,
  FriendRow,
  GroupMember,
  GroupProfile,
  KnownGroup,
  MessageOf,
  Pending,
  RowOf,
  To,
  UserCard,
} from "./types.ts";
import type { UserDirectory } from "./users/userDirectory.ts";

/** The parts of a client that have its data. */
export interface LocalParts {
  conversations: ConversationStore;
  groups: GroupDirectory;
  outbox: Outbox;
  persistence: Persistence;
  users: UserDirectory;
}

/** What a client has in memory and on this device. The properties and methods that read it need no network. */
export abstract class LocalData extends OperationGroups {
  protected abstract readonly local: LocalParts;

  /**
   * The conversations with users and of groups: pinned ones first (the latest pin at the
   * top), then the newest. A new array after each change.
   */
  get conversations(): readonly Conversation[] {
    return this.local.conversations.rows;
  }

  /** How many messages are unread in all conversations, except those that are muted (`ReceiveOption`). */
  get unread(): number {
    return this.local.conversations.rows.reduce((sum, row) => sum + (row.ReceiveOption ? 0 : row.Unread), 0);
  }

  /** The row of a conversation; undefined if this client does not know it. */
  find<T extends To>(to: T): RowOf<T> | undefined {
    return this.local.conversations.find(conversationId(to))?.row as RowOf<T> | undefined;
  }

  /**
   * The messages of a conversation in memory, ascending; of a group, its tips are among
   * them. After `history(to)` they are, and stay, the newest without a gap.
   */
  timeline<T extends To>(to: T): readonly MessageOf<T>[] {
    const messages: readonly AnyMessage[] = this.local.conversations.find(conversationId(to))?.timeline.messages ?? [];
    return messages as readonly MessageOf<T>[];
  }

  /** The messages of a conversation that are not known to be stored, in the order in which they were written. */
  pending(to: To): readonly Pending[] {
    return this.local.outbox.pending(conversationId(to));
  }

  /** Searches the words of the messages on this device, as {@link fold} folds them: newest first, by default 50. */
  search(text: string, { to, limit = 50 }: { to?: To; limit?: number } = {}): Promise<readonly AnyMessage[]> {
    return this.local.persistence.search(text, limit, to === undefined ? undefined : conversationId(to));
  }

  /** What `search` finds, by conversation: newest first, each with its newest messages, by default 3. */
  async searchConversations(text: string, { limit = 3 }: { limit?: number } = {}): Promise<readonly Found[]> {
    const found = await this.local.persistence.search(text, Number.MAX_SAFE_INTEGER);
    return groupByConversation(found, limit, (m) => this.local.conversations.peerOf(m));
  }

  /** The groups of the user, as this device stores them, ordered by ID. A new array after each change. */
  get groups(): readonly KnownGroup[] {
    return this.local.groups.groups;
  }

  /** What this client knows of a group. It works without a network. `loadGroup` reads all of its profile. */
  groupInfo(id: string): KnownGroup | undefined {
    return this.local.groups.find(id);
  }

  /** Reads the profile of a group, also of one that the user is not in. */
  loadGroup(id: string): Promise<GroupProfile> {
    return this.local.groups.load(id);
  }

  /** The members of a group in memory, in the order in which they joined. A new array after each change. */
  members(id: string): readonly GroupMember[] {
    return this.local.groups.members.members(id);
  }

  /** Reads the next 100 members of a group, unless all of them are in memory: `Complete`. Events keep them up to date. */
  loadMembers(id: string): Promise<{ Complete: boolean }> {
    return this.local.groups.members.load(id);
  }

  /** The friend table as this device stores it, ordered by user ID. A new array after each change. */
  get friends(): readonly FriendRow[] {
    return this.local.users.friends;
  }

  /** The friends whose ID, name or remark contains a text, as far as this device knows them. */
  searchFriends(text: string): readonly FriendRow[] {
    return this.local.users.searchFriends(text);
  }

  /** The name and face of a user, from the latest message, history or profile. It works without a network. */
  user(user: string): UserCard | undefined {
    return this.local.users.card(user);
  }
}
