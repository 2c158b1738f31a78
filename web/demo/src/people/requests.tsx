import { useEffect } from "preact/hooks";
import { useSession } from "../session.ts";
import { when } from "../text.ts";
import { Person } from "./row.tsx";

/** Who asks to be a friend. To show them is to have read them. */
export function Requests({ selected }: { selected: string | undefined }) {
  const session = useSession();
  const { people } = session;
  const { unread } = people;
  useEffect(() => {
    if (unread > 0) people.readRequests().catch(() => {}); // they are still unread, and the next showing tries again
  }, [people, unread]);
  return (
    <div class="scroll">
      <ul class="rows" aria-label="Requests">
        {people.requests.map(({ To_Account: user, AddWording, TimeMs }) => (
          <li key={user} class="request" data-person={user}>
            <Person user={user} selected={user === selected}>
              {AddWording || user}
            </Person>
            <time class="request-time">{when(TimeMs)}</time>
            <Answer user={user} />
          </li>
        ))}
      </ul>
      {people.requests.length === 0 && <p class="hint">Nobody is waiting for an answer.</p>}
    </div>
  );
}

/** Accepts or rejects somebody who asks. */
export function Answer({ user }: { user: string }) {
  const session = useSession();
  const { people } = session;
  const name = session.name(user);
  return (
    <div class="answer">
      <button
        type="button"
        class="button"
        aria-label={`Accept ${name}`}
        onClick={() => void session.try("The request was not accepted.", people.accept(user))}
      >
        Accept
      </button>
      <button
        type="button"
        class="button soft"
        aria-label={`Reject ${name}`}
        onClick={() => void session.try("The request was not rejected.", people.reject(user))}
      >
        Reject
      </button>
    </div>
  );
}
