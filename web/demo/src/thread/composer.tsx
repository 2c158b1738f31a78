import type { AnyMessage, SendOptions } from "@parley/client";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { groupOf, toPeer } from "../peer.ts";
import type { Session } from "../session.ts";
import { textOf } from "../text.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { type Point, pointBelow } from "../ui/menu.tsx";
import { atInfo, type Mention, MentionList, mentionAt, offered } from "./mentions.tsx";
import { EmojiPicker } from "./reactions.tsx";

/** What the user writes: a new message (with a first text, if given), a reply, or the new text of a message. */
export type Intent =
  | { kind: "new"; text?: string }
  | { kind: "reply"; message: AnyMessage }
  | { kind: "edit"; message: AnyMessage };

interface Props {
  session: Session;
  peer: string;
  intent: Intent;
  setIntent: (intent: Intent) => void;
  /** Called with the text of the message, and the mentions in it. */
  done: (text: string, mentions: SendOptions) => void;
  /** Called when the user presses the arrow-up key in the empty field. */
  onUp: () => void;
}

/** The field for a message. Enter sends the message; with Shift, or on a touch keyboard, it begins a new line. */
export function Composer({ session, peer, intent, setIntent, done, onUp }: Props) {
  const input = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => draftOf(session, peer));
  const [picking, setPicking] = useState<Point>();
  /** Where the caret is while a mention may be written; undefined: no mentions are offered. */
  const [caret, setCaret] = useState<number>();
  const [selected, setSelected] = useState(0);
  const mentions = useRef<Mention[]>([]);
  const listId = useId();
  const mention = caret === undefined ? undefined : mentionAt(text, caret);
  const list = mention ? offered(session, peer, mention.letters) : [];
  /** The text that was in the field before an edit began. */
  const textBeforeEdit = useRef("");
  const editing = useRef(false);
  const draftText = useRef("");
  draftText.current = intent.kind === "edit" ? textBeforeEdit.current : text;

  useLayoutEffect(() => {
    const before = editing.current;
    editing.current = intent.kind === "edit";
    if (intent.kind === "edit") {
      if (!before) textBeforeEdit.current = text;
      setText(textOf(intent.message));
    } else if (intent.kind === "new" && intent.text !== undefined) {
      setText(intent.text);
    } else if (before) {
      setText(textBeforeEdit.current);
    }
    if (matchMedia("(pointer: fine)").matches || intent.kind !== "new") input.current?.focus({ preventScroll: true });
  }, [intent]);
  useLayoutEffect(() => {
    if (input.current) fitHeight(input.current);
  }, [text]);
  useEffect(() => {
    const save = () => {
      session.typing.stop(peer);
      session.saveDraft(peer, draftText.current);
    };
    addEventListener("pagehide", save);
    return () => {
      removeEventListener("pagehide", save);
      save();
    };
  }, [session, peer]);

  const cancel = () => setIntent({ kind: "new" });
  const submit = () => {
    const written = text.trim();
    if (!written) return;
    const GroupAtInfo = atInfo(written, mentions.current);
    mentions.current = [];
    setText("");
    setCaret(undefined);
    input.current?.focus();
    done(written, GroupAtInfo.length > 0 ? { GroupAtInfo } : {});
  };
  const typed = (next: string) => {
    setText(next);
    if (intent.kind === "edit") return;
    if (next.trim()) session.typing.keyPressed(peer);
    else session.typing.stop(peer);
  };
  const choose = (chosen: Mention) => {
    if (!mention) return;
    const marked = `${text.slice(0, mention.from)}@${chosen.label} `;
    mentions.current = [...mentions.current.filter(({ label }) => label !== chosen.label), chosen];
    const next = marked + text.slice(caret);
    typed(next);
    setCaret(undefined);
    if (!input.current) return;
    input.current.value = next; // at once: the next key may come before the component is rendered
    input.current.setSelectionRange(marked.length, marked.length);
  };
  /** The keys that move in the list of mentions and choose one. Returns whether the key was one of them. */
  const pressedInList = (key: string): boolean => {
    const chosen = list[selected];
    if (!chosen) return false;
    if (key === "ArrowDown" || key === "ArrowUp") {
      setSelected((selected + (key === "ArrowDown" ? 1 : list.length - 1)) % list.length);
    } else if (key === "Enter" || key === "Tab") choose(chosen);
    else if (key === "Escape") setCaret(undefined);
    else return false;
    return true;
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (!event.shiftKey && pressedInList(event.key)) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey && !matchMedia("(pointer: coarse)").matches) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && intent.kind !== "new") {
      event.preventDefault();
      cancel();
    } else if (event.key === "ArrowUp" && !text && intent.kind === "new") {
      event.preventDefault();
      onUp();
    }
  };
  const insert = (emoji: string) => {
    setPicking(undefined);
    const { selectionStart = text.length, selectionEnd = text.length } = input.current ?? {};
    typed(text.slice(0, selectionStart) + emoji + text.slice(selectionEnd));
  };
  const name = session.name(peer);
  const inGroup = groupOf(peer) !== undefined;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {intent.kind !== "new" && <IntentBar session={session} peer={peer} intent={intent} cancel={cancel} />}
      {list.length > 0 && (
        <MentionList
          session={session}
          id={listId}
          list={list}
          selected={Math.min(selected, list.length - 1)}
          choose={choose}
        />
      )}
      <div class="write-box">
        <button
          type="button"
          class="icon-button round"
          aria-label="Emoji"
          aria-haspopup="dialog"
          onClick={(event) => setPicking(pointBelow(event.currentTarget))}
        >
          <Icon name="smile" />
        </button>
        <textarea
          ref={input}
          class="write"
          rows={1}
          placeholder={`Message ${name}`}
          aria-label={intent.kind === "edit" ? "Edit the message" : `Message to ${name}`}
          dir="auto"
          enterkeyhint="send"
          value={text}
          aria-autocomplete={inGroup ? "list" : undefined}
          aria-controls={list.length > 0 ? listId : undefined}
          aria-activedescendant={list.length > 0 ? `${listId}-${Math.min(selected, list.length - 1)}` : undefined}
          onInput={(event) => {
            typed(event.currentTarget.value);
            setCaret(inGroup ? event.currentTarget.selectionStart : undefined);
            setSelected(0);
          }}
          onKeyDown={pressed}
          onBlur={() => {
            session.typing.stop(peer);
            setCaret(undefined);
          }}
        />
        <button
          class="send"
          type="submit"
          aria-label={intent.kind === "edit" ? "Save" : "Send"}
          disabled={!text.trim()}
        >
          <Icon name={intent.kind === "edit" ? "check" : "send"} />
        </button>
      </div>
      {picking && (
        <Dialog title="Emoji" class="menu picking" at={picking} onClose={() => setPicking(undefined)}>
          <EmojiPicker choose={insert} />
        </Dialog>
      )}
    </form>
  );
}

/** Above the field: the message that the user replies to or edits. */
function IntentBar(props: {
  session: Session;
  peer: string;
  intent: Exclude<Intent, { kind: "new" }>;
  cancel: () => void;
}) {
  const { session, peer, intent, cancel } = props;
  const { kind, message } = intent;
  const who = message.From_Account === session.me ? "yourself" : session.senderName(peer, message);
  return (
    <div class="about">
      <Icon name={kind === "edit" ? "edit" : "reply"} />
      <div class="about-text">
        <strong>
          {kind === "edit" ? (
            "Edit the message"
          ) : (
            <>
              Reply to <bdi>{who}</bdi>
            </>
          )}
        </strong>
        <span dir="auto">{textOf(message)}</span>
      </div>
      <button type="button" class="icon-button" aria-label="Cancel" onClick={cancel}>
        <Icon name="close" />
      </button>
    </div>
  );
}

function draftOf(session: Session, peer: string): string {
  const row = session.parley.find(toPeer(peer));
  return row ? session.draft(row) : "";
}

/** Sets the height of a text area to that of its text. */
function fitHeight(area: HTMLTextAreaElement): void {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}
