import type { Tip } from "@parley/client";

/** Names in a sentence: "Ann", "Ann and Ben", "Ann, Ben and Cy", "Ann, Ben, Cy and 4 others". */
export function listOf(names: readonly string[]): string {
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} others`] : names;
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}` : (shown[0] ?? "");
}

const asksToJoin: Readonly<Record<string, string>> = {
  FreeAccess: "everybody may join now",
  NeedPermission: "who wants to join has to ask now",
  DisableApply: "nobody may join now",
};

/** What a tip says to the user `me` (docs/spec/tencent §19.1). `name` is the name of a member; that of `me` is "you". */
export function tipText(tip: Tip, me: string, name: (user: string) => string): string {
  const { Type, Operator_Account, MemberList = [], Invited, GroupInfo = {}, MuteTime } = tip;
  const called = (user: string) => (user === me ? "you" : name(user));
  const who = Operator_Account === undefined ? "The app" : called(Operator_Account);
  const whom = listOf(MemberList.map(called));
  const own = MemberList.length === 1 && MemberList[0] === Operator_Account;
  const is = MemberList.length > 1 || MemberList[0] === me ? "are" : "is";
  return capital(sentence());

  function sentence(): string {
    switch (Type) {
      case 1:
        return Invited || !(own || Operator_Account === undefined)
          ? `${who} added ${whom}`
          : `${whom} joined the group`;
      case 2:
        return `${whom || who} left the group`;
      case 3:
        return `${who} removed ${whom}`;
      case 4:
        return `${whom} ${is} now ${MemberList.length > 1 ? "admins" : "an admin"}`;
      case 5:
        return `${whom} ${is} no longer ${MemberList.length > 1 ? "admins" : "an admin"}`;
      case 6:
        return profileText();
      case 7:
        return MuteTime ? `${who} muted ${whom}` : `${who} unmuted ${whom}`;
      default:
        return "The group has changed";
    }
  }

  function profileText(): string {
    const { Name, Introduction, Notification, FaceUrl, Owner_Account, MuteAllMember, ApplyJoinOption } = GroupInfo;
    const parts = [
      Name !== undefined && `named the group “${Name}”`,
      Introduction !== undefined && (Introduction ? "changed the introduction" : "removed the introduction"),
      Notification !== undefined && (Notification ? `set the notice: ${Notification}` : "removed the notice"),
      FaceUrl !== undefined && "changed the picture of the group",
      Owner_Account !== undefined && `gave the group to ${called(Owner_Account)}`,
      MuteAllMember !== undefined && (MuteAllMember === "On" ? "muted all members" : "ended the mute of all members"),
      ApplyJoinOption !== undefined && `changed who may join: ${asksToJoin[ApplyJoinOption] ?? ApplyJoinOption}`,
    ].filter((part) => part !== false);
    return `${who} ${listOf(parts) || "changed the group"}`;
  }
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
