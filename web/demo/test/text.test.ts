import assert from "node:assert/strict";
import { test } from "node:test";
import { dayName, hue, initials, jumbo, lastSeen, lengthOf, pieces, sizeOf, textOf, when } from "../src/text.ts";

test("initials are one or two letters", () => {
  assert.equal(initials("Alice"), "A");
  assert.equal(initials("alice.b_jones"), "AJ");
  assert.equal(initials("Жанна Д'Арк"), "ЖА");
  assert.equal(initials("王小明"), "王");
  assert.equal(initials("--"), "?");
});

test("a user's colour stays the same, and users differ", () => {
  assert.equal(hue("alice"), hue("alice"));
  const hues = new Set(["alice", "bob", "carol", "dave", "erin", "frank"].map(hue));
  assert.ok(hues.size >= 3);
});

test("a list tells time, then day, then date", () => {
  const now = new Date(2026, 4, 20, 12).getTime();
  const at = (day: number, hour = 9) => new Date(2026, 4, day, hour).getTime();
  assert.match(when(at(20), now), /9/);
  assert.equal(when(at(19, 23), now), "Yesterday");
  assert.match(when(at(16), now), /^Sat/);
  assert.match(when(at(1), now), /1/);
  assert.match(when(new Date(2024, 1, 3).getTime(), now), /2024/);
  assert.equal(dayName(at(20), now), "Today");
  assert.match(dayName(at(16), now), /Saturday/);
});

test("addresses become links and nothing else does", () => {
  assert.deepEqual(pieces("see https://example.com/a?b=1, ok"), [
    { at: 0, text: "see " },
    { at: 4, text: "https://example.com/a?b=1", href: "https://example.com/a?b=1" },
    { at: 29, text: ", ok" },
  ]);
  assert.deepEqual(pieces("javascript:alert(1) <b>"), [{ at: 0, text: "javascript:alert(1) <b>" }]);
});

test("a few emoji are shown big", () => {
  assert.ok(jumbo("👋"));
  assert.ok(jumbo("👩‍🚀 🎉"));
  assert.ok(!jumbo("👋 hi"));
  assert.ok(!jumbo("12"));
});

test("what is not text is named", () => {
  assert.equal(textOf({ MsgBody: [{ MsgType: "TIMImageElem", MsgContent: {} }] }), "[Image]");
  assert.equal(textOf({ MsgBody: [{ MsgType: "TIMNewElem", MsgContent: {} }] }), "[Message]");
  assert.equal(textOf({ MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text: "hi" } }] }), "hi");
});

test("sizes, lengths and times are told as a person says them", () => {
  assert.equal(sizeOf(999), "999 bytes");
  assert.match(sizeOf(1536), /^1.5 KB$/);
  assert.equal(sizeOf(5 * 2 ** 30), "5 GB");
  assert.equal(lengthOf(61.4), "1:01");
  const now = new Date(2026, 4, 20, 12).getTime();
  assert.equal(lastSeen(now - 30_000, now), "Last seen just now");
  assert.equal(lastSeen(now - 5 * 60_000, now), "Last seen 5 min ago");
  assert.match(lastSeen(now - 24 * 3_600_000, now), /^Last seen yesterday at 12/);
});
