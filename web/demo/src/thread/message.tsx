import { useSession } from "../session.ts";
import { clock, jumbo, pieces, textOf } from "../text.ts";
import { Icon } from "../ui/icon.tsx";
import type { Item, MessageState } from "./lines.ts";

interface Props {
  item: Item;
  /** Of those that stand together. */
  first: boolean;
  last: boolean;
  /** The name of who wrote it. */
  name: string;
}

/** A message of a thread. */
export function MessageLine({ item, first, last, name }: Props) {
  const text = textOf(item.content);
  const classes = ["message", item.mine ? "mine" : "theirs", first && "first", last && "last", jumbo(text) && "jumbo"];
  return (
    <article
      class={classes.filter(Boolean).join(" ")}
      aria-label={`${name}, ${clock(item.time)}`}
      data-state={item.state}
      data-ordinal={item.mine ? undefined : item.message?.Ordinal}
    >
      <div class="bubble">
        <p class="text" dir="auto">
          <Text text={text} />
        </p>
        <span class="meta">
          <time title={new Date(item.time).toLocaleString()}>{clock(item.time)}</time>
          <Tick state={item.state} />
        </span>
      </div>
      {item.state === "failed" && <Failure item={item} />}
    </article>
  );
}

/** A text with its addresses as links. */
function Text({ text }: { text: string }) {
  return (
    <>
      {pieces(text).map((piece) =>
        piece.href ? (
          <a key={piece.at} href={piece.href} target="_blank" rel="noopener noreferrer">
            {piece.text}
          </a>
        ) : (
          piece.text
        ),
      )}
    </>
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

function Failure({ item: { pending } }: { item: Item }) {
  const session = useSession();
  if (!pending) return null;
  return (
    <div class="failure">
      <span class="failure-why">Not sent. {pending.error}</span>
      <button type="button" class="link" onClick={() => void session.retry(pending)}>
        Retry
      </button>
      <button type="button" class="link quiet" onClick={() => session.discard(pending)}>
        Delete
      </button>
    </div>
  );
}
