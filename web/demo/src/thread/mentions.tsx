import { type AtInfo, fold } from "@parley/client";
import { groupOf, groupPeer } from "../peer.ts";
import type { Session } from "../session.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";

/** How many members are offered. */
const maxOffered = 8;

/** The label of a mention of all members. */
const all = "all";

/** Whom a text can mention: a member, or all members (no user). */
export interface Mention {
  label: string;
  user?: string;
}

/** The mention that is being written before the caret: where its "@" is, and the letters after it. */
export function mentionAt(text: string, caret: number): { from: number; letters: string } | undefined {
  const match = /(?:^|\s)@([^\s@]{0,30})$/u.exec(text.slice(0, caret));
  return match ? { from: caret - (match[1] ?? "").length - 1, letters: match[1] ?? "" } : undefined;
}

/** The mentions that begin with some letters, of members of a group whom the user may mean. */
export function offered(session: Session, peer: string, letters: string): Mention[] {
  const GroupId = groupOf(peer);
  if (GroupId === undefined) return [];
  const wanted = fold(letters);
  const members = session
    .members(GroupId)
    .map(({ Member_Account: user }) => ({ user, label: session.nameIn(groupPeer(GroupId), user) }))
    .filter(
      ({ user, label }) => user !== session.me && (fold(label).includes(wanted) || fold(user).startsWith(wanted)),
    );
  return [...(all.startsWith(wanted) ? [{ label: all }] : []), ...members].slice(0, maxOffered);
}

/** The mentions that a text still has, in the order of the text, as a message carries them. */
export function atInfo(text: string, chosen: readonly Mention[]): AtInfo[] {
  return chosen
    .map((mention) => ({ mention, at: text.indexOf(`@${mention.label}`) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)
    .map(({ mention: { user } }) =>
      user === undefined ? { GroupAtAllFlag: 1 } : { GroupAtAllFlag: 0, GroupAt_Account: user },
    );
}

/** The mentions that are offered, above the field. The field keeps the focus. */
export function MentionList(props: {
  session: Session;
  id: string;
  list: readonly Mention[];
  selected: number;
  choose: (mention: Mention) => void;
}) {
  const { session, id, list, selected, choose } = props;
  return (
    <div id={id} class="mention-list scroll" role="listbox" aria-label="Mention somebody">
      {list.map((mention, i) => {
        const { label, user } = mention;
        return (
          <div
            key={user ?? ""}
            id={`${id}-${i}`}
            class="mention"
            role="option"
            tabIndex={-1}
            aria-selected={i === selected}
            onPointerDown={(event) => {
              event.preventDefault(); // the field keeps the focus
              choose(mention);
            }}
          >
            {user === undefined ? (
              <span class="avatar avatar-s avatar-new" aria-hidden="true">
                <Icon name="people" />
              </span>
            ) : (
              <Avatar id={user} name={label} face={session.face(user)} size="s" />
            )}
            <span class="mention-name" dir="auto">
              {label}
            </span>
            {user === undefined && <span class="muted">every member</span>}
          </div>
        );
      })}
    </div>
  );
}
