import type { Message } from "@parley/client";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Session, useSession } from "../session.ts";
import { dayName, textOf } from "../text.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Confirm } from "../ui/dialog.tsx";
import type { Point } from "../ui/menu.tsx";
import { Actions, abilities } from "./actions.ts";
import { Composer, type Intent } from "./composer.tsx";
import { Head } from "./head.tsx";
import { type Item, itemsOf, type Line, linesOf } from "./lines.ts";
import { MessageMenu } from "./menu.tsx";
import { MessageLine, type ThreadContext } from "./message.tsx";
import { readQuote, writeQuote } from "./quote.ts";
import { Scroll } from "./scroll.tsx";

/** One conversation: its messages and the field for a message. `visit` may name a message to scroll to. */
export function Thread({ peer, visit }: { peer: string; visit: { message?: string } }) {
  const session = useSession();
  const { parley, me } = session;
  const row = parley.find(peer);
  const paging = session.historyState(peer);
  const name = session.name(peer);
  const scroll = useRef<Scroll>(null);
  const list = useRef<HTMLDivElement>(null);
  /** The line "New" is after this offset of the other user. */
  const [newAfter, setNewAfter] = useState(row && row.Unread > 0 ? row.ReadOrdinal : undefined);
  const [intent, setIntent] = useState<Intent>({ kind: "new" });
  const [menu, setMenu] = useState<{ item: Item; at: Point; picking: boolean }>();
  const [deleting, setDeleting] = useState<Item>();
  const actions = useMemo(() => new Actions(session, peer), [session, peer]);

  const context = useMemo((): ThreadContext => {
    const reveal = async (key: string) => {
      if (await session.loadUntil(peer, key)) requestAnimationFrame(() => scroll.current?.show(key));
      else session.showNotice("This message is not there any more.");
    };
    const openMenu: ThreadContext["menu"] = (item, at, picking = false) => setMenu({ item, at, picking });
    return { session, actions, setIntent, reveal, menu: openMenu };
  }, [session, peer, actions]);
  useEffect(() => {
    if (paging.next === undefined) void session.loadOlder(peer);
  }, [session, peer]);
  useEffect(() => {
    if (visit.message) void context.reveal(visit.message);
  }, [visit, context]);

  const items = itemsOf(me, parley.timeline(peer), parley.pending(peer), (m) => session.isReadByPeer(peer, m));
  const byKey = new Map(items.map(({ message }) => [message?.MsgKey, message]));
  const lines = linesOf(items, newAfter, paging.complete);
  useRovingTabStop(list, items.length);

  const send = (text: string, custom?: string) => {
    setNewAfter(undefined);
    scroll.current?.goToEnd();
    void session.send(peer, text, custom);
  };
  const done = (text: string) => {
    if (intent.kind === "edit") {
      actions.edit(intent.message, text);
    } else if (intent.kind === "reply") {
      const { message } = intent;
      send(text, writeQuote(message, session.name(message.From_Account)));
    } else {
      send(text);
    }
    setIntent({ kind: "new" });
  };
  const editLast = () => {
    const last = items.findLast((item) => abilities(item, Date.now()).edit)?.message;
    if (last) setIntent({ kind: "edit", message: last });
  };
  /** Marks everything that was in view as read. */
  const markRead = (bottom: number) => {
    if (document.visibilityState !== "visible" || parley.state !== "online") return;
    const theirs = [...(list.current?.querySelectorAll<HTMLElement>(".message[data-ordinal]") ?? [])];
    const last = theirs.findLast((element) => element.getBoundingClientRect().top < bottom);
    if (last) session.read(peer, Number(last.dataset.ordinal));
  };
  const older = () => {
    if (!paging.loading && paging.error === undefined && paging.next !== undefined) void session.loadOlder(peer);
  };
  return (
    <section class="thread" aria-label={`Conversation with ${name}`}>
      <h1 class="hidden" dir="auto">
        {name}
      </h1>
      <Head session={session} peer={peer} />
      <Scroll view={scroll} count={items.length} unread={row?.Unread ?? 0} onTop={older} onView={markRead}>
        <div
          ref={list}
          class="messages"
          role="log"
          aria-live="off"
          aria-label={`Messages with ${name}`}
          aria-busy={paging.loading !== undefined}
          onKeyDown={moveFocusInMessages}
        >
          <Top session={session} peer={peer} empty={items.length === 0} send={send} />
          {lines.map((line) => (
            <ThreadLine key={line.id} line={line} name={name} byKey={byKey} context={context} />
          ))}
          {session.typing.has(peer) && <TypingIndicator name={name} />}
        </div>
      </Scroll>
      <Announcer session={session} peer={peer} />
      <Composer session={session} peer={peer} intent={intent} setIntent={setIntent} done={done} onUp={editLast} />
      {menu && (
        <MessageMenu
          {...menu}
          actions={actions}
          setIntent={setIntent}
          onDelete={() => setDeleting(menu.item)}
          onClose={() => setMenu(undefined)}
        />
      )}
      {deleting && (
        <Confirm
          title="Delete this message for you?"
          action="Delete"
          onConfirm={() => deleting.message && actions.delete(deleting.message)}
          onClose={() => setDeleting(undefined)}
        >
          <p class="muted">
            It goes from all your devices. <bdi>{name}</bdi> keeps it.
          </p>
        </Confirm>
      )}
    </section>
  );
}

/** Makes one message reachable with the Tab key: the one that had the focus last, or the newest. */
function useRovingTabStop(list: { current: HTMLElement | null }, count: number): void {
  useLayoutEffect(() => {
    const messages = [...(list.current?.querySelectorAll<HTMLElement>(".message") ?? [])];
    if (messages.some((message) => message.tabIndex === 0)) return;
    const last = messages.at(-1);
    if (last) last.tabIndex = 0;
  }, [list, count]);
}

/** The arrow keys, Home and End move the focus between the messages while one of them has it. */
function moveFocusInMessages(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const messages = [...event.currentTarget.querySelectorAll<HTMLElement>(".message")];
  const at = messages.indexOf(event.target as HTMLElement);
  const steps: Record<string, number> = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: messages.length - 1 };
  const next = messages[steps[event.key] ?? -1];
  if (at < 0 || !next) return;
  event.preventDefault();
  for (const message of messages) message.tabIndex = message === next ? 0 : -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

interface LineProps {
  line: Line;
  name: string;
  byKey: ReadonlyMap<string | undefined, Message | undefined>;
  context: ThreadContext;
}

function ThreadLine({ line, name, byKey, context }: LineProps) {
  if (line.kind === "message") {
    const { item, first, last } = line;
    const quoted = byKey.get(readQuote(item.content.CloudCustomData)?.key);
    return <MessageLine item={item} first={first} last={last} name={name} quoted={quoted} context={context} />;
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

/** Lets a screen reader read out the messages that arrive, and not the history that is loaded. */
function Announcer({ session, peer }: { session: Session; peer: string }) {
  const [text, setText] = useState("");
  useEffect(
    () =>
      session.parley.on("message", (m) => {
        if (m.GroupId === undefined && m.From_Account === peer) setText(`${session.name(peer)}: ${textOf(m)}`);
      }),
    [session, peer],
  );
  return (
    <p class="hidden" aria-live="polite">
      {text}
    </p>
  );
}

/** Shows that the other user is typing. */
function TypingIndicator({ name }: { name: string }) {
  return (
    <div class="writing" role="img" aria-label={`${name} is typing`}>
      <span />
      <span />
      <span />
    </div>
  );
}

/** What is shown above the first message, or in place of messages if there are none. */
function Top(props: { session: Session; peer: string; empty: boolean; send: (text: string) => void }) {
  const { session, peer, empty, send } = props;
  const { complete, error } = session.historyState(peer);
  const name = session.name(peer);
  if (error !== undefined) {
    return (
      <div class="top">
        <span>The history did not load.</span>
        <button type="button" class="link" onClick={() => void session.loadOlder(peer)}>
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
        <Avatar id={peer} name={name} face={session.face(peer)} size="l" />
        <p>
          This is the beginning of your conversation with <strong dir="auto">{name}</strong>.
        </p>
      </div>
    );
  }
  return (
    <div class="empty">
      <Avatar id={peer} name={name} face={session.face(peer)} size="l" />
      <h2 dir="auto">{name}</h2>
      <p class="muted">Nothing here yet. The first word is yours.</p>
      <button type="button" class="button soft" onClick={() => send("👋")}>
        Wave 👋
      </button>
    </div>
  );
}
