import { useState } from "preact/hooks";
import { useSession } from "../session.ts";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { type Choice, Menu, type Point, pointBelow } from "../ui/menu.tsx";
import { maxBytes } from "./fields.ts";
import { LabelledField } from "./labelledField.tsx";

/** The friend lists to choose from. The chosen one can be renamed and deleted. */
export function ListBar(props: { chosen: string | undefined; choose: (list: string | undefined) => void }) {
  const { chosen, choose } = props;
  const session = useSession();
  const { people } = session;
  const [menu, setMenu] = useState<Point>();
  const [open, setOpen] = useState<"create" | "rename" | "delete">();
  if (people.friends.size === 0 && people.lists.length === 0) return null;
  const close = () => setOpen(undefined);
  const save = async (name: string) => {
    const work = open === "rename" && chosen !== undefined ? people.renameList(chosen, name) : people.createList(name);
    if (await session.try("The list was not saved.", work)) choose(name);
  };
  const choices: Choice[] = [
    { icon: "edit", label: "Rename", run: () => setOpen("rename") },
    { icon: "trash", label: "Delete", danger: true, run: () => setOpen("delete") },
  ];
  return (
    <fieldset class="chips" aria-label="Friend lists">
      <button type="button" class="chip" aria-pressed={chosen === undefined} onClick={() => choose(undefined)}>
        All
      </button>
      {people.lists.map((name) => (
        <span key={name} class="chip-group">
          <button type="button" class="chip" aria-pressed={chosen === name} onClick={() => choose(name)}>
            <bdi>{name}</bdi>
          </button>
          {chosen === name && (
            <button
              type="button"
              class="icon-button"
              aria-label={`More about the list ${name}`}
              aria-haspopup="menu"
              onClick={(event) => setMenu(pointBelow(event.currentTarget))}
            >
              <Icon name="more" />
            </button>
          )}
        </span>
      ))}
      <button type="button" class="icon-button" aria-label="New list" onClick={() => setOpen("create")}>
        <Icon name="plus" />
      </button>
      {menu && <Menu label={`List ${chosen}`} at={menu} choices={choices} onClose={() => setMenu(undefined)} />}
      {open === "create" && <NameList title="New list" action="Make" name="" onSave={save} onClose={close} />}
      {open === "rename" && chosen !== undefined && (
        <NameList title="Rename the list" action="Rename" name={chosen} onSave={save} onClose={close} />
      )}
      {open === "delete" && chosen !== undefined && (
        <Confirm
          title={`Delete the list ${chosen}?`}
          action="Delete"
          onConfirm={() => void session.try("The list was not deleted.", people.deleteList(chosen))}
          onClose={close}
        >
          <p class="muted">Who is in it stays a friend.</p>
        </Confirm>
      )}
    </fieldset>
  );
}

/** Asks for the name of a friend list. */
export function NameList(props: {
  title: string;
  action: string;
  name: string;
  onSave: (name: string) => void;
  onClose: () => void;
}) {
  const [name, setName] = useState(props.name);
  const wanted = name.trim();
  return (
    <Dialog title={props.title} class="confirm" onClose={props.onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          props.onClose();
          if (wanted !== props.name) props.onSave(wanted);
        }}
      >
        <h2>{props.title}</h2>
        <LabelledField label="Name" bytes={maxBytes.list} value={name} set={setName} required />
        <div class="dialog-buttons">
          <button type="button" class="button soft" onClick={props.onClose}>
            Cancel
          </button>
          <button type="submit" class="button" disabled={!wanted}>
            {props.action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
