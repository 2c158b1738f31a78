import type { GroupProfile } from "@parley/client";
import { useState } from "preact/hooks";
import { groupPeer } from "../peer.ts";
import { maxBytes } from "../people/fields.ts";
import { LabelledField } from "../people/labelledField.tsx";
import { useSession } from "../session.ts";
import { memberCount } from "../text.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { groupTypes } from "./rights.ts";

/** Finds a group by its ID and joins it, or asks to join it. */
export function JoinGroup({ onClose, onDone }: { onClose: () => void; onDone: (peer: string) => void }) {
  const session = useSession();
  const { parley } = session;
  const [id, setId] = useState("");
  const [words, setWords] = useState("");
  const [found, setFound] = useState<GroupProfile>();
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      if (!found) {
        const group = await parley.loadGroup(id.trim());
        if (group.SelfInfo) {
          onClose();
          onDone(groupPeer(group.GroupId));
          return;
        }
        setFound(group);
      } else {
        const { GroupId } = found;
        const RemarkInfo = words.trim();
        const { JoinedStatus } = await parley.group.join({ GroupId, ...(RemarkInfo ? { RemarkInfo } : {}) });
        onClose();
        if (JoinedStatus === "JoinedSuccess") {
          await parley.loadGroup(GroupId).catch(() => {}); // otherwise an event brings the membership
          onDone(groupPeer(GroupId));
        } else session.showNotice("Your request is sent. You are a member when an admin accepts it.");
        return;
      }
    } catch (error) {
      setProblem(session.describeError(error));
    }
    setBusy(false);
  };
  const closed = found?.ApplyJoinOption === "DisableApply";
  return (
    <Dialog title="Join a group" class="confirm" onClose={onClose}>
      <h2>Join a group</h2>
      <form class="form" onSubmit={submit}>
        {found ? (
          <>
            <div class="found">
              <Avatar id={groupPeer(found.GroupId)} name={found.Name} face={found.FaceUrl} />
              <div class="who">
                <strong class="who-name" dir="auto">
                  {found.Name}
                </strong>
                <span class="muted">
                  {groupTypes[found.Type]?.name} group, {memberCount(found.MemberNum)}
                </span>
              </div>
              <p class="found-about muted" dir="auto">
                {found.Introduction}
              </p>
            </div>
            {closed && <p class="muted">This group takes no new members.</p>}
            {found.ApplyJoinOption === "NeedPermission" && (
              <LabelledField label="A word to the admins" bytes={maxBytes.request} value={words} set={setWords} />
            )}
          </>
        ) : (
          <LabelledField label="Group ID" bytes={maxBytes.group} value={id} set={setId} exact required />
        )}
        <p class="problem" role="status">
          {problem}
        </p>
        <div class="dialog-buttons">
          <button type="button" class="button soft" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button" disabled={busy || closed || !id.trim()}>
            {!found ? "Find" : found.ApplyJoinOption === "NeedPermission" ? "Ask to join" : "Join"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
