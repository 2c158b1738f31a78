// What becomes of messages and rows: by an event, by an operation of one's own, and after an absence.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Conversation, type Events, type Message, memoryStore, type Parley, recalledFlag } from "../src/index.ts";
import type { Cloud } from "./cloud.ts";
import { texts, until, world } from "./world.ts";

/** Bob with three messages of alice shown, one of them unread. */
async function opened(): Promise<{ cloud: Cloud; bob: Parley; all: Message[] }> {
  const { cloud, online } = await world();
  const all = ["one", "two", "three"].map((t) => cloud.post("alice", "bob", t));
  cloud.read("bob", "alice", 2);
  const bob = await online("bob");
  await bob.history("alice");
  return { cloud, bob, all };
}

const last = (bob: Parley) => bob.timeline("alice").at(-1);

function event<Name extends keyof Events>(cloud: Cloud, name: Name, body: Events[Name]): void {
  cloud.emit("bob", { event: name, body });
}

const between = { From_Account: "alice", To_Account: "bob" };

test("a recalled message keeps its place, loses its words and counts no more as unread", async () => {
  const { cloud, bob, all } = await opened();
  assert.equal(bob.find("alice")?.Unread, 1);
  const MsgKey = all[2]?.MsgKey ?? "";
  event(cloud, "message.recalled", { ...between, MsgKey, TimeMs: Date.now() });
  await until(() => (last(bob)?.MsgFlagBits ?? 0) === recalledFlag);
  assert.deepEqual(last(bob)?.MsgBody, []);
  assert.deepEqual(bob.find("alice")?.LastMsg, { MsgKey, Preview: "", Recalled: true });
  assert.equal(bob.find("alice")?.Unread, 0);
  event(cloud, "message.recalled", { ...between, MsgKey, TimeMs: Date.now() });
  event(cloud, "message.recalled", { ...between, MsgKey: all[0]?.MsgKey ?? "", TimeMs: Date.now() });
  await until(() => bob.timeline("alice")[0]?.MsgBody.length === 0);
  assert.equal(bob.find("alice")?.Unread, 0, "one that was read, or is told of twice, does not count again");
});

test("a recall of a message that is not here asks the server for the row", async () => {
  const { cloud, online } = await world();
  const m = cloud.post("alice", "bob", "hi");
  const bob = await online("bob");
  let row: Conversation | undefined;
  cloud.answers.set("conversation.get", () => ({ Conversations: [row] }));
  row = {
    ...(bob.find("alice") as Conversation),
    Unread: 0,
    LastMsg: { MsgKey: m.MsgKey, Preview: "", Recalled: true },
  };
  cloud.emit("bob", { event: "message.recalled", body: { ...between, MsgKey: m.MsgKey, TimeMs: Date.now() } });
  await until(() => bob.find("alice")?.Unread === 0);
});

test("an edited message shows its new words, in the list, too, and what is older does not undo them", async () => {
  const { cloud, bob, all } = await opened();
  const three = all[2] as Message;
  const edit = (Text: string, EditMs: number) =>
    event(cloud, "message.edited", { ...three, EditMs, MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text } }] });
  const page = bob.history("alice"); // asked for before the edit, which its answer does not know
  edit("3", 2_000);
  await until(() => texts(bob.timeline("alice"))[2] === "3");
  await page;
  edit("iii", 1_000); // a late frame
  const { MsgKey } = three;
  const reaction = { ...between, MsgKey, Operator_Account: "alice", Reaction: "👍", Added: true, TimeMs: Date.now() };
  event(cloud, "message.reaction", reaction);
  edit("3!", 3_000); // it knows nothing of the reaction
  await until(() => bob.find("alice")?.LastMsg?.Preview === "3!");
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two", "3!"]);
  assert.deepEqual(last(bob)?.ReactionList, [{ Reaction: "👍", From_Account: ["alice"] }]);
});

test("reactions come and go, each of a user once", async () => {
  const { cloud, bob, all } = await opened();
  const MsgKey = all[0]?.MsgKey ?? "";
  const react = (Operator_Account: string, Added: boolean) =>
    event(cloud, "message.reaction", {
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

test("a receipt marks the message", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const m = await bob.send("alice", "hi", { IsNeedReadReceipt: 1 });
  event(cloud, "message.receipt", { ...between, MsgKeyList: [m.MsgKey], TimeMs: Date.now() });
  await until(() => bob.timeline("alice")[0]?.IsPeerRead === 1);
});

test("what another device of mine deletes goes, and does not come back with a late frame", async () => {
  const { cloud, bob, all } = await opened();
  cloud.answers.set("conversation.get", () => ({ Conversations: [] }));
  const gone = all[1] as Message;
  event(cloud, "message.deleted", { ...between, MsgKeyList: [gone.MsgKey], TimeMs: Date.now() });
  await until(() => bob.timeline("alice").length === 2);
  cloud.emit("bob", { event: "message.new", hi: { Ordinal: 3 }, body: gone });
  await bob.history("alice");
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "three"]);
});

test("a conversation deleted with its history leaves the list and the timeline, until its next message", async () => {
  const { cloud, bob, all } = await opened();
  event(cloud, "conversation.deleted", {
    To_Account: "alice",
    ClearRamble: 1,
    ClearedKey: all[2]?.MsgKey ?? "",
    TimeMs: Date.now(),
  });
  await until(() => bob.conversations.length === 0);
  assert.equal(bob.timeline("alice").length, 0);
  assert.equal(bob.unread, 0);
  cloud.say("alice", "bob", "again");
  await until(() => bob.conversations.length === 1);
  assert.deepEqual(texts(bob.timeline("alice")), ["again"]);
  assert.equal(bob.find("alice")?.Unread, 1);
});

test("pins order the list, silent conversations do not count", async () => {
  const { cloud, online } = await world();
  for (const [i, from] of ["ann", "ben", "cid"].entries())
    cloud.post(from, "bob", "hi", { MsgTime: 1_700_000_000 + i });
  const bob = await online("bob");
  const order = () => bob.conversations.map(({ To_Account }) => To_Account).join(" ");
  assert.equal(order(), "cid ben ann");
  assert.equal(bob.unread, 3);
  const row = (peer: string, change: Partial<Conversation>) => ({ ...(bob.find(peer) as Conversation), ...change });
  event(cloud, "conversation.changed", { Conversations: [row("ann", { PinnedMs: 1 }), row("ben", { PinnedMs: 2 })] });
  event(cloud, "conversation.changed", { Conversations: [row("cid", { ReceiveOption: 1 })] });
  await until(() => order() === "ben ann cid" && bob.unread === 2);
});

test("operations of one's own are applied when they are answered, and name the installation", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const m = await bob.send("alice", "hi");
  const { MsgKey } = m;
  for (const action of ["edit", "react", "unreact", "recall", "delete"])
    cloud.answers.set(`message.${action}`, () => ({}));
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

test("what became of messages during an absence is asked for where some are held, and only there", async () => {
  const { cloud, bob, all } = await opened();
  cloud.post("carol", "bob", "hi");
  const [one, two, three] = all as [Message, Message, Message];
  const asked: unknown[] = [];
  cloud.answers.set("message.changes", (body) => {
    asked.push(body.To_Account);
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
  cloud.answers.set("session.sync", () => ({ Conversations: rows, Complete: true, Since: Date.now(), Spread: 0 }));
  cloud.cut("bob");
  await until(() => bob.timeline("alice").length === 2);
  assert.equal(bob.timeline("alice")[0]?.MsgFlagBits, recalledFlag);
  assert.deepEqual(asked, ["alice"]);
});

test("after more than the retention nothing is deleted from the device, and what is shown is read anew", async () => {
  const { cloud, online } = await world();
  const store = memoryStore();
  const all = ["one", "two", "three"].map((t) => cloud.post("alice", "bob", t));
  const bob = await online("bob", { store });
  await bob.history("alice");
  const asked: object[] = [];
  cloud.answers.set("session.sync", (body) => {
    asked.push(body);
    return {
      Conversations: [],
      Complete: true,
      Since: Date.now(),
      Spread: 0,
      ...(body.Since ? { Expired: true } : {}),
    };
  });
  const four = { ...(all[2] as Message), MsgSeq: 9, MsgKey: "9_9_1900000000", MsgTime: 1_900_000_000, MsgRandom: 9 };
  cloud.answers.set("message.history", () => ({ MsgList: [{ ...four, Ordinal: 4 }], Complete: true }));
  cloud.cut("bob");
  await until(() => asked.length >= 2 && bob.timeline("alice").length === 4);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two", "three", "three"]);
  assert.equal((asked[1] as { Since: number }).Since, 0);
  assert.equal(bob.conversations.length, 1);
  assert.equal((await bob.search("two")).length, 1);
});
