import { isDirect, type Message } from "@parley/client";
import { useEffect, useState } from "preact/hooks";
import { go } from "../route.ts";
import type { Session } from "../session.ts";
import { excerptAround, shortTime, textOf } from "../text.ts";
import { Avatar } from "../ui/avatar.tsx";

/** How long the search waits after the last key, ms. */
const pause = 150;

/** The messages on this device that contain a text. */
export function useFound(session: Session, text: string): readonly Message[] {
  const [found, setFound] = useState<readonly Message[]>([]);
  useEffect(() => {
    setFound([]);
    if (!text) return;
    let over = false;
    const timer = setTimeout(async () => {
      const messages = await session.parley.search(text, { limit: 30 });
      if (!over) setFound(messages.filter(isDirect));
    }, pause);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [session, text]);
  return found;
}

/** A message that was found. A click opens its conversation at the message. */
export function FoundRow({ session, message, text }: { session: Session; message: Message; text: string }) {
  const mine = message.From_Account === session.me;
  const peer = mine ? message.To_Account : message.From_Account;
  const name = session.name(peer);
  const { before, hit, after } = excerptAround(textOf(message), text);
  return (
    <li>
      <button type="button" class="row" onClick={() => go({ view: "chats", peer, message: message.MsgKey })}>
        <Avatar id={peer} name={name} face={session.face(peer)} />
        <span class="row-name" dir="auto">
          {name}
        </span>
        <span class="row-side">
          <time>{shortTime(message.MsgTime * 1000)}</time>
        </span>
        <span class="row-preview">
          {mine && <span class="row-lead">You: </span>}
          <bdi>
            {before}
            <mark>{hit}</mark>
            {after}
          </bdi>
        </span>
      </button>
    </li>
  );
}
