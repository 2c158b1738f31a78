import { PeerFace } from "../groups/face.tsx";
import { groupOf } from "../peer.ts";
import { go } from "../route.ts";
import type { Session } from "../session.ts";
import { connection } from "../status.ts";
import { lastSeen, memberCount } from "../text.ts";
import { Icon } from "../ui/icon.tsx";

/** The header of a thread: the other user and what that user is doing, or the group. */
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
        onClick={() =>
          go(groupOf(peer) === undefined ? { view: "contacts", user: peer } : { view: "chats", peer, about: true })
        }
      >
        <PeerFace peer={peer} />
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

/** The status of the other user, as far as it is known, or the size of the group. A problem of the connection is shown instead. */
function about(session: Session, peer: string): { text: string; tone: string } {
  const own = connection(session);
  if (own.tone !== "good") return own;
  const GroupId = groupOf(peer);
  if (GroupId !== undefined) {
    const group = session.parley.groupInfo(GroupId);
    if (!group?.SelfInfo) return { text: group ? "You are not a member" : "", tone: "" };
    return { text: memberCount(group.MemberNum), tone: "" };
  }
  if (session.typing.has(peer)) return { text: "typing…", tone: "typing" };
  const presence = session.presence.get(peer);
  if (presence?.Status === "Online") return { text: presence.CustomStatus || "Online", tone: "good" };
  return { text: presence?.LastMs ? lastSeen(presence.LastMs) : presence?.Status ? "Offline" : "", tone: "" };
}
