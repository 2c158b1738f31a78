import { allowTag, birthdayTag, type Fields, genderTag, profileTags } from "../profile.ts";

/** The values of the gender, and their labels. */
export const genders: Readonly<Record<string, string>> = {
  Gender_Type_Unknown: "Not said",
  Gender_Type_Female: "Female",
  Gender_Type_Male: "Male",
};

/** The rules for friend requests to a user, and their labels. */
export const allowTypes: Readonly<Record<string, string>> = {
  AllowType_Type_AllowAny: "Anybody, at once",
  AllowType_Type_NeedConfirm: "Whom I accept",
  AllowType_Type_DenyAny: "Nobody",
};

/** The largest sizes of the texts that users write, bytes. */
export const maxBytes = {
  text: 500,
  location: 16,
  remark: 96,
  wording: 256,
  list: 30,
  status: 64,
  user: 32,
  group: 48,
  introduction: 240,
  request: 300,
  card: 50,
};

/** Cuts a text to so many bytes of UTF-8, between characters. */
export function cutToBytes(text: string, bytes: number): string {
  const encoder = new TextEncoder();
  if (encoder.encode(text).length <= bytes) return text;
  let cut = "";
  let length = 0;
  for (const char of text) {
    length += encoder.encode(char).length;
    if (length > bytes) break;
    cut += char;
  }
  return cut;
}

/** A birthday (a number such as 20000131) as the value of a date field; empty if it is not a date. */
export function toDate(birthday: unknown): string {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(String(birthday ?? ""));
  if (!match) return "";
  const date = match.slice(1).join("-");
  return Number.isNaN(Date.parse(date)) ? "" : date;
}

/** The value of a date field as a birthday; 0 if the field is empty. */
export function toBirthday(date: string): number {
  return Number(date.replaceAll("-", ""));
}

/** The birthday of a profile, for people. */
export function birthdayOf(fields: Fields): string {
  const date = toDate(fields[birthdayTag]);
  return date && new Date(`${date}T12:00`).toLocaleDateString(undefined, { dateStyle: "long" });
}

/** The gender of a profile, for people; empty if it is not set. */
export function genderOf(fields: Fields): string {
  const gender = String(fields[genderTag] ?? "");
  return gender === "Gender_Type_Unknown" ? "" : (genders[gender] ?? "");
}

/** The fields that an edit changes, in the format of the server. An empty value removes a field. */
export function changes(before: Fields, after: Fields): { Tag: string; Value: string | number }[] {
  const none = (tag: string) => (tag === birthdayTag ? 0 : tag === genderTag ? "Gender_Type_Unknown" : "");
  const trimmed = (value: string | number) => (typeof value === "string" ? value.trim() : value);
  return profileTags
    .map((Tag) => ({ Tag, Value: trimmed(after[Tag] ?? none(Tag)) }))
    .filter(({ Tag, Value }) => Value !== (before[Tag] ?? none(Tag)) && !(Tag === allowTag && Value === ""));
}
