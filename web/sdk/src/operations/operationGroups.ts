import type {
  BlockOperations,
  ConversationOperations,
  FriendOperations,
  GroupOperations,
  MessageOperations,
  Operations,
  PresenceOperations,
  ProfileOperations,
  SessionOperations,
} from "../types.ts";

/** Calls an operation by its name on the wire, such as `friend.add`. */
export type CallOperation = (action: string, body: object) => Promise<unknown>;

/** The operations of the server, by their groups. */
export class OperationGroups implements Operations {
  readonly session: SessionOperations;
  readonly profile: ProfileOperations;
  readonly presence: PresenceOperations;
  readonly friend: FriendOperations;
  readonly block: BlockOperations;
  readonly message: MessageOperations;
  readonly conversation: ConversationOperations;
  readonly group: GroupOperations;

  constructor(call: CallOperation) {
    this.session = operationGroup("session", call);
    this.profile = operationGroup("profile", call);
    this.presence = operationGroup("presence", call);
    this.friend = operationGroup("friend", call);
    this.block = operationGroup("block", call);
    this.message = operationGroup("message", call);
    this.conversation = operationGroup("conversation", call);
    this.group = operationGroup("group", call);
  }
}

/**
 * The operations of one group as methods: the method `listCreate` of the group `friend`
 * calls the operation `friend.list-create`. The types in the folder api, which are generated
 * from the server's source, say which operations there are and what they take.
 */
function operationGroup<Methods extends object>(group: string, call: CallOperation): Methods {
  return new Proxy({} as Methods, {
    get: (_, method) =>
      typeof method === "string" ? (body: object = {}) => call(`${group}.${kebabCase(method)}`, body) : undefined,
  });
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
