import type { DirectConversation } from "@parley/client";
import { useState } from "preact/hooks";
import type { Session } from "../session.ts";
import { Confirm } from "../ui/dialog.tsx";
import { type Choice, Menu, type Point } from "../ui/menu.tsx";
import { silent } from "./row.tsx";

interface Props {
  session: Session;
  row: DirectConversation;
  onClose: () => void;
}

/** The menu of a conversation. `onDelete` asks for confirmation first. */
export function ConversationMenu({ session, row, at, onClose, onDelete }: Props & { at: Point; onDelete: () => void }) {
  const { conversation } = session.parley;
  const { To_Account } = row;
  const pinned = Boolean(row.PinnedMs);
  const muted = (row.ReceiveOption ?? 0) >= silent;
  const choices: Choice[] = [
    {
      icon: pinned ? "pinOff" : "pin",
      label: pinned ? "Unpin" : "Pin to the top",
      run: () => session.try("It was not pinned.", conversation.pin({ To_Account, Pinned: !pinned })),
    },
    {
      icon: muted ? "bell" : "bellOff",
      label: muted ? "Unmute" : "Mute",
      run: () => {
        const ReceiveOption = muted ? 0 : silent;
        session.try("It was not changed.", conversation.option({ To_Account: [To_Account], ReceiveOption }));
      },
    },
  ];
  if (row.Unread > 0) {
    choices.push({
      icon: "checks",
      label: "Mark as read",
      run: () => session.try("It was not marked.", session.parley.read(To_Account)),
    });
  }
  choices.push({ icon: "trash", label: "Delete", danger: true, run: onDelete });
  return <Menu label={`Conversation with ${session.name(To_Account)}`} at={at} choices={choices} onClose={onClose} />;
}

/** Asks whether to delete a conversation, with or without its history. `onDelete` is called if the user confirms. */
export function DeleteConversation({ session, row, onDelete, onClose }: Props & { onDelete: () => void }) {
  const [clear, setClear] = useState(false);
  const remove = () => {
    const request = { To_Account: row.To_Account, ClearRamble: clear ? 1 : 0 };
    session.try("The conversation was not deleted.", session.parley.conversation.delete(request));
    onDelete();
  };
  return (
    <Confirm
      title={`Delete the conversation with ${session.name(row.To_Account)}?`}
      action="Delete"
      onConfirm={remove}
      onClose={onClose}
    >
      <p class="muted">It comes back with the next message. Nothing changes for the other side.</p>
      <label class="option">
        <input type="checkbox" checked={clear} onChange={(event) => setClear(event.currentTarget.checked)} />
        Also clear the history
      </label>
    </Confirm>
  );
}
