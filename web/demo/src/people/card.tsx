import type { PresenceView } from "@parley/client";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { locationTag, signatureTag } from "../profile.ts";
import { go } from "../route.ts";
import { useSession } from "../session.ts";
import { lastSeen } from "../text.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { AddFriend } from "./add.tsx";
import { birthdayOf, genderOf } from "./fields.ts";
import { FriendSettings } from "./friendSettings.tsx";
import { Answer } from "./requests.tsx";

/** The result code of the presence of a user who does not exist. */
const noAccount = 70107;

/** The card of a user: profile, presence, and actions. */
export function Card({ user }: { user: string }) {
  const session = useSession();
  const { people } = session;
  const [open, setOpen] = useState<"add" | "remove" | "block">();
  const name = session.name(user);
  const fields = session.profiles.get(user);
  const presence = session.presence.get(user);
  const friend = people.friends.get(user);
  const request = people.request(user);
  const blocked = people.blocks(user);
  const close = () => setOpen(undefined);
  useEffect(() => session.profiles.refresh(user), [session, user]); // the server sends events only of friends' changes
  if (presence?.ResultCode === noAccount) {
    return (
      <Frame user={user} title={user}>
        <p class="hint">There is no user with the ID {user}.</p>
      </Frame>
    );
  }
  const { text, tone } = statusOf(presence);
  return (
    <Frame user={user} title={name}>
      <header class="person-head">
        <Avatar id={user} name={name} face={session.face(user)} size="xl" />
        <h1 dir="auto">{name}</h1>
        <p class="status" data-tone={tone}>
          {text}
        </p>
        {presence?.CustomStatus && (
          <p class="person-custom" dir="auto">
            {presence.CustomStatus}
          </p>
        )}
        {fields[signatureTag] && (
          <p class="muted person-about" dir="auto">
            {fields[signatureTag]}
          </p>
        )}
      </header>
      <div class="person-actions">
        <button type="button" class="button" onClick={() => go({ view: "chats", peer: user })}>
          Message
        </button>
        {!friend && !request && !blocked && (
          <button type="button" class="button soft" onClick={() => setOpen("add")}>
            Add friend
          </button>
        )}
      </div>
      {request && (
        <section class="panel-box" aria-label="Request">
          <p dir="auto">{request.AddWording || `${name} asks to be your friend.`}</p>
          <Answer user={user} />
        </section>
      )}
      <section class="panel-box" aria-label="Profile">
        <dl class="facts">
          <Fact name="User ID" value={user} />
          <Fact name="Name" value={name === session.nick(user) ? "" : session.nick(user)} />
          <Fact name="Gender" value={genderOf(fields)} />
          <Fact name="Birthday" value={birthdayOf(fields)} />
          <Fact name="Location" value={String(fields[locationTag] ?? "")} />
        </dl>
      </section>
      {friend && <FriendSettings friend={friend} />}
      <section class="panel-box rows" aria-label="More">
        {friend && (
          <button type="button" class="choice danger" onClick={() => setOpen("remove")}>
            <Icon name="trash" />
            Delete friend
          </button>
        )}
        <button
          type="button"
          class={blocked ? "choice" : "choice danger"}
          onClick={() =>
            blocked ? void session.try("The user is still blocked.", people.unblock(user)) : setOpen("block")
          }
        >
          <Icon name="block" />
          {blocked ? "Unblock" : "Block"}
        </button>
      </section>
      {open === "add" && <AddFriend user={user} onClose={close} onDone={close} />}
      {open === "remove" && (
        <Confirm
          title={`Delete ${name} from your friends?`}
          action="Delete"
          onConfirm={() => void session.try("The friend was not deleted.", people.remove(user))}
          onClose={close}
        >
          <p class="muted">You are deleted from theirs, too. Your messages stay.</p>
        </Confirm>
      )}
      {open === "block" && (
        <Confirm
          title={`Block ${name}?`}
          action="Block"
          onConfirm={() => void session.try("The user was not blocked.", people.block(user))}
          onClose={close}
        >
          <p class="muted">
            {friend ? "You are no friends any more. " : ""}Messages and requests of theirs are refused; they are not
            told of the block.
          </p>
        </Confirm>
      )}
    </Frame>
  );
}

/** The frame of a card. On a narrow screen it replaces the list and gets the focus, until the user goes back. */
function Frame({ user, title, children }: { user: string; title: string; children: ComponentChildren }) {
  const pane = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (!matchMedia("(max-width: 719px)").matches) return;
    pane.current?.focus({ preventScroll: true });
    const row = `[data-person="${CSS.escape(user)}"] .row`;
    return () => {
      requestAnimationFrame(() => document.querySelector<HTMLElement>(row)?.focus({ preventScroll: true }));
    };
  }, [user]);
  return (
    <article ref={pane} class="person scroll" aria-label={`About ${title}`} tabIndex={-1}>
      <button
        type="button"
        class="icon-button back"
        aria-label="Back to contacts"
        onClick={() => go({ view: "contacts" })}
      >
        <Icon name="back" />
      </button>
      <div class="person-body">{children}</div>
    </article>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  if (!value) return null;
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd dir="auto">{value}</dd>
    </div>
  );
}

/** Whether a user is online, or when the user was last online. */
function statusOf(presence: PresenceView | undefined): { text: string; tone: string } {
  if (presence?.Status === "Online") return { text: "Online", tone: "good" };
  return { text: presence?.LastMs ? lastSeen(presence.LastMs) : presence ? "Offline" : "", tone: "" };
}
