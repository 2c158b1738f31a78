import { type Caller, subject } from "./operations.ts";
import type {
  BlockOperations,
  ConversationOperations,
  FriendOperations,
  MessageOperations,
  Operations,
  PresenceOperations,
  ProfileOperations,
  SessionOperations,
} from "./types.ts";

/** The operations of the server, by their subjects. */
export class Subjects implements Operations {
  readonly session: SessionOperations;
  readonly profile: ProfileOperations;
  readonly presence: PresenceOperations;
  readonly friend: FriendOperations;
  readonly block: BlockOperations;
  readonly message: MessageOperations;
  readonly conversation: ConversationOperations;

  constructor(perform: Caller) {
    this.session = subject("session", perform);
    this.profile = subject("profile", perform);
    this.presence = subject("presence", perform);
    this.friend = subject("friend", perform);
    this.block = subject("block", perform);
    this.message = subject("message", perform);
    this.conversation = subject("conversation", perform);
  }
}
