import { useState } from "preact/hooks";
import { groupPeer } from "../peer.ts";
import { maxBytes } from "../people/fields.ts";
import { LabelledField } from "../people/labelledField.tsx";
import { useSession } from "../session.ts";
import { Dialog } from "../ui/dialog.tsx";
import { PickPeople } from "./pick.tsx";
import { groupTypes } from "./rights.ts";

/** Creates a group: its name, its type and its first members. */
export function NewGroup({ onClose, onDone }: { onClose: () => void; onDone: (peer: string) => void }) {
  const session = useSession();
  const [name, setName] = useState("");
  const [type, setType] = useState("Private");
  const [picked, setPicked] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const create = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { group } = session.parley;
      const { GroupId } = await group.create({ Type: type, Name: name.trim(), MemberList: [...picked] });
      await session.parley.loadGroup(GroupId).catch(() => {}); // otherwise an event brings its name
      onClose();
      onDone(groupPeer(GroupId));
    } catch (error) {
      setProblem(session.describeError(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title="New group" class="confirm" onClose={onClose}>
      <h2>New group</h2>
      <form class="form" onSubmit={create}>
        <LabelledField label="Name" bytes={maxBytes.list} value={name} set={setName} required />
        <fieldset class="types">
          <legend class="line-label">Type</legend>
          {Object.entries(groupTypes).map(([value, { name, about }]) => (
            <label key={value} class="type">
              <input type="radio" name="type" checked={type === value} onChange={() => setType(value)} />
              <strong>{name}</strong>
              <span class="muted">{about}</span>
            </label>
          ))}
        </fieldset>
        <PickPeople picked={picked} setPicked={setPicked} />
        <p class="problem" role="status">
          {problem}
        </p>
        <div class="dialog-buttons">
          <button type="button" class="button soft" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button" disabled={busy || !name.trim()}>
            Create
          </button>
        </div>
      </form>
    </Dialog>
  );
}
