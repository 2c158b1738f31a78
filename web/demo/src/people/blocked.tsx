import { useSession } from "../session.ts";
import { shortTime } from "../text.ts";
import { Person } from "./row.tsx";

/** The users whom the signed-in user has blocked. */
export function Blocked({ selected }: { selected: string | undefined }) {
  const session = useSession();
  const { people } = session;
  return (
    <div class="scroll">
      <ul class="rows" aria-label="Blocked">
        {people.blocked.map(({ To_Account: user, AddBlackTimeStamp }) => (
          <li key={user} class="blocked" data-person={user}>
            <Person user={user} selected={user === selected}>
              Since {shortTime(AddBlackTimeStamp * 1000)}
            </Person>
            <button
              type="button"
              class="button soft"
              aria-label={`Unblock ${session.name(user)}`}
              onClick={() => void session.try("The user is still blocked.", people.unblock(user))}
            >
              Unblock
            </button>
          </li>
        ))}
      </ul>
      {people.blocked.length === 0 && (
        <p class="hint">
          Nobody is blocked. A blocked user cannot write to you or ask to be a friend, and is not told.
        </p>
      )}
    </div>
  );
}
