import { useEffect, useRef, useState } from "preact/hooks";
import { go } from "../route.ts";
import { type Session, useSession } from "../session.ts";
import { connection } from "../status.ts";
import { dayName } from "../text.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { Composer } from "./composer.tsx";
import { itemsOf, type Line, linesOf } from "./lines.ts";
import { MessageLine } from "./message.tsx";
import { Scroll } from "./scroll.tsx";

/** One conversation: its messages and the field to write one. */
export function Thread({ peer }: { peer: string }) {
  const session = useSession();
  const { parley, me } = session;
  const row = parley.conversation(peer);
  const reach = session.reach(peer);
  const name = session.name(peer);
  const scroll = useRef<Scroll>(null);
  const list = useRef<HTMLDivElement>(null);
  /** Where the line "New" is: after this ordinal of the other user. */
  const [newAfter, setNewAfter] = useState(row && row.Unread > 0 ? row.ReadOrdinal : undefined);

  useEffect(() => {
    if (reach.next === undefined) void session.older(peer);
  }, [session, peer]);

  const items = itemsOf(me, parley.timeline(peer), session.pending(peer), (m) => session.seen(peer, m));
  const lines = linesOf(items, newAfter, reach.complete);
  const send = (text: string) => {
    setNewAfter(undefined);
    session.send(peer, text);
    scroll.current?.toEnd();
  };
  /** Everything that came into view is read. */
  const viewed = (bottom: number) => {
    if (document.visibilityState !== "visible" || parley.state !== "online") return;
    const theirs = [...(list.current?.querySelectorAll<HTMLElement>(".message[data-ordinal]") ?? [])];
    const last = theirs.findLast((element) => element.getBoundingClientRect().top < bottom);
    if (last) session.read(peer, Number(last.dataset.ordinal));
  };
  const older = () => {
    if (!reach.loading && reach.error === undefined && reach.next !== undefined) void session.older(peer);
  };
  return (
    <section class="thread" aria-label={`Conversation with ${name}`}>
      <Head session={session} peer={peer} />
      <Scroll ref={scroll} count={items.length} unread={row?.Unread ?? 0} onTop={older} onView={viewed}>
        <div
          ref={list}
          class="messages"
          role="log"
          aria-live="polite"
          aria-label={`Messages with ${name}`}
          aria-busy={reach.loading}
        >
          <Top session={session} peer={peer} empty={items.length === 0} send={send} />
          {lines.map((line) => (
            <ThreadLine key={line.id} line={line} name={name} />
          ))}
        </div>
      </Scroll>
      <Composer name={name} send={send} />
    </section>
  );
}

function ThreadLine({ line, name }: { line: Line; name: string }) {
  if (line.kind === "message") {
    return <MessageLine item={line.item} first={line.first} last={line.last} name={line.item.mine ? "You" : name} />;
  }
  return line.kind === "day" ? (
    <div class="day">
      <span>{dayName(line.time)}</span>
    </div>
  ) : (
    <div class="new-line">
      <span>New</span>
    </div>
  );
}

function Head({ session, peer }: { session: Session; peer: string }) {
  const name = session.name(peer);
  const { text, tone } = connection(session);
  const id = name.toLowerCase() === peer.toLowerCase() ? "" : peer;
  return (
    <header class="thread-head">
      <button
        type="button"
        class="icon-button back"
        aria-label="Back to conversations"
        onClick={() => go({ view: "chats" })}
      >
        <Icon name="back" />
      </button>
      <Avatar id={peer} name={name} />
      <div class="who">
        <h1 class="who-name" dir="auto">
          {name}
        </h1>
        <span class="status" role="status" data-tone={tone === "good" ? "" : tone}>
          {tone === "good" ? id : text}
        </span>
      </div>
    </header>
  );
}

/** What stands above the first message, or in place of messages where there are none. */
function Top(props: { session: Session; peer: string; empty: boolean; send: (text: string) => void }) {
  const { session, peer, empty, send } = props;
  const { complete, error } = session.reach(peer);
  const name = session.name(peer);
  if (error !== undefined) {
    return (
      <div class="top">
        <span>The history did not load.</span>
        <button type="button" class="link" onClick={() => void session.older(peer)}>
          Try again
        </button>
      </div>
    );
  }
  if (!complete) {
    return (
      <div class="top">
        <span class="spinner" role="img" aria-label="Loading older messages" />
      </div>
    );
  }
  if (!empty) {
    return (
      <div class="top beginning">
        <Avatar id={peer} name={name} size="l" />
        <p>
          This is the beginning of your conversation with <strong dir="auto">{name}</strong>.
        </p>
      </div>
    );
  }
  return (
    <div class="empty">
      <Avatar id={peer} name={name} size="l" />
      <h2 dir="auto">{name}</h2>
      <p class="muted">Nothing here yet. The first word is yours.</p>
      <button type="button" class="button soft" onClick={() => send("👋")}>
        Wave 👋
      </button>
    </div>
  );
}
