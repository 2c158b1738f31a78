import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { signatureTag } from "../profile.ts";
import { useSession } from "../session.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { maxBytes } from "./fields.ts";
import { LabelledField } from "./labelledField.tsx";
import { outcomeOf } from "./outcome.ts";

interface Props {
  onClose: () => void;
  /** The other user is a friend now, or has received a request. */
  onDone: (user: string) => void;
}

/** Adds a friend: asks for the user ID, unless it is given, then for the text of the request. */
export function AddFriend({ user, onClose, onDone }: Props & { user?: string }) {
  const [found, setFound] = useState(user);
  return (
    <Dialog title="Add a friend" class="confirm" onClose={onClose}>
      <h2>Add a friend</h2>
      {found === undefined ? (
        <FindUserForm onClose={onClose} onFound={setFound} />
      ) : (
        <RequestForm user={found} onClose={onClose} onDone={onDone} />
      )}
    </Dialog>
  );
}

/** Asks for a user ID and checks whether there is such a user. */
function FindUserForm({ onClose, onFound }: { onClose: () => void; onFound: (user: string) => void }) {
  const session = useSession();
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const find = async (event: SubmitEvent) => {
    event.preventDefault();
    const user = name.trim();
    setProblem("");
    if (user === session.me) return setProblem("That is you.");
    if (session.people.friends.has(user)) return setProblem("You are friends already.");
    try {
      if (await session.exists(user)) onFound(user);
      else setProblem("There is no such user.");
    } catch (error) {
      setProblem(session.describeError(error));
    }
  };
  return (
    <form class="form" onSubmit={find}>
      <LabelledField label="User ID" bytes={maxBytes.user} value={name} set={setName} exact required />
      <p class="problem" role="status">
        {problem}
      </p>
      <div class="dialog-buttons">
        <button type="button" class="button soft" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class="button" disabled={!name.trim()}>
          Find
        </button>
      </div>
    </form>
  );
}

/** Shows the user who was found, and sends the request with a greeting. */
function RequestForm({ user, onClose, onDone }: Props & { user: string }) {
  const session = useSession();
  const [wording, setWording] = useState("");
  const [remark, setRemark] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => form.current?.querySelector("input")?.focus(), []); // the element that had the focus was removed
  const name = session.nick(user);
  const ask = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { done, text } = outcomeOf(
        await session.people.add({ user, wording: wording.trim(), remark: remark.trim() }),
      );
      if (done) {
        session.showNotice(text);
        onDone(user);
      } else setProblem(text);
    } catch (error) {
      setProblem(session.describeError(error));
    }
    setBusy(false);
  };
  return (
    <form ref={form} class="form" onSubmit={ask}>
      <div class="found">
        <Avatar id={user} name={name} face={session.face(user)} online={session.online(user)} />
        <div class="who">
          <strong class="who-name" dir="auto">
            {name}
          </strong>
          <span class="muted">{user}</span>
        </div>
        <p class="found-about muted" dir="auto">
          {session.profiles.get(user)[signatureTag]}
        </p>
      </div>
      <LabelledField
        label="Greeting"
        placeholder={`Hello, this is ${session.nick(session.me)}.`}
        bytes={maxBytes.wording}
        value={wording}
        set={setWording}
      />
      <LabelledField
        label="Your name for them"
        placeholder={name}
        bytes={maxBytes.remark}
        value={remark}
        set={setRemark}
      />
      <p class="problem" role="status">
        {problem}
      </p>
      <div class="dialog-buttons">
        <button type="button" class="button soft" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class="button" disabled={busy}>
          Add friend
        </button>
      </div>
    </form>
  );
}
