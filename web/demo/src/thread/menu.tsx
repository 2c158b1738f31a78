import { useState } from "preact/hooks";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { type Choice, Menu, moveFocus, type Point } from "../ui/menu.tsx";
import { type Actions, abilities } from "./actions.ts";
import type { Intent } from "./composer.tsx";
import type { Item } from "./lines.ts";
import { EmojiPicker, quick } from "./reactions.tsx";

interface Props {
  item: Item;
  at: Point;
  /** Opens with all emoji. */
  picking: boolean;
  actions: Actions;
  setIntent: (intent: Intent) => void;
  /** Asks for confirmation and deletes the message for the user. */
  onDelete: () => void;
  /** Shows which members have read the message. */
  onReaders: () => void;
  onClose: () => void;
}

/** The menu of a message: reactions first, then the other actions. */
export function MessageMenu({ item, at, picking, actions, setIntent, onDelete, onReaders, onClose }: Props) {
  const [all, setAll] = useState(picking);
  const { message } = item;
  const can = abilities(item, Date.now());
  const choices: Choice[] = [];
  if (message && can.answer) {
    choices.push({ icon: "reply", label: "Reply", run: () => setIntent({ kind: "reply", message }) });
  }
  if (can.copy) choices.push({ icon: "copy", label: "Copy text", run: () => actions.copy(item) });
  if (message && can.edit) {
    choices.push({ icon: "edit", label: "Edit", run: () => setIntent({ kind: "edit", message }) });
  }
  if (message && can.recall) {
    choices.push({ icon: "undo", label: "Recall for everyone", run: () => void actions.recall(message) });
  }
  if (message?.ReadBy?.length) choices.push({ icon: "checks", label: "Who has read it", run: onReaders });
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
        <fieldset class="quick" aria-label="React" onKeyDown={moveFocus}>
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
