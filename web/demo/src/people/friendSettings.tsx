import { useState } from "preact/hooks";
import { useSession } from "../session.ts";
import { Icon } from "../ui/icon.tsx";
import { maxBytes } from "./fields.ts";
import { LabelledField } from "./labelledField.tsx";
import { NameList } from "./lists.tsx";
import type { Friend } from "./people.ts";

/** What the user has set for a friend: the remark, and the friend lists. */
export function FriendSettings({ friend }: { friend: Friend }) {
  const session = useSession();
  const { people } = session;
  const { user } = friend;
  const [edited, setEdited] = useState<string>();
  const [naming, setNaming] = useState(false);
  const remark = edited ?? friend.remark;
  const wanted = remark.trim();
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    if (await session.try("The name was not saved.", people.remark(user, wanted))) setEdited(undefined);
  };
  return (
    <section class="panel-box" aria-label="How you keep this friend">
      <form class="inline-form" onSubmit={save}>
        <LabelledField
          label="Your name for them"
          placeholder={session.nick(user)}
          bytes={maxBytes.remark}
          value={remark}
          set={setEdited}
        />
        <button type="submit" class="button soft" disabled={wanted === friend.remark}>
          Save
        </button>
      </form>
      <fieldset class="chips">
        <legend class="line-label">Lists</legend>
        {people.lists.map((list) => {
          const inside = friend.lists.includes(list);
          return (
            <button
              key={list}
              type="button"
              class="chip"
              aria-pressed={inside}
              onClick={() => void session.try("The list was not changed.", people.setInList(user, list, !inside))}
            >
              {inside && <Icon name="check" />}
              <bdi>{list}</bdi>
            </button>
          );
        })}
        <button type="button" class="icon-button" aria-label="New list" onClick={() => setNaming(true)}>
          <Icon name="plus" />
        </button>
      </fieldset>
      {naming && (
        <NameList
          title="New list"
          action="Make"
          name=""
          onSave={(name) => void session.try("The list was not made.", people.createList(name, [user]))}
          onClose={() => setNaming(false)}
        />
      )}
    </section>
  );
}
