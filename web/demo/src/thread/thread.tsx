import { type AnyMessage, conversationId, type SendOptions, toOf } from "@parley/client";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { PeerFace } from "../groups/face.tsx";
import { tipText } from "../groups/tips.ts";
import { groupOf, toPeer } from "../peer.ts";
import { type Session, useSession } from "../session.ts";
import { dayName, memberCount, shortTime, textOf } from "../text.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
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
  const to = toPeer(peer);
  const GroupId = groupOf(peer);
  const row = parley.find(to);
  const paging = session.historyState(peer);
  const name = session.name(peer);
  const scroll = useRef<Scroll>(null);
  const list = useRef<HTMLDivElement>(null);
  /** The line "New" is after this offset of the other user. */
  const [newAfter, setNewAfter] = useState(row && row.Unread > 0 ? row.ReadOrdinal : undefined);
  const [intent, setIntent] = useState<Intent>({ kind: "new" });
  const [menu, setMenu] = useState<{ item: Item; at: Point; picking: boolean }>();
  const [deleting, setDeleting] = useState<Item>();
  const [readers, setReaders] = useState<readonly string[]>();
  const actions = useMemo(() => new Actions(session, peer), [session, peer]);

  const context = useMemo((): ThreadContext => {
    const reveal = async (key: string) => {
      if (await session.loadUntil(peer, key)) requestAnimationFrame(() => scroll.current?.show(key));
      else session.showNotice("This message is not there any more.");
    };
    const openMenu: ThreadContext["menu"] = (item, at, picking = false) => setMenu({ item, at, picking });
    return { session, peer, actions, setIntent, reveal, menu: openMenu };
  }, [session, peer, actions]);
  useEffect(() => {
    if (paging.next === undefined) void session.loadOlder(peer);
  }, [session, peer]);
  useEffect(() => {
    if (visit.message) void context.reveal(visit.message);
  }, [visit, context]);

  const items = itemsOf(me, parley.timeline(to), parley.pending(to), (m) => session.isReadByPeer(peer, m));
  const byKey = new Map(items.map(({ message }) => [message?.MsgKey, message]));
  const lines = linesOf(items, newAfter, paging.complete);
  useRovingTabStop(list, items.length);
  const silence = GroupId === undefined ? undefined : silenceOf(session, GroupId);

  const send = (text: string, options: SendOptions = {}) => {
    setNewAfter(undefined);
    scroll.current?.goToEnd();
    void session.send(peer, text, GroupId === undefined ? options : { ...options, IsNeedReadReceipt: 1 });
  };
  const done = (text: string, mentions: SendOptions = {}) => {
    if (intent.kind === "edit") {
      actions.edit(intent.message, text);
    } else if (intent.kind === "reply") {
      const { message } = intent;
      const CloudCustomData = writeQuote(message, session.senderName(peer, message));
      send(text, { ...mentions, CloudCustomData });
    } else {
      send(text, mentions);
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
    const shown = theirs.filter((element) => element.getBoundingClientRect().top < bottom);
    const keys = new Set(shown.map((element) => element.dataset.key));
    session.confirm(peer, GroupId === undefined ? [] : parley.timeline(to).filter(({ MsgKey }) => keys.has(MsgKey)));
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
      {silence ? (
        <p class="silence">{silence}</p>
      ) : (
        <Composer session={session} peer={peer} intent={intent} setIntent={setIntent} done={done} onUp={editLast} />
      )}
      {menu && (
        <MessageMenu
          {...menu}
          actions={actions}
          setIntent={setIntent}
          onDelete={() => setDeleting(menu.item)}
          onReaders={() => setReaders(menu.item.message?.ReadBy ?? [])}
          onClose={() => setMenu(undefined)}
        />
      )}
      {readers && <Readers session={session} peer={peer} users={readers} onClose={() => setReaders(undefined)} />}
      {deleting && (
        <Confirm
          title="Delete this message for you?"
          action="Delete"
          onConfirm={() => deleting.message && actions.delete(deleting.message)}
          onClose={() => setDeleting(undefined)}
        >
          <p class="muted">
            It goes from all your devices. {GroupId === undefined ? <bdi>{name}</bdi> : "Every other member"} keeps it.
          </p>
        </Confirm>
      )}
    </section>
  );
}

/** Why the user cannot write to a group; undefined: the user can. */
function silenceOf(session: Session, GroupId: string): string | undefined {
  const group = session.parley.groupInfo(GroupId);
  const row = session.parley.find({ GroupId });
  if (!group?.SelfInfo) return session.synced && !row ? "You are not a member of this group." : undefined;
  const until = row?.MuteUntil ?? group.SelfInfo.MuteUntil ?? 0;
  if (until * 1000 > Date.now()) return `You are muted until ${shortTime(until * 1000)}.`;
  const all = row?.MuteAllMember ?? group.MuteAllMember;
  return all === "On" && group.SelfInfo.Role === "Member" ? "Only the owner and the admins can write now." : undefined;
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
  byKey: ReadonlyMap<string | undefined, AnyMessage | undefined>;
  context: ThreadContext;
}

function ThreadLine({ line, name, byKey, context }: LineProps) {
  if (line.kind === "message") {
    const { item, first, last } = line;
    const quoted = byKey.get(readQuote(item.content.CloudCustomData)?.key);
    const { session, peer } = context;
    const { message } = item;
    const inGroup = message?.GroupId !== undefined;
    const sender = message?.From_Account ?? "";
    return (
      <MessageLine
        item={item}
        first={first}
        last={last}
        name={inGroup ? session.senderName(peer, message) : name}
        face={inGroup && !item.mine ? session.face(sender) : undefined}
        readers={message?.ReadBy?.length}
        quoted={quoted}
        context={context}
      />
    );
  }
  if (line.kind === "tip") {
    const { session, peer } = context;
    const { message } = line.item;
    return (
      <p class="tip" data-key={message?.MsgKey}>
        <span dir="auto">{message?.Tip && tipText(message.Tip, session.me, (user) => session.nameIn(peer, user))}</span>
      </p>
    );
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
        if (conversationId(toOf(m.GroupId === undefined ? { To_Account: m.From_Account } : m)) !== peer) return;
        if (m.From_Account === session.me || !m.From_Account) return;
        setText(m.Tip ? "The group has changed" : `${session.senderName(peer, m)}: ${textOf(m)}`);
      }),
    [session, peer],
  );
  return (
    <p class="hidden" aria-live="polite">
      {text}
    </p>
  );
}

/** The members who have read a message. */
function Readers(props: { session: Session; peer: string; users: readonly string[]; onClose: () => void }) {
  const { session, peer, users, onClose } = props;
  return (
    <Dialog title="Read by" class="confirm" onClose={onClose}>
      <h2>Read by {memberCount(users.length)}</h2>
      <ul class="scroll pick-list" aria-label="Read by">
        {users.map((user) => (
          <li key={user} class="pick-row">
            <Avatar id={user} name={session.nameIn(peer, user)} face={session.face(user)} size="s" />
            <span class="pick-name" dir="auto">
              {session.nameIn(peer, user)}
            </span>
          </li>
        ))}
      </ul>
      <div class="dialog-buttons">
        <button type="button" class="button soft" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
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
        <PeerFace peer={peer} size="l" />
        <p>
          This is the beginning of {groupOf(peer) === undefined ? "your conversation with" : "the group"}{" "}
          <strong dir="auto">{name}</strong>.
        </p>
      </div>
    );
  }
  return (
    <div class="empty">
      <PeerFace peer={peer} size="l" />
      <h2 dir="auto">{name}</h2>
      <p class="muted">Nothing here yet. The first word is yours.</p>
      <button type="button" class="button soft" onClick={() => send("👋")}>
        Wave 👋
      </button>
    </div>
  );
}
