import type { GroupMember, KnownGroup } from "@parley/client";
import { useState } from "preact/hooks";
import { groupPeer } from "../peer.ts";
import { NameList } from "../people/lists.tsx";
import { go } from "../route.ts";
import { useSession } from "../session.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { type Choice, Menu, type Point, pointBelow } from "../ui/menu.tsx";
import { type Rights, roles } from "./rights.ts";

/** For this time an admin mutes a member, seconds. */
const muteSeconds = 60 * 60;

interface Props {
  group: KnownGroup;
  rights: Rights;
  /** Adds people; undefined: the user may not. */
  invite: (() => void) | undefined;
}

/** The members of a group, page by page, with a menu of what the user may do with each. */
export function Members({ group, rights, invite }: Props) {
  const session = useSession();
  const { parley } = session;
  const { GroupId, MemberNum } = group;
  const [menu, setMenu] = useState<{ member: GroupMember; at: Point }>();
  const [open, setOpen] = useState<{ member: GroupMember; what: "remove" | "transfer" | "card" }>();
  const members = session.members(GroupId);
  const nameOf = (user: string) => session.nameIn(groupPeer(GroupId), user);
  const close = () => setOpen(undefined);
  const user = open?.member.Member_Account ?? "";
  const name = nameOf(user);
  return (
    <section class="panel-box members" aria-label="Members">
      <header class="box-head">
        <h2>Members</h2>
        {invite && (
          <button type="button" class="icon-button" aria-label="Add people" onClick={invite}>
            <Icon name="personAdd" />
          </button>
        )}
      </header>
      <ul class="member-list" aria-label="Members">
        {members.map((member) => {
          const { Member_Account, Role, NameCard, MuteUntil = 0 } = member;
          const called = nameOf(Member_Account);
          const muted = MuteUntil * 1000 > Date.now();
          return (
            <li key={Member_Account} class="member" data-member={Member_Account}>
              <Avatar id={Member_Account} name={called} face={session.face(Member_Account)} size="s" />
              <span class="member-name">
                <span dir="auto">{called}</span>
                {NameCard && (
                  <span class="muted" dir="auto">
                    {session.name(Member_Account)}
                  </span>
                )}
              </span>
              {muted && <Icon name="mic" label="Muted" />}
              {roles[Role] && <span class="role">{roles[Role]}</span>}
              {Member_Account === session.me ? (
                <span class="muted member-you">You</span>
              ) : (
                <button
                  type="button"
                  class="icon-button"
                  aria-label={`More about ${called}`}
                  aria-haspopup="menu"
                  onClick={(event) => setMenu({ member, at: pointBelow(event.currentTarget) })}
                >
                  <Icon name="more" />
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {members.length > 0 && members.length < MemberNum && (
        <button
          type="button"
          class="button soft wide"
          onClick={() => void session.try("The members did not load.", parley.loadMembers(GroupId))}
        >
          Show more
        </button>
      )}
      {menu && (
        <Menu
          label={nameOf(menu.member.Member_Account)}
          at={menu.at}
          choices={choicesOf(menu.member)}
          onClose={() => setMenu(undefined)}
        />
      )}
      {open?.what === "card" && (
        <NameList
          title={`Name card of ${session.name(user)}`}
          action="Save"
          name={open.member.NameCard ?? ""}
          onSave={(NameCard) =>
            void session.try(
              "The name card was not saved.",
              parley.group.memberSet({ GroupId, Member_Account: user, NameCard }),
            )
          }
          onClose={close}
        />
      )}
      {open?.what === "remove" && (
        <Confirm
          title={`Remove ${name} from the group?`}
          action="Remove"
          onConfirm={() =>
            void session.try("Nobody was removed.", parley.group.remove({ GroupId, MemberToDel_Account: [user] }))
          }
          onClose={close}
        />
      )}
      {open?.what === "transfer" && (
        <Confirm
          title={`Make ${name} the owner of the group?`}
          action="Give away"
          onConfirm={() =>
            void session.try("The owner is the same.", parley.group.transfer({ GroupId, NewOwner_Account: user }))
          }
          onClose={close}
        >
          <p class="muted">You become an ordinary member, and cannot undo this.</p>
        </Confirm>
      )}
    </section>
  );

  function choicesOf(member: GroupMember): Choice[] {
    const { Member_Account, Role, MuteUntil = 0 } = member;
    const { group } = parley;
    const muted = MuteUntil * 1000 > Date.now();
    const admin = Role === "Admin";
    const choices: Choice[] = [
      { icon: "chat", label: "Message", run: () => go({ view: "chats", peer: Member_Account }) },
      { icon: "person", label: "Show the card", run: () => go({ view: "contacts", user: Member_Account }) },
    ];
    if (rights.card(Role))
      choices.push({ icon: "edit", label: "Name card", run: () => setOpen({ member, what: "card" }) });
    if (rights.admins) {
      const call = () => group.setRole({ GroupId, Member_Account, Role: admin ? "Member" : "Admin" });
      choices.push({
        icon: "pin",
        label: admin ? "Make an ordinary member" : "Make an admin",
        run: () => session.try("The role was not changed.", call()),
      });
    }
    if (rights.mute(Role)) {
      const call = () => group.mute({ GroupId, Members_Account: [Member_Account], MuteTime: muted ? 0 : muteSeconds });
      choices.push({
        icon: "mic",
        label: muted ? "Unmute" : "Mute for an hour",
        run: () => session.try("It was not changed.", call()),
      });
    }
    if (rights.transfer) {
      choices.push({ icon: "person", label: "Make the owner", run: () => setOpen({ member, what: "transfer" }) });
    }
    if (rights.remove(Role)) {
      choices.push({
        icon: "leave",
        label: "Remove from the group",
        danger: true,
        run: () => setOpen({ member, what: "remove" }),
      });
    }
    return choices;
  }
}
