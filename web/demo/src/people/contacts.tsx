import { go } from "../route.ts";
import { useSession } from "../session.ts";
import { Avatar } from "../ui/avatar.tsx";

/** The people to talk to: those that the cloud names. */
export function Contacts(_: { user: string | undefined }) {
  const session = useSession();
  return (
    <section class="sidebar" aria-label="Contacts">
      <header class="sidebar-head">
        <h1 class="who-name">Contacts</h1>
      </header>
      <ul class="rows scroll">
        {session.others.map((user) => (
          <li key={user}>
            <button type="button" class="row" onClick={() => go({ view: "chats", peer: user })}>
              <Avatar id={user} name={session.name(user)} />
              <span class="row-name" dir="auto">
                {session.name(user)}
              </span>
              <span class="row-preview">{user}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
