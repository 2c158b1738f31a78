import type { AnyMessage } from "@parley/client";
import { useEffect, useState } from "preact/hooks";
import { PeerFace } from "../groups/face.tsx";
import { peerOf } from "../peer.ts";
import { go } from "../route.ts";
import type { Session } from "../session.ts";
import { excerptAround, shortTime, textOf } from "../text.ts";

/** How long the search waits after the last key, ms. */
const pause = 150;

/** The messages on this device that contain a text. */
export function useFound(session: Session, text: string): readonly AnyMessage[] {
  const [found, setFound] = useState<readonly AnyMessage[]>([]);
  useEffect(() => {
    setFound([]);
    if (!text) return;
    let over = false;
    const timer = setTimeout(async () => {
      const messages = await session.parley.search(text, { limit: 30 });
      if (!over) setFound(messages.filter(({ Tip }) => !Tip));
    }, pause);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [session, text]);
  return found;
}

/** A message that was found. A click opens its conversation at the message. */
export function FoundRow({ session, message, text }: { session: Session; message: AnyMessage; text: string }) {
  const mine = message.From_Account === session.me;
  const peer = peerOf(session.me, message);
  const { before, hit, after } = excerptAround(textOf(message), text);
  return (
    <li>
      <button type="button" class="row" onClick={() => go({ view: "chats", peer, message: message.MsgKey })}>
        <PeerFace peer={peer} />
        <span class="row-name" dir="auto">
          {session.name(peer)}
        </span>
        <span class="row-side">
          <time>{shortTime(message.MsgTime * 1000)}</time>
        </span>
        <span class="row-preview">
          {mine ? (
            <span class="row-lead">You: </span>
          ) : (
            message.GroupId !== undefined &&
            message.From_Account && <span class="row-lead">{session.senderName(peer, message)}: </span>
          )}
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
