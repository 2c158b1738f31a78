import type { Message } from "@parley/client";
import type { Session } from "../session.ts";
import { clock, fullTime, jumbo, textOf } from "../text.ts";
import { Icon } from "../ui/icon.tsx";
import { memo } from "../ui/memo.ts";
import { below, type Point } from "../ui/menu.tsx";
import { useContextMenu } from "../ui/press.ts";
import { type Actions, abilities } from "./actions.ts";
import type { Intent } from "./composer.tsx";
import { Body } from "./elements.tsx";
import { type Item, isRecalled, type MessageState } from "./lines.ts";
import { type Quote, readQuote } from "./quote.ts";
import { Reactions } from "./reactions.tsx";

/** What the messages of a thread share. */
export interface Around {
  session: Session;
  actions: Actions;
  intend: (intent: Intent) => void;
  /** Opens the menu of a message; `picking`: for a reaction. */
  menu: (item: Item, at: Point, picking?: boolean) => void;
  /** Shows a message of this conversation. */
  reveal: (key: string) => void;
}

interface Props {
  item: Item;
  /** Of those that stand together. */
  first: boolean;
  last: boolean;
  /** The name of the other user. */
  name: string;
  /** The message that this one answers, where it is held. */
  quoted: Message | undefined;
  around: Around;
}

/** A message of a thread. A long thread is rendered often, so each is only where it is another. */
export const MessageLine = memo<Props>(
  (props) => (isRecalled(props.item.message) ? <Recalled {...props} /> : <Whole {...props} />),
  (before, after) =>
    before.item.content === after.item.content &&
    before.item.state === after.item.state &&
    before.item.pending === after.item.pending &&
    before.first === after.first &&
    before.last === after.last &&
    before.name === after.name &&
    before.quoted === after.quoted &&
    before.around === after.around,
);

function Whole({ item, first, last, name, quoted, around }: Props) {
  const { mine, message, content, state, time } = item;
  const { session, actions, menu } = around;
  const menuProps = useContextMenu((at) => menu(item, at));
  const quote = readQuote(content.CloudCustomData);
  const big = !quote && jumbo(textOf(content));
  const classes = ["message", mine ? "mine" : "theirs", first && "first", last && "last", big && "jumbo"];
  return (
    <article
      class={classes.filter(Boolean).join(" ")}
      tabIndex={-1}
      aria-label={`${mine ? "You" : name}, ${clock(time)}`}
      data-state={state}
      data-key={message?.MsgKey}
      data-ordinal={mine ? undefined : message?.Ordinal}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.target !== event.currentTarget) return;
        event.preventDefault();
        menu(item, below(event.currentTarget.querySelector(".bubble") ?? event.currentTarget));
      }}
      {...menuProps}
    >
      <div class="beside">
        <div class="bubble">
          {quote && <Quoted quote={quote} held={quoted} name={name} around={around} />}
          <div class="said" dir="auto">
            <Body body={content.MsgBody} of={message} />
            <span class="meta">
              {message?.EditMs && <span>edited</span>}
              <time title={fullTime(time)}>{clock(time)}</time>
              <Tick state={state} />
            </span>
          </div>
        </div>
        {message && <Tools item={item} around={around} />}
      </div>
      {message && <Reactions session={session} message={message} toggle={(what) => actions.toggle(message, what)} />}
      {state === "failed" && <Failure item={item} session={session} />}
    </article>
  );
}

/** The buttons that stand beside a message under the pointer; keys and fingers have the menu. */
function Tools({ item, around: { menu, intend } }: { item: Item; around: Around }) {
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
            onClick={(event) => menu(item, below(event.currentTarget), true)}
          >
            <Icon name="smile" />
          </button>
          <button
            type="button"
            class="tool"
            tabIndex={-1}
            aria-label="Reply"
            onClick={() => intend({ kind: "reply", message })}
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
        onClick={(event) => menu(item, below(event.currentTarget))}
      >
        <Icon name="more" />
      </button>
    </div>
  );
}

/** The message that a reply answers: as it is now where it is held, and as it was quoted where not. */
function Quoted(props: { quote: Quote; held: Message | undefined; name: string; around: Around }) {
  const { quote, held, name, around } = props;
  const sender = held ? (held.From_Account === around.session.me ? "You" : name) : quote.sender;
  const text = held ? (isRecalled(held) ? "Message recalled" : textOf(held)) : quote.text;
  return (
    <button type="button" class="quote" onClick={() => around.reveal(quote.key)}>
      <strong dir="auto">{sender}</strong>
      <span dir="auto">{text}</span>
    </button>
  );
}

/** What is left of a message that was taken back. */
function Recalled({ item, name, around }: Props) {
  const { session, intend, menu } = around;
  const menuProps = useContextMenu((at) => menu(item, at));
  const text = session.recalled.get(item.message?.MsgKey ?? "");
  return (
    <article
      class="message recalled"
      tabIndex={-1}
      data-key={item.message?.MsgKey}
      data-ordinal={item.mine ? undefined : item.message?.Ordinal}
      {...menuProps}
    >
      <p>
        {item.mine ? "You" : <bdi>{name}</bdi>} recalled a message
        {text && (
          <button type="button" class="link" onClick={() => intend({ kind: "new", text })}>
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
