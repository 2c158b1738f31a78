import { useState } from "preact/hooks";
import { go } from "../route.ts";
import { useSession } from "../session.ts";
import { Icon } from "../ui/icon.tsx";
import { AddFriend } from "./add.tsx";
import { Blocked } from "./blocked.tsx";
import { Card } from "./card.tsx";
import { Friends } from "./friends.tsx";
import { Requests } from "./requests.tsx";
import { type Tab, Tabs } from "./tabs.tsx";

type Part = "friends" | "requests" | "blocked";

/** The contacts: friends, friend requests and blocked users, and next to them the card of one user. */
export function Contacts({ user }: { user: string | undefined }) {
  const session = useSession();
  const { people } = session;
  const [part, setPart] = useState<Part>("friends");
  const [adding, setAdding] = useState(false);
  const parts: Tab<Part>[] = [
    { name: "friends", label: "Friends" },
    { name: "requests", label: "Requests", count: people.requests.length, fresh: people.unread > 0 },
    { name: "blocked", label: "Blocked" },
  ];
  return (
    <>
      <section class="sidebar" aria-label="Contacts">
        <header class="sidebar-head">
          <h1 class="who who-name">Contacts</h1>
          <button type="button" class="icon-button" aria-label="Add a friend" onClick={() => setAdding(true)}>
            <Icon name="personAdd" />
          </button>
        </header>
        <Tabs label="Contacts" tabs={parts} chosen={part} choose={setPart}>
          {part === "friends" && <Friends selected={user} add={() => setAdding(true)} />}
          {part === "requests" && <Requests selected={user} />}
          {part === "blocked" && <Blocked selected={user} />}
        </Tabs>
      </section>
      <main class="main">
        {user === undefined || user === session.me ? <Nobody /> : <Card key={user} user={user} />}
      </main>
      {adding && (
        <AddFriend
          onClose={() => setAdding(false)}
          onDone={(added) => {
            setAdding(false);
            go({ view: "contacts", user: added });
          }}
        />
      )}
    </>
  );
}

/** The main area while no user is chosen. */
function Nobody() {
  return (
    <section class="nothing">
      <Icon name="people" />
      <h2>The people you know</h2>
      <p class="muted">Choose somebody to see their card, or add a friend by their user ID.</p>
    </section>
  );
}
