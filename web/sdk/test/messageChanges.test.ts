// How messages and rows change: by an event, by an operation of this device, and after an absence.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Conversation, type Events, type Message, memoryStore, type Parley, recalledFlag } from "../src/index.ts";
import type { FakeServer } from "./fakeServer.ts";
import { setUp, texts, until } from "./setup.ts";

/** Bob has read the history with alice: three messages, one of them unread. */
async function withThreeMessages(): Promise<{ server: FakeServer; bob: Parley; all: Message[] }> {
  const { server, online } = await setUp();
  const all = ["one", "two", "three"].map((t) => server.storeMessage("alice", "bob", t));
  server.read("bob", "alice", 2);
  const bob = await online("bob");
  await bob.history("alice");
  return { server, bob, all };
}

const last = (bob: Parley) => bob.timeline("alice").at(-1);

function event<Name extends keyof Events>(server: FakeServer, name: Name, body: Events[Name]): void {
  server.emit("bob", { event: name, body });
}

const between = { From_Account: "alice", To_Account: "bob" };

test("a recalled message keeps its place, loses its text, and is not unread any more", async () => {
  const { server, bob, all } = await withThreeMessages();
  assert.equal(bob.find("alice")?.Unread, 1);
  const MsgKey = all[2]?.MsgKey ?? "";
  event(server, "message.recalled", { ...between, MsgKey, TimeMs: Date.now() });
  await until(() => (last(bob)?.MsgFlagBits ?? 0) === recalledFlag);
  assert.deepEqual(last(bob)?.MsgBody, []);
  assert.deepEqual(bob.find("alice")?.LastMsg, { MsgKey, Preview: "", Recalled: true });
  assert.equal(bob.find("alice")?.Unread, 0);
  event(server, "message.recalled", { ...between, MsgKey, TimeMs: Date.now() });
  event(server, "message.recalled", { ...between, MsgKey: all[0]?.MsgKey ?? "", TimeMs: Date.now() });
  await until(() => bob.timeline("alice")[0]?.MsgBody.length === 0);
  assert.equal(bob.find("alice")?.Unread, 0, "a message that was read, or is recalled twice, is not subtracted again");
});

test("after a recall of a message that is not in memory the client asks the server for the row", async () => {
  const { server, online } = await setUp();
  const m = server.storeMessage("alice", "bob", "hi");
  const bob = await online("bob");
  let row: Conversation | undefined;
  server.answers.set("conversation.get", () => ({ Conversations: [row] }));
  row = {
    ...(bob.find("alice") as Conversation),
    Unread: 0,
    LastMsg: { MsgKey: m.MsgKey, Preview: "", Recalled: true },
  };
  server.emit("bob", { event: "message.recalled", body: { ...between, MsgKey: m.MsgKey, TimeMs: Date.now() } });
  await until(() => bob.find("alice")?.Unread === 0);
});

test("an edit changes the message and the row, and an older edit or answer does not undo it", async () => {
  const { server, bob, all } = await withThreeMessages();
  const three = all[2] as Message;
  const edit = (Text: string, EditMs: number) =>
    event(server, "message.edited", { ...three, EditMs, MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text } }] });
  const page = bob.history("alice"); // requested before the edit, so its answer does not have the edit
  edit("3", 2_000);
  await until(() => texts(bob.timeline("alice"))[2] === "3");
  await page;
  edit("iii", 1_000); // a late frame
  const { MsgKey } = three;
  const reaction = { ...between, MsgKey, Operator_Account: "alice", Reaction: "👍", Added: true, TimeMs: Date.now() };
  event(server, "message.reaction", reaction);
  edit("3!", 3_000); // this frame does not have the reaction
  await until(() => bob.find("alice")?.LastMsg?.Preview === "3!");
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two", "3!"]);
  assert.deepEqual(last(bob)?.ReactionList, [{ Reaction: "👍", From_Account: ["alice"] }]);
});

test("reactions are added and removed, each user's once", async () => {
  const { server, bob, all } = await withThreeMessages();
  const MsgKey = all[0]?.MsgKey ?? "";
  const react = (Operator_Account: string, Added: boolean) =>
    event(server, "message.reaction", {
      ...between,
      MsgKey,
      Operator_Account,
      Reaction: "👍",
      Added,
      TimeMs: Date.now(),
    });
  const users = () => bob.timeline("alice")[0]?.ReactionList?.[0]?.From_Account;
  react("alice", true);
  react("alice", true);
  react("bob", true);
  await until(() => users()?.length === 2);
  assert.deepEqual(users(), ["alice", "bob"]);
  react("alice", false);
  react("bob", false);
  await until(() => bob.timeline("alice")[0]?.ReactionList === undefined);
});

test("a receipt sets IsPeerRead", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const m = await bob.send("alice", "hi", { IsNeedReadReceipt: 1 });
  event(server, "message.receipt", { ...between, MsgKeyList: [m.MsgKey], TimeMs: Date.now() });
  await until(() => bob.timeline("alice")[0]?.IsPeerRead === 1);
});

test("a message that another device deletes is removed, and a late frame does not bring it back", async () => {
  const { server, bob, all } = await withThreeMessages();
  server.answers.set("conversation.get", () => ({ Conversations: [] }));
  const deleted = all[1] as Message;
  event(server, "message.deleted", { ...between, MsgKeyList: [deleted.MsgKey], TimeMs: Date.now() });
  await until(() => bob.timeline("alice").length === 2);
  server.emit("bob", { event: "message.new", hi: { Ordinal: 3 }, body: deleted });
  await bob.history("alice");
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "three"]);
});

test("a conversation deleted with its history leaves the list and the timeline, until its next message", async () => {
  const { server, bob, all } = await withThreeMessages();
  event(server, "conversation.deleted", {
    To_Account: "alice",
    ClearRamble: 1,
    ClearedKey: all[2]?.MsgKey ?? "",
    TimeMs: Date.now(),
  });
  await until(() => bob.conversations.length === 0);
  assert.equal(bob.timeline("alice").length, 0);
  assert.equal(bob.unread, 0);
  server.sendMessage("alice", "bob", "again");
  await until(() => bob.conversations.length === 1);
  assert.deepEqual(texts(bob.timeline("alice")), ["again"]);
  assert.equal(bob.find("alice")?.Unread, 1);
});

test("pinned conversations are first, and muted ones do not count as unread", async () => {
  const { server, online } = await setUp();
  for (const [i, from] of ["ann", "ben", "cid"].entries())
    server.storeMessage(from, "bob", "hi", { MsgTime: 1_700_000_000 + i });
  const bob = await online("bob");
  const order = () => bob.conversations.map(({ To_Account }) => To_Account).join(" ");
  assert.equal(order(), "cid ben ann");
  assert.equal(bob.unread, 3);
  const row = (peer: string, change: Partial<Conversation>) => ({ ...(bob.find(peer) as Conversation), ...change });
  event(server, "conversation.changed", { Conversations: [row("ann", { PinnedMs: 1 }), row("ben", { PinnedMs: 2 })] });
  event(server, "conversation.changed", { Conversations: [row("cid", { ReceiveOption: 1 })] });
  await until(() => order() === "ben ann cid" && bob.unread === 2);
});

test("operations of this device are applied when they are answered", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const m = await bob.send("alice", "hi");
  const { MsgKey } = m;
  for (const action of ["edit", "react", "unreact", "recall", "delete"])
    server.answers.set(`message.${action}`, () => ({}));
  await bob.message.edit({
    To_Account: "alice",
    MsgKey,
    MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text: "ho" } }],
  });
  assert.deepEqual(texts(bob.timeline("alice")), ["ho"]);
  assert.equal(bob.find("alice")?.LastMsg?.Preview, "ho");
  await bob.message.react({ To_Account: "alice", MsgKey, Reaction: "👍" });
  assert.deepEqual(last(bob)?.ReactionList, [{ Reaction: "👍", From_Account: ["bob"] }]);
  await bob.message.unreact({ To_Account: "alice", MsgKey, Reaction: "👍" });
  assert.equal(last(bob)?.ReactionList, undefined);
  await bob.message.recall({ To_Account: "alice", MsgKey });
  assert.equal(last(bob)?.MsgFlagBits, recalledFlag);
  await bob.message.delete({ To_Account: "alice", MsgKeyList: [MsgKey] });
  assert.equal(bob.timeline("alice").length, 0);
});

test("after an absence the operation log is read only of conversations that have messages here", async () => {
  const { server, bob, all } = await withThreeMessages();
  server.storeMessage("carol", "bob", "hi");
  const [one, two, three] = all as [Message, Message, Message];
  const requested: unknown[] = [];
  server.answers.set("message.changes", (body) => {
    requested.push(body.To_Account);
    return {
      MsgList: [{ ...one, MsgBody: [], MsgFlagBits: recalledFlag }],
      Deleted: [two.MsgKey],
      Complete: true,
      Since: 1,
    };
  });
  const rows = ["alice", "carol"].map((To_Account) => ({
    To_Account,
    Unread: 1,
    ReadOrdinal: To_Account === "alice" ? 2 : 0,
    PeerReadOrdinal: 0,
    InOrdinal: To_Account === "alice" ? 3 : 1,
    OutOrdinal: 0,
    TimeMs: Date.now(),
    OperationMs: Date.now() + 60_000,
    LastMsg: { MsgKey: three.MsgKey, Preview: "x" },
  }));
  server.answers.set("session.sync", () => ({ Conversations: rows, Complete: true, Since: Date.now(), Spread: 0 }));
  server.cut("bob");
  await until(() => bob.timeline("alice").length === 2);
  assert.equal(bob.timeline("alice")[0]?.MsgFlagBits, recalledFlag);
  assert.deepEqual(requested, ["alice"]);
});

test("after an absence longer than the retention nothing is deleted, and the shown history is read again", async () => {
  const { server, online } = await setUp();
  const store = memoryStore();
  const all = ["one", "two", "three"].map((t) => server.storeMessage("alice", "bob", t));
  const bob = await online("bob", { store });
  await bob.history("alice");
  const requested: object[] = [];
  server.answers.set("session.sync", (body) => {
    requested.push(body);
    return {
      Conversations: [],
      Complete: true,
      Since: Date.now(),
      Spread: 0,
      ...(body.Since ? { Expired: true } : {}),
    };
  });
  const four = { ...(all[2] as Message), MsgSeq: 9, MsgKey: "9_9_1900000000", MsgTime: 1_900_000_000, MsgRandom: 9 };
  server.answers.set("message.history", () => ({ MsgList: [{ ...four, Ordinal: 4 }], Complete: true }));
  server.cut("bob");
  await until(() => requested.length >= 2 && bob.timeline("alice").length === 4);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two", "three", "three"]);
  assert.equal((requested[1] as { Since: number }).Since, 0);
  assert.equal(bob.conversations.length, 1);
  assert.equal((await bob.search("two")).length, 1);
});
