import type { KnownGroup } from "@parley/client";

/** The types of groups that a person can create, in the order in which they are offered. */
export const groupTypes: Readonly<Record<string, { name: string; about: string }>> = {
  Private: { name: "Work", about: "For people who know each other. Members add members; nobody else finds the group." },
  Public: { name: "Public", about: "Others find it by its ID and ask to join. The owner and the admins decide." },
  ChatRoom: { name: "Meeting", about: "Everybody with its ID joins at once and reads what was said before." },
};

/** What the user may do in a group (docs/reference/group-types.md). */
export interface Rights {
  /** Changes the name, the introduction and the notice. */
  profile: boolean;
  /** Decides who may join. */
  joining: boolean;
  /** Answers those who ask to join. */
  approve: boolean;
  invite: boolean;
  transfer: boolean;
  destroy: boolean;
  quit: boolean;
  /** Makes members admins. */
  admins: boolean;
  /** Mutes all members. */
  muteAll: boolean;
  /** Whether the user may mute, or remove, a member with a role. */
  mute: (role: string) => boolean;
  remove: (role: string) => boolean;
  /** Whether the user may set the name card of a member with a role. */
  card: (role: string) => boolean;
}

const rank: Readonly<Record<string, number>> = { Owner: 2, Admin: 1, Member: 0 };

/** What the user may do in a group, by its type and the role of the user. */
export function rightsOf({ Type, SelfInfo, InviteJoinOption }: KnownGroup): Rights {
  const role = SelfInfo?.Role ?? "";
  const own = rank[role] ?? -1;
  const work = Type === "Private";
  const member = own >= 0;
  const owner = own === 2;
  const leads = own >= 1;
  const above = (other: string) => own > (rank[other] ?? 0);
  const leadsOthers = work ? owner : leads;
  return {
    profile: work ? member : Type === "Public" ? leads : owner,
    joining: !work && (Type === "Public" ? leads : owner),
    approve: leads,
    invite: member && (InviteJoinOption ? InviteJoinOption !== "DisableInvite" : work),
    transfer: owner,
    destroy: owner && !work,
    quit: member && (work || !owner),
    admins: owner && !work,
    muteAll: leads && !work,
    mute: (other) => !work && leads && above(other),
    remove: (other) => leadsOthers && above(other),
    card: (other) => leads && above(other),
  };
}

/** The labels of the roles. An ordinary member has none. */
export const roles: Readonly<Record<string, string>> = { Owner: "Owner", Admin: "Admin" };
