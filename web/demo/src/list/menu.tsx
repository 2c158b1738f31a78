import { type Conversation, conversationId, toOf } from "@parley/client";
import { useState } from "preact/hooks";
import { named } from "../peer.ts";
import type { Session } from "../session.ts";
import { Confirm } from "../ui/dialog.tsx";
import { type Choice, Menu, type Point } from "../ui/menu.tsx";
import { silent } from "./row.tsx";

interface Props {
  session: Session;
  row: Conversation;
  onClose: () => void;
}

/** The menu of a conversation. `onDelete` asks for confirmation first. */
export function ConversationMenu({ session, row, at, onClose, onDelete }: Props & { at: Point; onDelete: () => void }) {
  const { conversation } = session.parley;
  const to = toOf(row);
  const peer = conversationId(to);
  const name = named(peer);
  const pinned = Boolean(row.PinnedMs);
  const muted = (row.ReceiveOption ?? 0) >= silent;
  const choices: Choice[] = [
    {
      icon: pinned ? "pinOff" : "pin",
      label: pinned ? "Unpin" : "Pin to the top",
      run: () => session.try("It was not pinned.", conversation.pin({ ...name, Pinned: !pinned })),
    },
    {
      icon: muted ? "bell" : "bellOff",
      label: muted ? "Unmute" : "Mute",
      run: () => {
        const ReceiveOption = muted ? 0 : silent;
        const listed = row.GroupId === undefined ? { To_Account: [peer] } : { GroupId: [row.GroupId] };
        session.try("It was not changed.", conversation.option({ ...listed, ReceiveOption }));
      },
    },
  ];
  if (row.Unread > 0) {
    choices.push({
      icon: "checks",
      label: "Mark as read",
      run: () => session.try("It was not marked.", session.parley.read(to)),
    });
  }
  choices.push({ icon: "trash", label: "Delete", danger: true, run: onDelete });
  return <Menu label={`Conversation with ${session.name(peer)}`} at={at} choices={choices} onClose={onClose} />;
}

/** Asks whether to delete a conversation, with or without its history. `onDelete` is called if the user confirms. */
export function DeleteConversation({ session, row, onDelete, onClose }: Props & { onDelete: () => void }) {
  const [clear, setClear] = useState(false);
  const peer = conversationId(toOf(row));
  const remove = () => {
    const request = { ...named(peer), ClearRamble: clear ? 1 : 0 };
    session.try("The conversation was not deleted.", session.parley.conversation.delete(request));
    onDelete();
  };
  return (
    <Confirm
      title={`Delete the conversation with ${session.name(peer)}?`}
      action="Delete"
      onConfirm={remove}
      onClose={onClose}
    >
      <p class="muted">It comes back with the next message. Nothing changes for others.</p>
      <label class="option">
        <input type="checkbox" checked={clear} onChange={(event) => setClear(event.currentTarget.checked)} />
        Also clear the history
      </label>
    </Confirm>
  );
}
