import assert from "node:assert/strict";
import { test } from "node:test";
import type { Conversation, Message, Pending } from "@parley/client";
import { previewOf } from "../src/list/preview.ts";
import { around } from "../src/text.ts";

const row: Conversation = {
  To_Account: "bob",
  Unread: 0,
  ReadOrdinal: 0,
  PeerReadOrdinal: 0,
  InOrdinal: 1,
  OutOrdinal: 0,
  TimeMs: 1,
  LastMsg: { MsgKey: "1_2_3", Preview: "two\nlines" },
};
const quiet = { me: "me", row, pending: [], last: undefined, typing: false, draft: "" };
const waiting = (state: Pending["state"]): Pending => ({
  draft: { To_Account: "bob", MsgSeq: 1, MsgRandom: 1, MsgBody: [{ MsgType: "TIMImageElem", MsgContent: {} }] },
  state,
  since: 1,
});

test("the list tells the most pressing of a conversation", () => {
  assert.deepEqual(previewOf(quiet), { text: "two lines" });
  const mine = { MsgKey: "1_2_3", From_Account: "me" } as Message;
  assert.deepEqual(previewOf({ ...quiet, last: mine }), { lead: "You:", text: "two lines" });
  assert.deepEqual(previewOf({ ...quiet, pending: [waiting("sending")] }), { lead: "You:", text: "[Image]" });
  const draft = { ...quiet, draft: "to be\ncontinued" };
  assert.deepEqual(previewOf(draft), { lead: "Draft:", text: "to be continued", tone: "draft" });
  assert.equal(previewOf({ ...draft, typing: true }).tone, "typing");
  assert.equal(previewOf({ ...draft, typing: true, pending: [waiting("failed")] }).tone, "failed");
  const recalled = { ...row, LastMsg: { MsgKey: "1_2_3", Preview: "", Recalled: true } };
  assert.deepEqual(previewOf({ ...quiet, row: recalled }), { text: "Message recalled" });
});

test("what was found is shown where it stands", () => {
  assert.deepEqual(around("Shall we meet at NOON?", "noon"), {
    before: "Shall we meet at ",
    hit: "NOON",
    after: "?",
  });
  assert.equal(around(`${"word ".repeat(20)}noon`, "noon").before, "… word word word ");
  assert.deepEqual(around("other", "noon"), { before: "other", hit: "", after: "" });
});
