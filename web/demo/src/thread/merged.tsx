import type { AnyMessage, Element } from "@parley/client";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { named, peerOf } from "../peer.ts";
import { useSession } from "../session.ts";
import { shortTime } from "../text.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";

/** A message of a merged list. */
interface MergedMessage {
  From_Account: string;
  MsgTimeStamp?: number;
  MsgBody: Element[];
}

interface Props {
  title: string;
  /** The content of the element: it has the list, or the key of the list. */
  content: Record<string, unknown>;
  /** The message with that element. */
  of: AnyMessage;
  /** Shows the body of a message of the list. It may contain another list. */
  show: (body: readonly Element[]) => ComponentChildren;
  onClose: () => void;
}

/** The messages of a merged list, in a dialog. */
export function Merged({ title, content, of, show, onClose }: Props) {
  const session = useSession();
  const [list, setList] = useState<readonly MergedMessage[]>((content.MsgList as MergedMessage[] | undefined) ?? []);
  const [state, setState] = useState<"reading" | "whole" | "failed">(content.JsonMsgKey ? "reading" : "whole");
  useEffect(() => {
    if (typeof content.JsonMsgKey !== "string") return;
    const request = { ...named(peerOf(session.me, of)), MsgKey: of.MsgKey, JsonMsgKey: content.JsonMsgKey };
    let over = false;
    const read = async (Part: number): Promise<void> => {
      const page = await session.parley.message.relay({ ...request, Part });
      if (over) return;
      setList((before) => [...before, ...(page.MsgList as MergedMessage[])]);
      if (page.Next) return read(page.Next);
      setState("whole");
    };
    read(0).catch(() => setState("failed"));
    return () => {
      over = true;
    };
  }, [session, of, content]);
  return (
    <Dialog title={title} class="merged" onClose={onClose}>
      <header class="merged-head">
        <h2 dir="auto">{title}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <ul class="scroll">
        {list.map((m, i) => (
          <li key={i} class="merged-line">
            <Avatar
              id={m.From_Account}
              name={session.name(m.From_Account)}
              face={session.face(m.From_Account)}
              size="s"
            />
            <div>
              <span class="merged-who">
                <strong dir="auto">{session.name(m.From_Account)}</strong>{" "}
                {m.MsgTimeStamp && <time class="muted">{shortTime(m.MsgTimeStamp * 1000)}</time>}
              </span>
              <div dir="auto">{show(m.MsgBody)}</div>
            </div>
          </li>
        ))}
      </ul>
      {state === "reading" && <span class="spinner" role="img" aria-label="Loading" />}
      {state === "failed" && <p class="muted">The messages are not kept any more.</p>}
    </Dialog>
  );
}
