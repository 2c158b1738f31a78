import { go } from "../route.ts";
import type { Session } from "../session.ts";
import { connection } from "../status.ts";
import { lastSeen } from "../text.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";

/** The header of a thread: the other user, and what that user is doing. */
export function Head({ session, peer }: { session: Session; peer: string }) {
  const name = session.name(peer);
  const { text, tone } = about(session, peer);
  return (
    <header class="thread-head">
      <button
        type="button"
        class="icon-button back"
        aria-label="Back to conversations"
        onClick={() => go({ view: "chats" })}
      >
        <Icon name="back" />
      </button>
      <button
        type="button"
        class="thread-who"
        title={`About ${name}`}
        onClick={() => go({ view: "contacts", user: peer })}
      >
        <Avatar id={peer} name={name} face={session.face(peer)} />
        <span class="who">
          <span class="who-name" dir="auto">
            {name}
          </span>
          <span class="status" data-tone={tone}>
            {text}
          </span>
        </span>
      </button>
    </header>
  );
}

/** The status of the other user, as far as it is known. A problem of the connection is shown instead. */
function about(session: Session, peer: string): { text: string; tone: string } {
  const own = connection(session);
  if (own.tone !== "good") return own;
  if (session.typing.has(peer)) return { text: "typing…", tone: "typing" };
  const presence = session.presence.get(peer);
  if (presence?.Status === "Online") return { text: presence.CustomStatus || "Online", tone: "good" };
  return { text: presence?.LastMs ? lastSeen(presence.LastMs) : presence?.Status ? "Offline" : "", tone: "" };
}
