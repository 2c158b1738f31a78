import { useEffect } from "preact/hooks";
import { useSession } from "../session.ts";
import { shortTime } from "../text.ts";
import { Person } from "./row.tsx";

/** The friend requests of others. When they are shown, they are marked as read. */
export function Requests({ selected }: { selected: string | undefined }) {
  const session = useSession();
  const { people } = session;
  const { requests, unread } = people;
  useEffect(() => {
    // If this fails, it is tried again when the requests are shown next.
    if (requests.length > 0 && unread > 0) people.readRequests().catch(() => {});
  }, [people, requests, unread]);
  return (
    <div class="scroll">
      <ul class="rows" aria-label="Requests">
        {requests.map(({ To_Account: user, AddWording, TimeMs }) => (
          <li key={user} class="request" data-person={user}>
            <Person user={user} selected={user === selected} side={shortTime(TimeMs)}>
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

/** The buttons that accept or reject a friend request. */
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
