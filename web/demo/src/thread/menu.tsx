import { useState } from "preact/hooks";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { type Choice, Menu, type Point, walk } from "../ui/menu.tsx";
import { type Actions, abilities } from "./actions.ts";
import type { Intent } from "./composer.tsx";
import type { Item } from "./lines.ts";
import { EmojiPicker, quick } from "./reactions.tsx";

interface Props {
  item: Item;
  at: Point;
  /** Opens with the whole field of emoji. */
  picking: boolean;
  actions: Actions;
  intend: (intent: Intent) => void;
  /** Deletes for the user, having asked. */
  onDelete: () => void;
  onClose: () => void;
}

/** What can be done with a message: reactions first, then the rest. */
export function MessageMenu({ item, at, picking, actions, intend, onDelete, onClose }: Props) {
  const [all, setAll] = useState(picking);
  const { message } = item;
  const can = abilities(item, Date.now());
  const choices: Choice[] = [];
  if (message && can.answer) {
    choices.push({ icon: "reply", label: "Reply", run: () => intend({ kind: "reply", message }) });
  }
  if (can.copy) choices.push({ icon: "copy", label: "Copy text", run: () => actions.copy(item) });
  if (message && can.edit) {
    choices.push({ icon: "edit", label: "Edit", run: () => intend({ kind: "edit", message }) });
  }
  if (message && can.recall) {
    choices.push({ icon: "undo", label: "Recall for everyone", run: () => void actions.recall(message) });
  }
  if (can.delete) choices.push({ icon: "trash", label: "Delete for me", danger: true, run: onDelete });
  const react = (emoji: string) => {
    onClose();
    if (message) actions.toggle(message, emoji);
  };
  if (all) {
    return (
      <Dialog title="React with an emoji" class="menu picking" at={at} onClose={onClose}>
        <EmojiPicker choose={react} />
      </Dialog>
    );
  }
  return (
    <Menu label="Message" at={at} choices={choices} onClose={onClose}>
      {can.answer && (
        <fieldset class="quick" aria-label="React" onKeyDown={walk}>
          {quick.map((emoji) => (
            <button
              key={emoji}
              type="button"
              class="emoji"
              aria-label={`React with ${emoji}`}
              onClick={() => react(emoji)}
            >
              {emoji}
            </button>
          ))}
          <button type="button" class="emoji" aria-label="More emoji" onClick={() => setAll(true)}>
            <Icon name="plus" />
          </button>
        </fieldset>
      )}
    </Menu>
  );
}
