import type { GroupUpdateRequest, KnownGroup } from "@parley/client";
import { useState } from "preact/hooks";
import { Choice } from "../people/edit.tsx";
import { maxBytes } from "../people/fields.ts";
import { LabelledField } from "../people/labelledField.tsx";
import { useSession } from "../session.ts";
import type { Rights } from "./rights.ts";

const joinOptions = {
  FreeAccess: "Everybody, at once",
  NeedPermission: "Whom an admin accepts",
  DisableApply: "Nobody",
};

const inviteOptions = {
  FreeAccess: "Members, at once",
  NeedPermission: "Members, if an admin agrees",
  DisableInvite: "Nobody",
};

const receiveOptions = {
  AcceptAndNotify: "Show and notify",
  AcceptNotNotify: "Show, do not notify",
  AcceptNotNotifyExceptAt: "Notify only if I am mentioned",
  Discard: "Do not receive",
};

/** What the user may change of the group. */
export function Settings({ group, rights }: { group: KnownGroup; rights: Rights }) {
  const session = useSession();
  const { GroupId, Type } = group;
  if (!rights.profile && !rights.joining && !rights.muteAll) return null;
  const update = async (fields: Omit<GroupUpdateRequest, "GroupId">) => {
    const { parley } = session;
    const done = await session.try("The group was not changed.", parley.group.update({ GroupId, ...fields }));
    if (done) await parley.loadGroup(GroupId).catch(() => {}); // otherwise an event brings the change
  };
  const muteAll = async (on: boolean) => {
    const { parley } = session;
    const call = parley.group.muteAll({ GroupId, MuteAllMember: on ? "On" : "Off" });
    if (await session.try("It was not changed.", call)) await parley.loadGroup(GroupId).catch(() => {});
  };
  return (
    <section class="panel-box" aria-label="Settings">
      <h2 class="box-title">Settings</h2>
      {rights.profile && <EditGroup key={group.InfoSeq} group={group} save={update} />}
      {rights.joining && (
        <div class="pair">
          <Choice
            label="Who may join"
            options={joinOptions}
            value={group.ApplyJoinOption ?? ""}
            set={(ApplyJoinOption) => void update({ ApplyJoinOption })}
          />
          <Choice
            label="Who may add people"
            options={inviteOptions}
            value={group.InviteJoinOption ?? ""}
            set={(InviteJoinOption) => void update({ InviteJoinOption })}
          />
        </div>
      )}
      {rights.muteAll && Type !== "Private" && (
        <label class="option">
          <input
            type="checkbox"
            checked={group.MuteAllMember === "On"}
            onChange={(event) => void muteAll(event.currentTarget.checked)}
          />
          Only the owner and the admins can write
        </label>
      )}
    </section>
  );
}

/** The texts of the group. */
function EditGroup(props: { group: KnownGroup; save: (fields: Omit<GroupUpdateRequest, "GroupId">) => Promise<void> }) {
  const { group, save } = props;
  const [edited, setEdited] = useState<Partial<Record<"Name" | "Introduction" | "Notification", string>>>({});
  const changed = Object.fromEntries(
    Object.entries(edited)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([name, value]) => value !== (group[name as keyof typeof edited] ?? "")),
  );
  const text = (name: keyof typeof edited) => ({
    value: edited[name] ?? group[name] ?? "",
    set: (value: string) => setEdited({ ...edited, [name]: value }),
  });
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save(changed);
      }}
    >
      <LabelledField label="Name" bytes={maxBytes.list} required {...text("Name")} />
      <LabelledField label="Introduction" bytes={maxBytes.introduction} {...text("Introduction")} />
      <LabelledField label="Notice" bytes={maxBytes.request} {...text("Notification")} />
      <div class="dialog-buttons">
        <button type="submit" class="button" disabled={Object.keys(changed).length === 0 || changed.Name === ""}>
          Save
        </button>
      </div>
    </form>
  );
}

/** What the user sets for themselves in the group. */
export function OwnSettings({ group: { GroupId, SelfInfo } }: { group: KnownGroup }) {
  const session = useSession();
  const { parley, me } = session;
  const own = session.members(GroupId).find(({ Member_Account }) => Member_Account === me)?.NameCard ?? "";
  const [edited, setEdited] = useState<string>();
  const card = edited ?? own;
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const call = parley.group.memberSet({ GroupId, NameCard: card.trim() });
    if (await session.try("The name was not saved.", call)) setEdited(undefined);
  };
  return (
    <section class="panel-box" aria-label="For you">
      <h2 class="box-title">For you</h2>
      <form class="inline-form" onSubmit={save}>
        <LabelledField
          label="Your name in the group"
          placeholder={session.nick(me)}
          bytes={maxBytes.card}
          value={card}
          set={setEdited}
        />
        <button type="submit" class="button soft" disabled={card.trim() === own}>
          Set
        </button>
      </form>
      <Choice
        label="Messages of the group"
        options={receiveOptions}
        value={SelfInfo?.MsgFlag ?? ""}
        set={(MsgFlag) => void session.try("It was not changed.", parley.group.option({ GroupId, MsgFlag }))}
      />
    </section>
  );
}
