import type { KnownGroup } from "@parley/client";
import { useEffect, useState } from "preact/hooks";
import { groupPeer } from "../peer.ts";
import { go } from "../route.ts";
import { useSession } from "../session.ts";
import { memberCount } from "../text.ts";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { PeerFace } from "./face.tsx";
import { Members } from "./members.tsx";
import { PickPeople } from "./pick.tsx";
import { RequestList } from "./requests.tsx";
import { groupTypes, type Rights, rightsOf } from "./rights.ts";
import { OwnSettings, Settings } from "./settings.tsx";

/** The page of a group: its profile, its members, and what the user may change. */
export function GroupPage({ GroupId }: { GroupId: string }) {
  const session = useSession();
  const { parley } = session;
  const [problem, setProblem] = useState("");
  const group = parley.groupInfo(GroupId);
  const peer = groupPeer(GroupId);
  const name = session.name(peer);
  useEffect(() => {
    parley.loadGroup(GroupId).then(session.changed, (error) => setProblem(session.describeError(error)));
  }, [session, GroupId]);
  return (
    <article class="person scroll" aria-label={`About ${name}`}>
      <button
        type="button"
        class="icon-button back group-back"
        aria-label="Back to the conversation"
        onClick={() => go({ view: "chats", peer })}
      >
        <Icon name="back" />
      </button>
      <div class="person-body">
        <header class="person-head">
          <PeerFace peer={peer} size="xl" />
          <h1 dir="auto">{name}</h1>
          <p class="muted">
            {group ? `${groupTypes[group.Type]?.name ?? group.Type} group, ${memberCount(group.MemberNum)}` : problem}
          </p>
          {group?.Introduction && (
            <p class="person-about" dir="auto">
              {group.Introduction}
            </p>
          )}
        </header>
        {group?.SelfInfo && <Inside group={group} rights={rightsOf(group)} />}
        {group && !group.SelfInfo && <p class="hint">You are not a member of this group.</p>}
      </div>
    </article>
  );
}

/** What members see. */
function Inside({ group, rights }: { group: KnownGroup; rights: Rights }) {
  const session = useSession();
  const { GroupId } = group;
  const [open, setOpen] = useState<"invite" | "leave" | "disband">();
  const requests = session.requests.of(GroupId);
  const close = () => setOpen(undefined);
  const end = async (what: string, operation: Promise<unknown>) => {
    if (await session.try(what, operation)) go({ view: "chats" });
  };
  return (
    <>
      {group.Notification && (
        <section class="panel-box" aria-label="Notice">
          <h2 class="box-title">Notice</h2>
          <p class="group-text" dir="auto">
            {group.Notification}
          </p>
        </section>
      )}
      {requests.length > 0 && (
        <section class="panel-box" aria-label="Requests">
          <h2 class="box-title">Requests</h2>
          <RequestList list={requests} />
        </section>
      )}
      <Members group={group} rights={rights} invite={rights.invite ? () => setOpen("invite") : undefined} />
      <Settings group={group} rights={rights} />
      <OwnSettings group={group} />
      <section class="panel-box" aria-label="Profile">
        <dl class="facts">
          <div class="fact">
            <dt>Group ID</dt>
            <dd>{GroupId}</dd>
          </div>
        </dl>
      </section>
      {(rights.quit || rights.destroy) && (
        <section class="panel-box rows" aria-label="More">
          {rights.quit && (
            <button type="button" class="choice danger" onClick={() => setOpen("leave")}>
              <Icon name="leave" />
              Leave the group
            </button>
          )}
          {rights.destroy && (
            <button type="button" class="choice danger" onClick={() => setOpen("disband")}>
              <Icon name="trash" />
              Disband the group
            </button>
          )}
        </section>
      )}
      {open === "invite" && <Invite group={group} onClose={close} />}
      {open === "leave" && (
        <Confirm
          title={`Leave ${group.Name}?`}
          action="Leave"
          onConfirm={() => void end("You did not leave the group.", session.parley.group.quit({ GroupId }))}
          onClose={close}
        >
          <p class="muted">You receive no more of its messages.</p>
        </Confirm>
      )}
      {open === "disband" && (
        <Confirm
          title={`Disband ${group.Name}?`}
          action="Disband"
          onConfirm={() => void end("The group was not disbanded.", session.parley.group.destroy({ GroupId }))}
          onClose={close}
        >
          <p class="muted">The group ends for all members, and its messages cannot be read any more.</p>
        </Confirm>
      )}
    </>
  );
}

/** What became of an invitation, by its result. */
const results: Readonly<Record<number, string>> = {
  0: "Somebody could not be added.",
  1: "Added.",
  2: "Somebody is a member already.",
  3: "Who is invited has to agree.",
  4: "The owner or an admin has to agree.",
};

/** Picks users and adds them to the group. */
function Invite({ group: { GroupId }, onClose }: { group: KnownGroup; onClose: () => void }) {
  const session = useSession();
  const [picked, setPicked] = useState<readonly string[]>([]);
  const members = new Set(session.members(GroupId).map(({ Member_Account }) => Member_Account));
  const invite = async (event: SubmitEvent) => {
    event.preventDefault();
    onClose();
    const call = session.parley.group.invite({ GroupId, MemberList: [...picked] });
    if (!(await session.try("Nobody was added.", call))) return;
    const codes = new Set((await call).MemberList.map(({ Result }) => Result));
    session.showNotice([...codes].map((code) => results[code]).join(" "));
  };
  return (
    <Dialog title="Add people" class="confirm" onClose={onClose}>
      <h2>Add people</h2>
      <form class="form" onSubmit={invite}>
        <PickPeople picked={picked} setPicked={setPicked} without={members} />
        <div class="dialog-buttons">
          <button type="button" class="button soft" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button" disabled={picked.length === 0}>
            Add to the group
          </button>
        </div>
      </form>
    </Dialog>
  );
}
