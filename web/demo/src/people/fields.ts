import { allowTag, birthdayTag, type Fields, genderTag, profileTags } from "../profile.ts";

/** The values of a gender, as one is asked for it. */
export const genders: Readonly<Record<string, string>> = {
  Gender_Type_Unknown: "Not said",
  Gender_Type_Female: "Female",
  Gender_Type_Male: "Male",
};

/** Who may add a user as a friend. */
export const allowTypes: Readonly<Record<string, string>> = {
  AllowType_Type_AllowAny: "Anybody, at once",
  AllowType_Type_NeedConfirm: "Whom I accept",
  AllowType_Type_DenyAny: "Nobody",
};

/** The most bytes of what users write. */
export const most = { text: 500, location: 16, remark: 96, wording: 256, list: 30, status: 64, user: 32 };

/** A text cut to so many bytes of UTF-8, between characters. */
export function within(text: string, bytes: number): string {
  const encoder = new TextEncoder();
  if (encoder.encode(text).length <= bytes) return text;
  let kept = "";
  let length = 0;
  for (const char of text) {
    length += encoder.encode(char).length;
    if (length > bytes) break;
    kept += char;
  }
  return kept;
}

/** A birthday, which is a number such as 20000131, as a date field has it; empty where it is none. */
export function toDate(birthday: unknown): string {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(String(birthday ?? ""));
  if (!match) return "";
  const date = match.slice(1).join("-");
  return Number.isNaN(Date.parse(date)) ? "" : date;
}

/** The birthday of a date field; 0 where it is empty. */
export function toBirthday(date: string): number {
  return Number(date.replaceAll("-", ""));
}

/** A birthday as a person reads it. */
export function birthdayOf(fields: Fields): string {
  const date = toDate(fields[birthdayTag]);
  return date && new Date(`${date}T12:00`).toLocaleDateString(undefined, { dateStyle: "long" });
}

/** The gender that a user says; empty where none is said. */
export function genderOf(fields: Fields): string {
  const gender = String(fields[genderTag] ?? "");
  return gender === "Gender_Type_Unknown" ? "" : (genders[gender] ?? "");
}

/** The fields that an edit changes, as the server takes them; an empty value removes a field. */
export function changes(before: Fields, after: Fields): { Tag: string; Value: string | number }[] {
  const none = (tag: string) => (tag === birthdayTag ? 0 : tag === genderTag ? "Gender_Type_Unknown" : "");
  const trimmed = (value: string | number) => (typeof value === "string" ? value.trim() : value);
  return profileTags
    .map((Tag) => ({ Tag, Value: trimmed(after[Tag] ?? none(Tag)) }))
    .filter(({ Tag, Value }) => Value !== (before[Tag] ?? none(Tag)) && !(Tag === allowTag && Value === ""));
}
