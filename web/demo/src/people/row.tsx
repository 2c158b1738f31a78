import type { ComponentChildren } from "preact";
import { go } from "../route.ts";
import { useSession } from "../session.ts";
import { Avatar } from "../ui/avatar.tsx";

/** A user in a list. A click opens the card. `side` is shown next to the name, the children below it. */
export function Person(props: { user: string; selected: boolean; side?: string; children: ComponentChildren }) {
  const { user, selected, side, children } = props;
  const session = useSession();
  const name = session.name(user);
  return (
    <button
      type="button"
      class="row"
      aria-current={selected || undefined}
      onClick={() => go({ view: "contacts", user })}
    >
      <Avatar id={user} name={name} face={session.face(user)} online={session.online(user)} />
      <span class="row-name" dir="auto">
        {name}
      </span>
      {side && (
        <span class="row-side">
          <time>{side}</time>
        </span>
      )}
      <span class="row-preview" dir="auto">
        {children}
      </span>
    </button>
  );
}
