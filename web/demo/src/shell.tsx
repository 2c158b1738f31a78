import { useEffect, useLayoutEffect, useReducer, useRef } from "preact/hooks";
import { GroupPage } from "./groups/page.tsx";
import { List } from "./list/list.tsx";
import { groupOf } from "./peer.ts";
import { Contacts } from "./people/contacts.tsx";
import { Me } from "./people/me.tsx";
import { go, type Route, useRoute } from "./route.ts";
import { type Session, useSession } from "./session.ts";
import { Thread } from "./thread/thread.tsx";
import { Icon, type IconName, Mark } from "./ui/icon.tsx";

/** The page of a signed-in user: the navigation, a list, and what is open from it. A narrow screen shows one of them. */
export function Shell({ leave }: { leave: () => void }) {
  const session = useSession();
  const route = useRoute();
  const search = useRef<HTMLInputElement>(null);
  const [, rerender] = useReducer<number, void>((n) => n + 1, 0);
  const peer = route.view === "chats" && route.peer !== session.me ? route.peer : undefined;
  const groupId = peer === undefined ? undefined : groupOf(peer);
  const open = peer !== undefined || (route.view === "contacts" && route.user !== undefined);

  const unread = session.parley.unread;
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${session.name(session.me)} · Parley`;
  });
  useLayoutEffect(() => {
    const minute = setInterval(rerender, 60_000); // relative times on the page grow old
    for (const name of ["online", "offline"]) addEventListener(name, session.changed);
    document.addEventListener("visibilitychange", session.changed);
    return () => {
      clearInterval(minute);
      for (const name of ["online", "offline"]) removeEventListener(name, session.changed);
      document.removeEventListener("visibilitychange", session.changed);
    };
  }, [session]);
  useLayoutEffect(() => {
    const key = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        const hidden = route.view !== "chats" || (open && matchMedia("(max-width: 719px)").matches);
        if (hidden) go({ view: "chats" });
        if (hidden) requestAnimationFrame(() => search.current?.select());
        else search.current?.select();
      } else if (event.key === "Escape" && open && !event.isComposing && !event.defaultPrevented) {
        if (route.view === "chats" && route.about && peer !== undefined) go({ view: "chats", peer });
        else go(route.view === "contacts" ? { view: "contacts" } : { view: "chats" });
      }
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [route.view, open]);

  return (
    <div class={open ? "shell open" : "shell"}>
      <Banner session={session} />
      <Rail route={route} counts={{ chats: unread, contacts: session.people.unread }} />
      {route.view === "chats" && <List selected={peer} search={search} />}
      <p class="notice" role="status">
        {session.notice}
      </p>
      {route.view === "contacts" && <Contacts user={route.user} />}
      {route.view === "me" && <Me leave={leave} />}
      {route.view === "chats" && (
        <main class="main">
          {peer === undefined || route.view !== "chats" ? (
            <Nothing />
          ) : groupId !== undefined && route.about ? (
            <GroupPage key={peer} GroupId={groupId} />
          ) : (
            <Thread key={peer} peer={peer} visit={route} />
          )}
        </main>
      )}
    </div>
  );
}

const places: { view: Route["view"]; label: string; icon: IconName }[] = [
  { view: "chats", label: "Chats", icon: "chat" },
  { view: "contacts", label: "Contacts", icon: "people" },
  { view: "me", label: "Me", icon: "person" },
];

/** The navigation between the views: at the side, or at the bottom of a narrow screen. */
function Rail({ route, counts }: { route: Route; counts: Partial<Record<Route["view"], number>> }) {
  return (
    <nav class="rail" aria-label="Parley">
      {places.map(({ view, label, icon }) => (
        <button
          key={view}
          type="button"
          class="rail-button"
          aria-current={route.view === view ? "page" : undefined}
          onClick={() => go({ view })}
        >
          <Icon name={icon} />
          <span>{label}</span>
          <Badge count={counts[view] ?? 0} />
        </button>
      ))}
    </nav>
  );
}

function Badge({ count }: { count: number }) {
  return count === 0 ? null : (
    <span class="badge">
      {count > 99 ? "99+" : count}
      <span class="hidden"> unread</span>
    </span>
  );
}

/** What the page says after a kick, by the reason of the kick. */
const kickTexts: Readonly<Record<string, string>> = {
  replaced: "You signed in on another device, so this one was signed off.",
  kicked: "This device was signed off from another one.",
  banned: "This account is banned.",
  deleted: "This account was deleted.",
};

/** A state in which the page does not work until the user decides: a kick, a refusal, a sign-out. */
function Banner({ session }: { session: Session }) {
  const { state } = session.parley;
  const text =
    state === "kicked"
      ? (kickTexts[session.kick?.Reason ?? ""] ?? "This device was signed off.")
      : state === "refused"
        ? "The cloud did not accept this user."
        : state === "offline" && session.started
          ? "You signed out in another tab."
          : "";
  return (
    <div class="banner" role="alert">
      {text && (
        <>
          <span>{text}</span>
          <button type="button" class="button small" onClick={() => session.start()}>
            {state === "kicked" ? "Use here" : state === "refused" ? "Try again" : "Sign in again"}
          </button>
        </>
      )}
    </div>
  );
}

/** The main area while no conversation is open. */
function Nothing() {
  return (
    <section class="nothing">
      <Mark />
      <h2>Pick up the thread</h2>
      <p class="muted">
        Choose a conversation, or press <kbd>Ctrl K</kbd> and type a user ID to start one.
      </p>
    </section>
  );
}
