import { useState } from "preact/hooks";
import { maxBytes } from "../people/fields.ts";
import { LabelledField } from "../people/labelledField.tsx";
import { useSession } from "../session.ts";
import { Avatar } from "../ui/avatar.tsx";

interface Props {
  picked: readonly string[];
  setPicked: (users: readonly string[]) => void;
  /** Users who cannot be picked. */
  without?: ReadonlySet<string>;
}

/** Picks users: from those whom the user knows, or by their IDs. */
export function PickPeople({ picked, setPicked, without = new Set() }: Props) {
  const session = useSession();
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState("");
  const { parley, people, me } = session;
  const peers = parley.conversations.flatMap(({ To_Account = [] }) => To_Account);
  const known = [...new Set([...picked, ...people.friends.keys(), ...peers, ...session.others])]
    .filter((user) => user !== me && !without.has(user))
    .sort((a, b) => session.name(a).localeCompare(session.name(b)));
  const add = async () => {
    const user = typed.trim();
    if (!user) return;
    setProblem("");
    try {
      if (user === me || without.has(user)) return setProblem("This user is in the group already.");
      if (!(await session.exists(user))) return setProblem("There is no such user.");
      setPicked([...new Set([...picked, user])]);
      setTyped("");
    } catch (error) {
      setProblem(session.describeError(error));
    }
  };
  const toggle = async (user: string, on: boolean) => {
    if (on) await session.ensureAccount(user);
    setPicked(on ? [...picked, user] : picked.filter((other) => other !== user));
  };
  return (
    <fieldset class="pick">
      <legend class="line-label">People</legend>
      <ul class="scroll pick-list">
        {known.map((user) => (
          <li key={user}>
            <label class="pick-row">
              <input
                type="checkbox"
                checked={picked.includes(user)}
                onChange={(event) => void toggle(user, event.currentTarget.checked)}
              />
              <Avatar id={user} name={session.name(user)} face={session.face(user)} size="s" />
              <span class="pick-name" dir="auto">
                {session.name(user)}
              </span>
            </label>
          </li>
        ))}
      </ul>
      <div class="inline-form">
        <LabelledField label="Add by user ID" bytes={maxBytes.user} value={typed} set={setTyped} exact />
        <button type="button" class="button soft" disabled={!typed.trim()} onClick={() => void add()}>
          Add
        </button>
      </div>
      <p class="problem" role="status">
        {problem}
      </p>
    </fieldset>
  );
}
