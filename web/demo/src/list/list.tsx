import type { Ref } from "preact";
import { useState } from "preact/hooks";
import { go } from "../route.ts";
import { useSession } from "../session.ts";
import { connection } from "../status.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Field } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { ConversationRow, PersonRow, StartRow } from "./row.tsx";

/** The list of conversations, and the field that finds or starts one. */
export function List({ selected, search }: { selected: string | undefined; search: Ref<HTMLInputElement> }) {
  const session = useSession();
  const [query, setQuery] = useState("");
  const wanted = query.trim();
  const matches = (peer: string) => {
    const text = wanted.toLocaleLowerCase();
    return peer.toLocaleLowerCase().includes(text) || session.name(peer).toLocaleLowerCase().includes(text);
  };
  const list = session.parley.list;
  const rows = list.filter((row) => matches(row.To_Account));
  const known = new Set(list.map((row) => row.To_Account));
  const others = session.others.filter((peer) => session.synced && !known.has(peer) && matches(peer));
  const exact = known.has(wanted) || others.includes(wanted) || wanted === session.me;

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
    <section class="sidebar" aria-label="Conversations" onKeyDown={walkRows}>
      <header class="sidebar-head">
        <Avatar id={session.me} name={session.name(session.me)} />
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
          label="Search, or start a conversation with a user ID"
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
        <ul class="rows">
          {rows.map((row) => (
            <ConversationRow key={row.To_Account} row={row} selected={row.To_Account === selected} open={open} />
          ))}
          {others.map((peer) => (
            <PersonRow key={peer} peer={peer} selected={peer === selected} open={open} />
          ))}
          {wanted && !exact && <StartRow user={wanted} open={open} />}
        </ul>
        {wanted === session.me && <p class="hint">That is you.</p>}
        {list.length === 0 && !wanted && session.synced && (
          <p class="hint">No conversations yet. Search for a user ID above to start one.</p>
        )}
      </div>
    </section>
  );
}

/** The arrows walk from the search through the rows and back. */
function walkRows(event: KeyboardEvent & { currentTarget: Element }): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>(".search, .row")];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const target = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (at < 0 || !target) return;
  event.preventDefault();
  target.focus();
}
