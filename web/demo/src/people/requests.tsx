import { useEffect } from "preact/hooks";
import { useSession } from "../session.ts";
import { when } from "../text.ts";
import { Person } from "./row.tsx";

/** Who asks to be a friend. To show them is to have read them. */
export function Requests({ selected }: { selected: string | undefined }) {
  const session = useSession();
  const { people } = session;
  const { requests, unread } = people;
  useEffect(() => {
    if (requests.length > 0 && unread > 0) people.readRequests().catch(() => {}); // the next showing tries again
  }, [people, requests, unread]);
  return (
    <div class="scroll">
      <ul class="rows" aria-label="Requests">
        {requests.map(({ To_Account: user, AddWording, TimeMs }) => (
          <li key={user} class="request" data-person={user}>
            <Person user={user} selected={user === selected} side={when(TimeMs)}>
              {AddWording || user}
            </Person>
            <Answer user={user} />
          </li>
        ))}
      </ul>
      {requests.length === 0 && <p class="hint">Nobody is waiting for an answer.</p>}
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
