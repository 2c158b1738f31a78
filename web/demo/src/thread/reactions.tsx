import type { AnyMessage } from "@parley/client";
import type { Session } from "../session.ts";
import { moveFocus } from "../ui/menu.tsx";

/** The reactions that the menu offers first. */
export const quick = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

const more = [
  ..."👎 👏 🙌 👋 🤝 💪 ✌️ 👌 🤞 🫶 😀 😅 🤣 😊 😍 🥰 😘 😉 😎 🤓 🤔 🤨 😐 🙄 😴 😭 😡 🤯 😱 🥳 🎉 🎂 🔥 ✨ 💯 ✅ ❌ ❓ 👀 🚀 ☕ 🍕".split(
    " ",
  ),
];

/** All emoji to choose from. */
export function EmojiPicker({ choose }: { choose: (emoji: string) => void }) {
  return (
    <fieldset class="picker" aria-label="Emoji" onKeyDown={moveFocus}>
      {[...quick, ...more].map((emoji) => (
        <button key={emoji} type="button" class="emoji" onClick={() => choose(emoji)}>
          {emoji}
        </button>
      ))}
    </fieldset>
  );
}

interface Props {
  session: Session;
  message: AnyMessage;
  toggle: (reaction: string) => void;
}

/** The reactions to a message, each with its count. A reaction of the signed-in user is shown as pressed. */
export function Reactions({ session, message, toggle }: Props) {
  const list = message.ReactionList ?? [];
  if (list.length === 0) return null;
  return (
    <div class="reactions">
      {list.map(({ Reaction, From_Account }) => {
        const names = From_Account.map((user) => (user === session.me ? "you" : session.name(user))).join(", ");
        return (
          <button
            key={Reaction}
            type="button"
            class="chip"
            aria-pressed={From_Account.includes(session.me)}
            title={names}
            onClick={() => toggle(Reaction)}
          >
            <span class="chip-what">{Reaction}</span>
            {From_Account.length}
            <span class="hidden"> from {names}</span>
          </button>
        );
      })}
    </div>
  );
}
