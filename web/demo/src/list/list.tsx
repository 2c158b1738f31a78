import { type DirectConversation, fold, isDirect } from "@parley/client";
import type { Ref } from "preact";
import { useState } from "preact/hooks";
import { go } from "../route.ts";
import { useSession } from "../session.ts";
import { connection } from "../status.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Field } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import type { Point } from "../ui/menu.tsx";
import { FoundRow, useFound } from "./found.tsx";
import { ConversationMenu, DeleteConversation } from "./menu.tsx";
import { ConversationRow, PersonRow, StartRow } from "./row.tsx";

/** The largest size of a user ID, bytes. */
const longestID = 32;

/** The list of conversations, and a field that searches conversations and messages, or starts a conversation. */
export function List({ selected, search }: { selected: string | undefined; search: Ref<HTMLInputElement> }) {
  const session = useSession();
  const [query, setQuery] = useState("");
  const [menu, setMenu] = useState<{ row: DirectConversation; at: Point }>();
  const [deleting, setDeleting] = useState<DirectConversation>();
  const wanted = query.trim();
  const found = useFound(session, wanted);
  const matches = (peer: string) => {
    const text = fold(wanted);
    return fold(peer).includes(text) || fold(session.name(peer)).includes(text);
  };
  const conversations = session.parley.conversations.filter(isDirect);
  const rows = conversations.filter((row) => matches(row.To_Account));
  const known = new Set(conversations.map((row) => row.To_Account));
  const others = session.others.filter((peer) => session.synced && !known.has(peer) && matches(peer));
  const isNew = !known.has(wanted) && !others.includes(wanted) && wanted !== session.me;

  const open = (peer: string) => {
    setQuery("");
    go({ view: "chats", peer });
  };
  const typed = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && query) {
      event.preventDefault();
      setQuery("");
    } else if (event.key === "Enter" && wanted) {
      const peer = known.has(wanted) ? wanted : (rows[0]?.To_Account ?? others[0] ?? wanted);
      if (peer !== session.me) open(peer);
    }
  };
  const { text, tone } = connection(session);
  return (
    <section class="sidebar" aria-label="Conversations" onKeyDown={moveFocusInRows}>
      <header class="sidebar-head">
        <Avatar id={session.me} name={session.name(session.me)} face={session.face(session.me)} />
        <div class="who">
          <strong class="who-name" dir="auto">
            {session.name(session.me)}
          </strong>
          <span class="status" role="status" data-tone={tone}>
            {text}
          </span>
        </div>
      </header>
      <div class="search-box">
        <Icon name="search" />
        <Field
          ref={search}
          label="Search conversations and messages, or start one with a user ID"
          class="search"
          type="search"
          placeholder="Search or start a chat"
          autocapitalize="none"
          spellcheck={false}
          maxLength={100}
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={typed}
        />
      </div>
      <div class="scroll">
        <ul class="rows" aria-label="Conversations">
          {rows.map((row) => (
            <ConversationRow
              key={row.To_Account}
              row={row}
              selected={row.To_Account === selected}
              open={open}
              menu={(at) => setMenu({ row, at })}
            />
          ))}
          {others.map((peer) => (
            <PersonRow key={peer} peer={peer} selected={peer === selected} open={open} />
          ))}
          {wanted && isNew && new TextEncoder().encode(wanted).length <= longestID && (
            <StartRow user={wanted} open={open} />
          )}
        </ul>
        {found.length > 0 && (
          <>
            <h2 class="rows-title">Messages</h2>
            <ul class="rows" aria-label="Messages">
              {found.map((message) => (
                <FoundRow
                  key={`${message.From_Account} ${message.MsgKey}`}
                  session={session}
                  message={message}
                  text={wanted}
                />
              ))}
            </ul>
          </>
        )}
        {wanted === session.me && <p class="hint">That is you.</p>}
        {conversations.length === 0 && !wanted && session.synced && (
          <p class="hint">No conversations yet. Type a user ID above to start one.</p>
        )}
      </div>
      {menu && (
        <ConversationMenu
          {...menu}
          session={session}
          onClose={() => setMenu(undefined)}
          onDelete={() => setDeleting(menu.row)}
        />
      )}
      {deleting && (
        <DeleteConversation
          session={session}
          row={deleting}
          onDelete={() => deleting.To_Account === selected && go({ view: "chats" })}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </section>
  );
}

/** The arrow keys move the focus from the search field through the rows and back. */
function moveFocusInRows(event: KeyboardEvent & { currentTarget: Element }): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>(".search, .row")];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const target = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (at < 0 || !target) return;
  event.preventDefault();
  target.focus();
}
