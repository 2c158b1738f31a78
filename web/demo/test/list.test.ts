import assert from "node:assert/strict";
import { test } from "node:test";
import type { DirectConversation, Message, Pending } from "@parley/client";
import { previewOf } from "../src/list/preview.ts";
import { excerptAround } from "../src/text.ts";

const row: DirectConversation = {
  To_Account: "bob",
  Unread: 0,
  ReadOrdinal: 0,
  PeerReadOrdinal: 0,
  InOrdinal: 1,
  OutOrdinal: 0,
  TimeMs: 1,
  LastMsg: { MsgKey: "1_2_3", Preview: "two\nlines" },
};
const plain = { me: "me", row, pending: [], last: undefined, typing: false, draft: "" };
const waiting = (state: Pending["state"]): Pending => ({
  draft: { To_Account: "bob", MsgSeq: 1, MsgRandom: 1, MsgBody: [{ MsgType: "TIMImageElem", MsgContent: {} }] },
  state,
  since: 1,
});

test("the list shows the most important state of a conversation", () => {
  assert.deepEqual(previewOf(plain), { text: "two lines" });
  const mine = { MsgKey: "1_2_3", From_Account: "me" } as Message;
  assert.deepEqual(previewOf({ ...plain, last: mine }), { lead: "You:", text: "two lines" });
  assert.deepEqual(previewOf({ ...plain, pending: [waiting("sending")] }), { lead: "You:", text: "[Image]" });
  const draft = { ...plain, draft: "to be\ncontinued" };
  assert.deepEqual(previewOf(draft), { lead: "Draft:", text: "to be continued", tone: "draft" });
  assert.equal(previewOf({ ...draft, typing: true }).tone, "typing");
  assert.equal(previewOf({ ...draft, typing: true, pending: [waiting("failed")] }).tone, "failed");
  const recalled = { ...row, LastMsg: { MsgKey: "1_2_3", Preview: "", Recalled: true } };
  assert.deepEqual(previewOf({ ...plain, row: recalled }), { text: "Message recalled" });
});

test("the excerpt of a found message shows the text that was searched", () => {
  assert.deepEqual(excerptAround("Shall we meet at NOON?", "noon"), {
    before: "Shall we meet at ",
    hit: "NOON",
    after: "?",
  });
  assert.equal(excerptAround(`${"word ".repeat(20)}noon`, "noon").before, "… word word word ");
  assert.deepEqual(excerptAround("other", "noon"), { before: "other", hit: "", after: "" });
});
