import type { AnyMessage } from "@parley/client";
import { groupOf } from "../peer.ts";
import type { Session } from "../session.ts";
import { fullTime, isFewEmoji, textOf, timeOfDay } from "../text.ts";
import { Avatar } from "../ui/avatar.tsx";
import { useContextMenu } from "../ui/contextMenu.ts";
import { Icon } from "../ui/icon.tsx";
import { memo } from "../ui/memo.ts";
import { type Point, pointBelow } from "../ui/menu.tsx";
import { type Actions, abilities } from "./actions.ts";
import type { Intent } from "./composer.tsx";
import { Body } from "./elements.tsx";
import { type Item, isRecalled, type MessageState, offsetOf } from "./lines.ts";
import { type Quote, readQuote } from "./quote.ts";
import { Reactions } from "./reactions.tsx";

/** What all messages of a thread share. */
export interface ThreadContext {
  session: Session;
  peer: string;
  actions: Actions;
  setIntent: (intent: Intent) => void;
  /** Opens the menu of a message. `picking`: with all emoji, for a reaction. */
  menu: (item: Item, at: Point, picking?: boolean) => void;
  /** Scrolls to a message of this conversation. */
  reveal: (key: string) => void;
}

interface Props {
  item: Item;
  /** Whether it is the first, and the last, of a group. */
  first: boolean;
  last: boolean;
  /** The name of the sender, if it is not the signed-in user. */
  name: string;
  /** The face of the sender, if the conversation is a group. */
  face?: string | undefined;
  /** How many members have read the message of the user, if the user asked for receipts. */
  readers?: number | undefined;
  /** The message that this one answers, if it is in memory. */
  quoted: AnyMessage | undefined;
  context: ThreadContext;
}

/** A message of a thread. A long thread is rendered often, so a message is rendered again only if it has changed. */
export const MessageLine = memo<Props>(
  (props) => (isRecalled(props.item.message) ? <Recalled {...props} /> : <FullMessage {...props} />),
  (before, after) =>
    before.item.content === after.item.content &&
    before.item.state === after.item.state &&
    before.item.pending === after.item.pending &&
    before.first === after.first &&
    before.last === after.last &&
    before.name === after.name &&
    before.face === after.face &&
    before.readers === after.readers &&
    before.quoted === after.quoted &&
    before.context === after.context,
);

function FullMessage({ item, first, last, name, face, readers, quoted, context }: Props) {
  const { mine, message, content, state, time } = item;
  const { session, actions, menu } = context;
  const menuProps = useContextMenu((at) => menu(item, at));
  const quote = readQuote(content.CloudCustomData);
  const big = !quote && isFewEmoji(textOf(content));
  const classes = ["message", mine ? "mine" : "theirs", first && "first", last && "last", big && "jumbo"];
  const sender = mine || groupOf(context.peer) === undefined ? undefined : message?.From_Account;
  if (sender !== undefined) classes.push("with-face");
  return (
    <article
      class={classes.filter(Boolean).join(" ")}
      tabIndex={-1}
      aria-label={`${mine ? "You" : name}, ${timeOfDay(time)}`}
      data-state={state}
      data-key={message?.MsgKey}
      data-ordinal={mine ? undefined : offsetOf(message) || undefined}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.target !== event.currentTarget) return;
        event.preventDefault();
        menu(item, pointBelow(event.currentTarget.querySelector(".bubble") ?? event.currentTarget));
      }}
      {...menuProps}
    >
      {sender !== undefined && first && (
        <span class="sender" dir="auto">
          {name}
        </span>
      )}
      <div class="beside">
        {sender !== undefined && last && <Avatar id={sender} name={name} face={face} size="s" />}
        <div class="bubble">
          {quote && <Quoted quote={quote} current={quoted} context={context} />}
          <div class="said" dir="auto">
            <Body body={content.MsgBody} of={message} />
            <span class="meta">
              {message?.EditMs && <span>edited</span>}
              <time title={fullTime(time)}>{timeOfDay(time)}</time>
              {readers !== undefined && readers > 0 && state !== "read" && <span>read by {readers}</span>}
              <Tick state={state} />
            </span>
          </div>
        </div>
        {message && <Tools item={item} context={context} />}
      </div>
      {message && <Reactions session={session} message={message} toggle={(what) => actions.toggle(message, what)} />}
      {state === "failed" && <Failure item={item} session={session} />}
    </article>
  );
}

/** The buttons next to a message under the pointer. With keys and fingers one uses the menu. */
function Tools({ item, context: { menu, setIntent } }: { item: Item; context: ThreadContext }) {
  const { message } = item;
  if (!message) return null;
  const can = abilities(item, Date.now());
  return (
    <div class="tools">
      {can.answer && (
        <>
          <button
            type="button"
            class="tool"
            tabIndex={-1}
            aria-label="React"
            onClick={(event) => menu(item, pointBelow(event.currentTarget), true)}
          >
            <Icon name="smile" />
          </button>
          <button
            type="button"
            class="tool"
            tabIndex={-1}
            aria-label="Reply"
            onClick={() => setIntent({ kind: "reply", message })}
          >
            <Icon name="reply" />
          </button>
        </>
      )}
      <button
        type="button"
        class="tool"
        tabIndex={-1}
        aria-label="More"
        aria-haspopup="menu"
        onClick={(event) => menu(item, pointBelow(event.currentTarget))}
      >
        <Icon name="more" />
      </button>
    </div>
  );
}

/** The message that a reply answers: its present state if it is in memory (`current`), otherwise the quote. */
function Quoted(props: { quote: Quote; current: AnyMessage | undefined; context: ThreadContext }) {
  const { quote, current, context } = props;
  const { session, peer } = context;
  const sender = current
    ? current.From_Account === session.me
      ? "You"
      : session.senderName(peer, current)
    : quote.sender;
  const text = current ? (isRecalled(current) ? "Message recalled" : textOf(current)) : quote.text;
  return (
    <button type="button" class="quote" onClick={() => context.reveal(quote.key)}>
      <strong dir="auto">{sender}</strong>
      <span dir="auto">{text}</span>
    </button>
  );
}

/** The line in place of a message that was recalled. */
function Recalled({ item, name, context }: Props) {
  const { session, setIntent, menu } = context;
  const menuProps = useContextMenu((at) => menu(item, at));
  const text = session.recalled.get(item.message?.MsgKey ?? "");
  return (
    <article
      class="message recalled"
      tabIndex={-1}
      data-key={item.message?.MsgKey}
      data-ordinal={item.mine ? undefined : offsetOf(item.message) || undefined}
      {...menuProps}
    >
      <p>
        {item.mine ? "You" : <bdi>{name}</bdi>} recalled a message
        {text && (
          <button type="button" class="link" onClick={() => setIntent({ kind: "new", text })}>
            Edit again
          </button>
        )}
      </p>
    </article>
  );
}

function Tick({ state }: { state: MessageState }) {
  switch (state) {
    case "sending":
      return <Icon name="clock" label="Sending" />;
    case "sent":
      return <Icon name="check" label="Sent" />;
    case "read":
      return <Icon name="checks" label="Read" />;
    case "failed":
      return <Icon name="alert" label="Not sent" />;
    case "in":
      return null;
  }
}

function Failure({ item: { pending }, session }: { item: Item; session: Session }) {
  if (!pending) return null;
  const { parley } = session;
  return (
    <div class="failure" role="alert">
      <span class="failure-why">Not sent: {pending.error?.message}</span>
      <button type="button" class="link" onClick={() => parley.send(pending.draft).catch(() => {})}>
        Retry
      </button>
      <button type="button" class="link quiet" onClick={() => parley.discard(pending.draft)}>
        Discard
      </button>
    </div>
  );
}
