import { type Conversation, conversationId, toOf } from "@parley/client";
import { useEffect } from "preact/hooks";
import { PeerFace } from "../groups/face.tsx";
import { useSession } from "../session.ts";
import { shortTime } from "../text.ts";
import { Avatar } from "../ui/avatar.tsx";
import { useContextMenu } from "../ui/contextMenu.ts";
import { Icon } from "../ui/icon.tsx";
import { type Point, pointBelow } from "../ui/menu.tsx";
import { previewOf, tipPreview } from "./preview.ts";

interface Props {
  selected: boolean;
  open: (peer: string) => void;
}

/** The receive option of a muted conversation: its messages are delivered, but not pushed. */
export const silent = 1;

/** A conversation in the list. `menu` opens its menu at a point. */
export function ConversationRow(props: Props & { row: Conversation; menu: (at: Point) => void }) {
  const { row, selected, open, menu } = props;
  const session = useSession();
  const menuProps = useContextMenu(menu);
  const { parley, me } = session;
  const to = toOf(row);
  const peer = conversationId(to);
  const name = session.name(peer);
  const pending = parley.pending(to);
  const last = parley.timeline(to).at(-1);
  const tip =
    row.LastMsg?.Preview === tipPreview && last?.MsgKey !== row.LastMsg.MsgKey ? row.LastMsg.MsgKey : undefined;
  const online = parley.state === "online";
  useEffect(() => {
    // The row does not say what a tip says. If this fails, the row shows that there is a tip.
    if (tip && online) parley.history(to, { limit: 1 }).catch(() => {});
  }, [parley, tip, online]);
  const preview = previewOf({
    me,
    row,
    pending,
    last,
    typing: session.typing.has(peer),
    draft: selected ? "" : session.draft(row),
    name: (user, card) => card || session.nameIn(peer, user),
  });
  const unread = selected && document.visibilityState === "visible" ? 0 : row.Unread;
  const muted = (row.ReceiveOption ?? 0) >= silent;
  return (
    <li class="item" data-peer={row.To_Account} data-group={row.GroupId} data-pinned={row.PinnedMs ? "" : undefined}>
      <button type="button" class="row" aria-current={selected || undefined} onClick={() => open(peer)} {...menuProps}>
        <PeerFace peer={peer} online />
        <span class="row-name">
          <span dir="auto">{name}</span>
          {muted && <Icon name="bellOff" label="muted" />}
        </span>
        <span class="row-side">
          {row.PinnedMs && <Icon name="pin" label="pinned" />}
          <time>{shortTime(pending.at(-1)?.since ?? row.TimeMs)}</time>
        </span>
        <span class="row-preview" data-tone={preview.tone}>
          {unread > 0 && row.AtMe?.length ? <span class="row-at">@me </span> : null}
          {unread > 0 && row.AtAll ? <span class="row-at">@all </span> : null}
          {preview.lead && <span class="row-lead">{preview.lead} </span>}
          <bdi>{preview.text}</bdi>
        </span>
        {unread > 0 && (
          <span class={muted ? "badge quiet" : "badge"}>
            {unread > 99 ? "99+" : unread}
            <span class="hidden"> unread</span>
          </span>
        )}
      </button>
      <button
        type="button"
        class="icon-button more"
        aria-label={`More about the conversation with ${name}`}
        aria-haspopup="menu"
        onClick={(event) => menu(pointBelow(event.currentTarget))}
      >
        <Icon name="more" />
      </button>
    </li>
  );
}

/** A user without a conversation. */
export function PersonRow({ peer, selected, open }: Props & { peer: string }) {
  const session = useSession();
  const name = session.name(peer);
  return (
    <li data-peer={peer}>
      <button type="button" class="row" aria-current={selected || undefined} onClick={() => open(peer)}>
        <Avatar id={peer} name={name} face={session.face(peer)} online={session.online(peer)} />
        <span class="row-name" dir="auto">
          {name}
        </span>
        <span class="row-preview">Say hello</span>
      </button>
    </li>
  );
}

/** Starts a conversation with the user whose ID was typed. */
export function StartRow({ user, open }: { user: string; open: (peer: string) => void }) {
  return (
    <li>
      <button type="button" class="row" onClick={() => open(user)}>
        <span class="avatar avatar-m avatar-new" aria-hidden="true">
          <Icon name="plus" />
        </span>
        <span class="row-name">Start a chat</span>
        <span class="row-preview">
          with <bdi>{user}</bdi>
        </span>
      </button>
    </li>
  );
}
