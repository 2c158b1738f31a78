import { fold } from "@parley/client";
import { useState } from "preact/hooks";
import { signatureTag } from "../profile.ts";
import { useSession } from "../session.ts";
import { Field } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { moveFocus } from "../ui/menu.tsx";
import { groupByLetter } from "./alphabet.ts";
import { ListBar } from "./lists.tsx";
import { Person } from "./row.tsx";

/** The friends from A to Z: all, those of a friend list, or those that match the search. */
export function Friends({ selected, add }: { selected: string | undefined; add: () => void }) {
  const session = useSession();
  const { people } = session;
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<string>();
  const list = chosen !== undefined && people.lists.includes(chosen) ? chosen : undefined;
  const wanted = fold(query.trim());
  const matches = (user: string) =>
    [user, session.name(user), session.nick(user)].some((text) => fold(text).includes(wanted));
  const shown = [...people.friends.values()].filter(
    ({ user, lists }) => (list === undefined || lists.includes(list)) && matches(user),
  );
  const about = (user: string) =>
    session.presence.get(user)?.CustomStatus || session.profiles.get(user)[signatureTag] || user;
  return (
    <>
      <div class="search-box">
        <Icon name="search" />
        <Field
          label="Find a friend"
          class="search"
          type="search"
          placeholder="Find a friend"
          autocapitalize="none"
          spellcheck={false}
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
      </div>
      <ListBar chosen={list} choose={setChosen} />
      <section class="scroll" aria-label="Friends" onKeyDown={moveFocus}>
        {groupByLetter(shown, ({ user }) => session.name(user)).map(({ letter, entries }) => (
          <div key={letter}>
            <h2 class="rows-title letter">{letter}</h2>
            <ul class="rows">
              {entries.map(({ user }) => (
                <li key={user} data-person={user}>
                  <Person user={user} selected={user === selected}>
                    {about(user)}
                  </Person>
                </li>
              ))}
            </ul>
          </div>
        ))}
        {people.loaded && people.friends.size === 0 && (
          <div class="empty">
            <p>No friends yet.</p>
            <button type="button" class="button soft" onClick={add}>
              Add a friend
            </button>
          </div>
        )}
        {people.friends.size > 0 && shown.length === 0 && (
          <p class="hint">{wanted ? "No friend matches." : "Nobody is in this list. Add friends on their cards."}</p>
        )}
      </section>
    </>
  );
}
