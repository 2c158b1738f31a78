import { useState } from "preact/hooks";
import { useSession } from "../session.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { setTheme, type Theme, theme } from "../ui/theme.ts";
import { Devices } from "./devices.tsx";
import { EditProfile } from "./edit.tsx";
import { maxBytes } from "./fields.ts";
import { LabelledField } from "./labelledField.tsx";

/** The signed-in user: profile, status, devices, appearance of the page, sign-out. */
export function Me({ leave }: { leave: () => void }) {
  const session = useSession();
  const [leaving, setLeaving] = useState(false);
  const { me } = session;
  const name = session.nick(me);
  return (
    <main class="page scroll" aria-label="Me">
      <div class="person-body">
        <header class="person-head">
          <Avatar id={me} name={name} face={session.face(me)} size="xl" />
          <h1 dir="auto">{name}</h1>
          <p class="muted">{me}</p>
        </header>
        <Status />
        <EditProfile />
        <Devices />
        <Look />
        <button type="button" class="button soft wide" onClick={() => setLeaving(true)}>
          Sign out
        </button>
        {leaving && (
          <Confirm title="Sign out?" action="Sign out" onConfirm={leave} onClose={() => setLeaving(false)}>
            <p class="muted">
              This device forgets your conversations, and messages that were not sent yet are lost. What is stored in
              the cloud stays.
            </p>
          </Confirm>
        )}
      </div>
    </main>
  );
}

/** The custom status of the user. */
function Status() {
  const session = useSession();
  const { me, parley } = session;
  const known = session.presence.get(me)?.CustomStatus ?? "";
  const [edited, setEdited] = useState<string>();
  const text = edited ?? known;
  const save = async (CustomStatus: string) => {
    if (!(await session.try("The status was not saved.", parley.presence.set({ CustomStatus })))) return;
    session.presence.refresh(me);
    setEdited(undefined);
  };
  return (
    <form
      class="panel-box inline-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save(text.trim());
      }}
    >
      <LabelledField
        label="Status"
        placeholder="What are you up to?"
        bytes={maxBytes.status}
        value={text}
        set={setEdited}
      />
      <button type="submit" class="button soft" disabled={text.trim() === known}>
        Set
      </button>
    </form>
  );
}

const themes: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };

function Look() {
  const [chosen, choose] = useState(theme);
  return (
    <fieldset class="panel-box">
      <legend>Appearance</legend>
      {(Object.keys(themes) as Theme[]).map((name) => (
        <label key={name} class="option">
          <input
            type="radio"
            name="theme"
            checked={chosen === name}
            onChange={() => {
              setTheme(name);
              choose(name);
            }}
          />
          {themes[name]}
        </label>
      ))}
    </fieldset>
  );
}
