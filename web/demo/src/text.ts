import type { AnyMessage } from "@parley/client";
import { locate, preview } from "@parley/client";

/** One or two letters for an avatar. */
export function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? "?")][0]?.toLocaleUpperCase()).join("");
}

const hues = [14, 48, 85, 150, 185, 225, 262, 292, 330];

/** The hue of a user: always the same one of nine, which are easy to distinguish. */
export function hue(id: string): number {
  let hash = 102;
  for (const char of id) hash = (Math.imul(hash, 31) + (char.codePointAt(0) ?? 0)) | 0;
  return hues[(Math.imul(hash, 0x9e3779b1) >>> 16) % hues.length] ?? 0;
}

const day = 24 * 60 * 60 * 1000;

/** How many calendar days are between two moments. */
function daysBetween(ms: number, now: number): number {
  const midnight = (t: number) => new Date(t).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(ms)) / day);
}

// To make a format takes a hundred times as long as to use it.
const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** The time of day. */
export function timeOfDay(ms: number): string {
  return clockFormat.format(ms);
}

/** The day and the time, in full. */
export function fullTime(ms: number): string {
  return fullFormat.format(ms);
}

/** A moment as short as a list needs it: today the time, in the last days the weekday, before that the date. */
export function shortTime(ms: number, now = Date.now()): string {
  const ago = daysBetween(ms, now);
  if (ago <= 0) return timeOfDay(ms);
  if (ago === 1) return "Yesterday";
  const date = new Date(ms);
  if (ago < 7) return date.toLocaleDateString(undefined, { weekday: "short" });
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString(undefined, {
    day: "numeric",
    month: "short",
    ...(sameYear ? {} : { year: "numeric" }),
  });
}

/** The text of a separator between the messages of two days. */
export function dayName(ms: number, now = Date.now()): string {
  const ago = daysBetween(ms, now);
  if (ago <= 0) return "Today";
  if (ago === 1) return "Yesterday";
  const date = new Date(ms);
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString(undefined, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
  });
}

/** A sentence that says when a user was last online. */
export function lastSeen(ms: number, now = Date.now()): string {
  const minutes = Math.floor((now - ms) / 60_000);
  if (minutes < 1) return "Last seen just now";
  if (minutes < 60) return `Last seen ${minutes} min ago`;
  const ago = daysBetween(ms, now);
  const day = ago <= 0 ? "" : ago === 1 ? "yesterday " : `${shortTime(ms, now)} `;
  return `Last seen ${day}at ${timeOfDay(ms)}`;
}

/** How many members a group has. */
export function memberCount(count: number): string {
  return `${count.toLocaleString()} ${count === 1 ? "member" : "members"}`;
}

/** A key of a calendar day: it is the same for all moments of the day. */
export function dayKey(ms: number): string {
  return new Date(ms).toDateString();
}

/** The text of a message. An element that is not text has a label such as "[Image]". */
export function textOf(m: Pick<AnyMessage, "MsgBody">): string {
  return m.MsgBody.map((element) =>
    element.MsgType === "TIMTextElem" ? String(element.MsgContent.Text ?? "") : preview([element]) || "[Message]",
  ).join("");
}

/** Splits a text into plain parts and web addresses (with `href`). `at` is the index at which a part begins. */
export function splitLinks(text: string): { at: number; text: string; href?: string }[] {
  const out: { at: number; text: string; href?: string }[] = [];
  let end = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g)) {
    if (match.index > end) out.push({ at: end, text: text.slice(end, match.index) });
    out.push({ at: match.index, text: match[0], href: match[0] });
    end = match.index + match[0].length;
  }
  if (end < text.length) out.push({ at: end, text: text.slice(end) });
  return out;
}

/** Whether a text consists of one to three emoji. */
export function isFewEmoji(text: string): boolean {
  return /^(?:\p{Extended_Pictographic}[\u{FE0F}\u{1F3FB}-\u{1F3FF}]?(?:\u200D\p{Extended_Pictographic}\u{FE0F}?)*\s*){1,3}$/u.test(
    text,
  );
}

/**
 * The part of a text around the first occurrence of another text (both folded). It is cut
 * so that one line shows the occurrence.
 */
export function excerptAround(text: string, wanted: string): { before: string; hit: string; after: string } {
  const line = text.replace(/\s+/g, " ");
  const place = locate(line, wanted);
  if (!place) return { before: line, hit: "", after: "" };
  const [from, to] = place;
  const before = line.slice(0, from);
  const near = before.length > 20 ? `…${[...before].slice(-16).join("")}` : before;
  return { before: near, hit: line.slice(from, to), after: line.slice(to) };
}

/** The size of a file for people, such as "1.5 KB". */
export function sizeOf(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB"];
  const step = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return `${value.toLocaleString(undefined, { maximumFractionDigits: value < 10 && step > 0 ? 1 : 0 })} ${units[step]}`;
}

/** A duration as a media player shows it, such as "1:01". */
export function lengthOf(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
