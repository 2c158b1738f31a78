import { groupOf } from "../peer.ts";
import { useSession } from "../session.ts";
import { hue, initials } from "../text.ts";
import { Avatar } from "../ui/avatar.tsx";

/** How many members a group's picture shows. */
const maxFaces = 9;

interface Props {
  peer: string;
  size?: "s" | "m" | "l" | "xl";
  /** Shows with a dot whether a user is online. */
  online?: boolean;
}

/** The picture of a user or a group. A group without a picture of its own shows the faces of its first members. */
export function PeerFace({ peer, size = "m", online = false }: Props) {
  const session = useSession();
  const GroupId = groupOf(peer);
  const name = session.name(peer);
  const face = session.face(peer);
  if (GroupId === undefined) {
    return <Avatar id={peer} name={name} face={face} size={size} online={online && session.online(peer)} />;
  }
  const members = session.members(GroupId).slice(0, maxFaces);
  if (face || members.length === 0) return <Avatar id={peer} name={name} face={face} size={size} />;
  const columns = members.length > 4 ? 3 : members.length > 1 ? 2 : 1;
  return (
    <span class={`avatar avatar-${size} avatar-group`} aria-hidden="true" style={{ "--columns": columns }}>
      {members.map(({ Member_Account: user }) => {
        const own = session.face(user);
        return (
          <span key={user} class="avatar" style={{ "--hue": hue(user) }}>
            {own ? <img src={own} alt="" referrerpolicy="no-referrer" /> : initials(session.nick(user)).slice(0, 1)}
          </span>
        );
      })}
    </span>
  );
}
