import { useState } from "preact/hooks";
import {
  allowTag,
  birthdayTag,
  type Fields,
  faceTag,
  genderTag,
  locationTag,
  nickTag,
  signatureTag,
} from "../profile.ts";
import { useSession } from "../session.ts";
import { allowTypes, changes, genders, maxBytes, toBirthday, toDate } from "./fields.ts";
import { LabelledField } from "./labelledField.tsx";

/** A form that edits the profile of the signed-in user. */
export function EditProfile() {
  const session = useSession();
  const { me, parley } = session;
  const known = session.profiles.get(me);
  const [edited, setEdited] = useState<Fields>({});
  const fields: Fields = { ...known, ...edited };
  const changed = changes(known, fields);
  const set = (tag: string, value: string | number) => setEdited({ ...edited, [tag]: value });
  const text = (tag: string) => ({
    value: String(fields[tag] ?? ""),
    set: (value: string) => set(tag, value),
  });
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!(await session.try("The profile was not saved.", parley.profile.set({ ProfileItem: changed })))) return;
    session.profiles.set(me, { ...known, ...Object.fromEntries(changed.map(({ Tag, Value }) => [Tag, Value])) });
    setEdited({});
    session.showNotice("Your profile is saved.");
  };
  return (
    <section class="panel-box" aria-label="Profile">
      <form class="form" onSubmit={save}>
        <LabelledField label="Name" placeholder={me} bytes={maxBytes.text} {...text(nickTag)} />
        <LabelledField label="About you" bytes={maxBytes.text} {...text(signatureTag)} />
        <LabelledField label="Picture" address exact placeholder="https://…" bytes={maxBytes.text} {...text(faceTag)} />
        <div class="pair">
          <Choice
            label="Gender"
            options={genders}
            value={String(fields[genderTag] ?? "Gender_Type_Unknown")}
            set={(value) => set(genderTag, value)}
          />
          <label class="line">
            <span class="line-label">Birthday</span>
            <input
              class="field"
              type="date"
              value={toDate(fields[birthdayTag])}
              onChange={(event) => set(birthdayTag, toBirthday(event.currentTarget.value))}
            />
          </label>
        </div>
        <LabelledField label="Location" bytes={maxBytes.location} {...text(locationTag)} />
        <Choice
          label="Who may add you as a friend"
          options={fields[allowTag] ? allowTypes : { "": "As this app has it", ...allowTypes }}
          value={String(fields[allowTag] ?? "")}
          set={(value) => set(allowTag, value)}
        />
        <div class="dialog-buttons">
          {changed.length > 0 && (
            <button type="button" class="button soft" onClick={() => setEdited({})}>
              Undo
            </button>
          )}
          <button type="submit" class="button" disabled={changed.length === 0}>
            Save
          </button>
        </div>
      </form>
    </section>
  );
}

export function Choice(props: {
  label: string;
  options: Readonly<Record<string, string>>;
  value: string;
  set: (value: string) => void;
}) {
  return (
    <label class="line">
      <span class="line-label">{props.label}</span>
      <select class="field" value={props.value} onChange={(event) => props.set(event.currentTarget.value)}>
        {Object.entries(props.options).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
