import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dayName,
  hue,
  initials,
  isFewEmoji,
  lastSeen,
  lengthOf,
  shortTime,
  sizeOf,
  splitLinks,
  textOf,
} from "../src/text.ts";

test("initials are one or two letters", () => {
  assert.equal(initials("Alice"), "A");
  assert.equal(initials("alice.b_jones"), "AJ");
  assert.equal(initials("Жанна Д'Арк"), "ЖА");
  assert.equal(initials("王小明"), "王");
  assert.equal(initials("--"), "?");
});

test("the colour of a user is always the same, and users have different ones", () => {
  assert.equal(hue("alice"), hue("alice"));
  const hues = new Set(["alice", "bob", "carol", "dave", "erin", "frank"].map(hue));
  assert.ok(hues.size >= 3);
});

test("a short time is the time today, then the weekday, then the date", () => {
  const now = new Date(2026, 4, 20, 12).getTime();
  const at = (day: number, hour = 9) => new Date(2026, 4, day, hour).getTime();
  assert.match(shortTime(at(20), now), /9/);
  assert.equal(shortTime(at(19, 23), now), "Yesterday");
  assert.match(shortTime(at(16), now), /^Sat/);
  assert.match(shortTime(at(1), now), /1/);
  assert.match(shortTime(new Date(2024, 1, 3).getTime(), now), /2024/);
  assert.equal(dayName(at(20), now), "Today");
  assert.match(dayName(at(16), now), /Saturday/);
});

test("only web addresses become links", () => {
  assert.deepEqual(splitLinks("see https://example.com/a?b=1, ok"), [
    { at: 0, text: "see " },
    { at: 4, text: "https://example.com/a?b=1", href: "https://example.com/a?b=1" },
    { at: 29, text: ", ok" },
  ]);
  assert.deepEqual(splitLinks("javascript:alert(1) <b>"), [{ at: 0, text: "javascript:alert(1) <b>" }]);
});

test("a text of one to three emoji is recognized", () => {
  assert.ok(isFewEmoji("👋"));
  assert.ok(isFewEmoji("👩‍🚀 🎉"));
  assert.ok(!isFewEmoji("👋 hi"));
  assert.ok(!isFewEmoji("12"));
});

test("an element that is not text has a label", () => {
  assert.equal(textOf({ MsgBody: [{ MsgType: "TIMImageElem", MsgContent: {} }] }), "[Image]");
  assert.equal(textOf({ MsgBody: [{ MsgType: "TIMNewElem", MsgContent: {} }] }), "[Message]");
  assert.equal(textOf({ MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text: "hi" } }] }), "hi");
});

test("sizes, durations and times are formatted for people", () => {
  assert.equal(sizeOf(999), "999 bytes");
  assert.match(sizeOf(1536), /^1.5 KB$/);
  assert.equal(sizeOf(5 * 2 ** 30), "5 GB");
  assert.equal(lengthOf(61.4), "1:01");
  const now = new Date(2026, 4, 20, 12).getTime();
  assert.equal(lastSeen(now - 30_000, now), "Last seen just now");
  assert.equal(lastSeen(now - 5 * 60_000, now), "Last seen 5 min ago");
  assert.match(lastSeen(now - 24 * 3_600_000, now), /^Last seen yesterday at 12/);
});
