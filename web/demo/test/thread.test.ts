import assert from "node:assert/strict";
import { test } from "node:test";
import type { Draft, Message } from "@parley/client";
import { abilities } from "../src/thread/actions.ts";
import { itemsOf, linesOf } from "../src/thread/lines.ts";
import { readQuote, writeQuote } from "../src/thread/quote.ts";

const noon = new Date(2026, 4, 20, 12).getTime() / 1000;

function message(from: string, seq: number, seconds: number, more: Partial<Message> = {}): Message {
  return {
    From_Account: from,
    To_Account: from === "me" ? "bob" : "me",
    MsgSeq: seq,
    MsgRandom: 7,
    MsgTime: noon + seconds,
    MsgKey: `${seq}_7_${noon + seconds}`,
    Ordinal: seq,
    MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text: `text ${seq}` } }],
    ...more,
  };
}

const draft: Draft = { To_Account: "bob", MsgSeq: 9, MsgRandom: 7, MsgBody: [] };
const unread = () => false;

/** The lines of a thread as texts, such as `me 1 first last`. */
function lineTexts(messages: Message[], newAfter?: number, complete = true): string[] {
  return linesOf(itemsOf("me", messages, [], unread), newAfter, complete).map((line) =>
    line.kind === "message"
      ? [line.item.message?.From_Account, line.item.message?.MsgSeq, line.first && "first", line.last && "last"]
          .filter(Boolean)
          .join(" ")
      : line.kind,
  );
}

test("messages of one user within three minutes are one group", () => {
  const list = [message("me", 1, 0), message("me", 2, 100), message("bob", 3, 110), message("bob", 4, 400)];
  assert.deepEqual(lineTexts(list), ["day", "me 1 first", "me 2 last", "bob 3 first last", "bob 4 first last"]);
});

test("messages are separated by days and by the line New", () => {
  const list = [message("bob", 1, 0), message("bob", 2, 10), message("bob", 3, 24 * 3600)];
  assert.deepEqual(lineTexts(list, 1), [
    "day",
    "bob 1 first last",
    "new",
    "bob 2 first last",
    "day",
    "bob 3 first last",
  ]);
  assert.equal(lineTexts(list, undefined, false)[0], "bob 1 first", "the day may have begun earlier");
});

test("a stored message replaces its pending message", () => {
  const pending = [{ draft, state: "sending" as const, since: noon * 1000 }];
  assert.deepEqual(
    itemsOf("me", [], pending, unread).map(({ state }) => state),
    ["sending"],
  );
  const stored = itemsOf("me", [message("me", 9, 1)], pending, () => true);
  assert.deepEqual(
    stored.map(({ state }) => state),
    ["read"],
  );
  assert.equal(stored[0]?.id, itemsOf("me", [], pending, unread)[0]?.id, "it is the same element on the page");
});

test("the actions with a message depend on its sender, its age and its content", () => {
  const can = (m: Message, seconds: number) => {
    const [item] = itemsOf("me", [m], [], unread);
    assert.ok(item);
    const all = abilities(item, (noon + seconds) * 1000);
    return Object.keys(all).filter((name) => all[name as keyof typeof all]);
  };
  assert.deepEqual(can(message("me", 1, 0), 119), ["answer", "copy", "edit", "recall", "delete"]);
  assert.deepEqual(can(message("me", 1, 0), 120), ["answer", "copy", "edit", "delete"]);
  assert.deepEqual(can(message("bob", 1, 0), 1), ["answer", "copy", "delete"]);
  assert.deepEqual(can(message("me", 1, 0, { MsgFlagBits: 8, MsgBody: [] }), 1), ["delete"]);
  const image = [{ MsgType: "TIMImageElem", MsgContent: {} }];
  assert.deepEqual(can(message("me", 1, 0, { MsgBody: image }), 1), ["answer", "recall", "delete"]);
});

test("a quote is written in the format of TUIKit, and read from it", () => {
  const m = message("bob", 1, 0, { MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text: "x".repeat(300) } }] });
  const custom = writeQuote(m, "Bob");
  assert.deepEqual(JSON.parse(custom).messageReply, {
    messageID: m.MsgKey,
    messageAbstract: `${"x".repeat(100)}…`,
    messageSender: "Bob",
    messageType: 1,
    version: 1,
  });
  assert.deepEqual(readQuote(custom), { key: m.MsgKey, text: `${"x".repeat(100)}…`, sender: "Bob" });
  for (const other of [undefined, "", "text", "null", "{}", '{"messageReply":{"messageID":1}}']) {
    assert.equal(readQuote(other), undefined);
  }
});
