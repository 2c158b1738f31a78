import { type Conversation, conversationId, fold, toOf } from "@parley/client";
import type { Ref } from "preact";
import { useState } from "preact/hooks";
import { NewGroup } from "../groups/create.tsx";
import { JoinGroup } from "../groups/join.tsx";
import { RequestsDialog } from "../groups/requests.tsx";
import { groupOf } from "../peer.ts";
import { go } from "../route.ts";
import { useSession } from "../session.ts";
import { connection } from "../status.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Field } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Menu, type Point, pointBelow } from "../ui/menu.tsx";
import { FoundRow, useFound } from "./found.tsx";
import { ConversationMenu, DeleteConversation } from "./menu.tsx";
import { ConversationRow, PersonRow, StartRow } from "./row.tsx";

/** The largest size of a user ID, bytes. */
const longestID = 32;

/** The list of conversations, and a field that searches conversations and messages, or starts a conversation. */
export function List({ selected, search }: { selected: string | undefined; search: Ref<HTMLInputElement> }) {
  const session = useSession();
  const [query, setQuery] = useState("");
  const [menu, setMenu] = useState<{ row: Conversation; at: Point }>();
  const [deleting, setDeleting] = useState<Conversation>();
  const [adding, setAdding] = useState<Point>();
  const [dialog, setDialog] = useState<"new" | "join" | "requests">();
  const wanted = query.trim();
  const found = useFound(session, wanted);
  const matches = (peer: string) => {
    const text = fold(wanted);
    return fold(groupOf(peer) ?? peer).includes(text) || fold(session.name(peer)).includes(text);
  };
  const conversations = session.parley.conversations.map((row) => ({ row, peer: conversationId(toOf(row)) }));
  const rows = conversations.filter(({ peer }) => matches(peer));
  const known = new Set(conversations.map(({ peer }) => peer));
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
      const peer = known.has(wanted) ? wanted : (rows[0]?.peer ?? others[0] ?? wanted);
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
        <button
          type="button"
          class="icon-button"
          aria-label="New group, or join one"
          aria-haspopup="menu"
          onClick={(event) => setAdding(pointBelow(event.currentTarget))}
        >
          <Icon name="groupAdd" />
        </button>
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
        {session.requests.list.length > 0 && (
          <button type="button" class="row row-requests" aria-haspopup="dialog" onClick={() => setDialog("requests")}>
            <Icon name="groupAdd" />
            <span class="row-name">Requests to groups</span>
            <span class="badge">{session.requests.list.length}</span>
          </button>
        )}
        <ul class="rows" aria-label="Conversations">
          {rows.map(({ row, peer }) => (
            <ConversationRow
              key={peer}
              row={row}
              selected={peer === selected}
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
      {adding && (
        <Menu
          label="Groups"
          at={adding}
          choices={[
            { icon: "groupAdd", label: "New group", run: () => setDialog("new") },
            { icon: "search", label: "Join a group by its ID", run: () => setDialog("join") },
          ]}
          onClose={() => setAdding(undefined)}
        />
      )}
      {dialog === "new" && <NewGroup onClose={() => setDialog(undefined)} onDone={open} />}
      {dialog === "join" && <JoinGroup onClose={() => setDialog(undefined)} onDone={open} />}
      {dialog === "requests" && <RequestsDialog onClose={() => setDialog(undefined)} />}
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
          onDelete={() => conversationId(toOf(deleting)) === selected && go({ view: "chats" })}
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
