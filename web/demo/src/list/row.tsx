import { type Conversation, preview } from "@parley/client";
import { useSession } from "../session.ts";
import { when } from "../text.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";

interface Props {
  selected: boolean;
  open: (peer: string) => void;
}

/** A conversation in the list. */
export function ConversationRow({ row, selected, open }: Props & { row: Conversation }) {
  const session = useSession();
  const peer = row.To_Account;
  const pending = session.pending(peer);
  const failed = pending.some(({ error }) => error !== undefined);
  const last = pending.at(-1);
  const text = failed ? "Not sent" : last ? preview(last.draft.MsgBody) : (row.LastMsg?.Preview ?? "");
  const unread = selected && document.visibilityState === "visible" ? 0 : row.Unread;
  return (
    <li data-peer={peer}>
      <button type="button" class="row" aria-current={selected || undefined} onClick={() => open(peer)}>
        <Avatar id={peer} name={session.name(peer)} />
        <span class="row-name" dir="auto">
          {session.name(peer)}
        </span>
        <time class="row-time">{when(last?.time ?? row.TimeMs)}</time>
        <span class={failed ? "row-preview failed" : "row-preview"} dir="auto">
          {text}
        </span>
        {unread > 0 && (
          <span class="badge">
            {unread > 99 ? "99+" : unread}
            <span class="hidden"> unread</span>
          </span>
        )}
      </button>
    </li>
  );
}

/** Somebody without a conversation yet. */
export function PersonRow({ peer, selected, open }: Props & { peer: string }) {
  const session = useSession();
  return (
    <li data-peer={peer}>
      <button type="button" class="row" aria-current={selected || undefined} onClick={() => open(peer)}>
        <Avatar id={peer} name={session.name(peer)} />
        <span class="row-name" dir="auto">
          {session.name(peer)}
        </span>
        <span class="row-preview">Say hello</span>
      </button>
    </li>
  );
}

/** The way to somebody whose user ID was typed. */
export function StartRow({ user, open }: { user: string; open: (peer: string) => void }) {
  return (
    <li>
      <button type="button" class="row" onClick={() => open(user)}>
        <span class="avatar avatar-m avatar-new" aria-hidden="true">
          <Icon name="plus" />
        </span>
        <span class="row-name">Start a chat</span>
        <span class="row-preview" dir="auto">
          with {user}
        </span>
      </button>
    </li>
  );
}
