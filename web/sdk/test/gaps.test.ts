import assert from "node:assert/strict";
import { test } from "node:test";
import { collectMessages, setUp, sleep, texts, until } from "./setup.ts";

test("the event message is emitted once, however often the frame arrives", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const received = collectMessages(bob);
  const m = server.sendMessage("alice", "bob", "one");
  server.deliver(m);
  server.deliver(m);
  server.sendMessage("alice", "bob", "two");
  await until(() => received.length === 2);
  await sleep(80);
  assert.deepEqual(texts(received), ["one", "two"]);
  assert.equal(bob.find("alice")?.Unread, 2);
});

test("a frame may contain several events", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const events = ["one", "two"].map((t) => ({ event: "message.new", body: server.storeMessage("alice", "bob", t) }));
  server.emit("bob", { events });
  await until(() => bob.timeline("alice").length === 2);
});

test("frames out of order are put in order, and the history is not read for a late one", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob", { timing: { gap: 500 } });
  server.sendMessage("alice", "bob", "one");
  const two = server.storeMessage("alice", "bob", "two");
  server.sendMessage("alice", "bob", "three");
  await sleep(10);
  server.deliver(two);
  await until(() => bob.timeline("alice").length === 3);
  await sleep(700);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two", "three"]);
  assert.equal(server.calls.filter((c) => c.action === "message.history").length, 0);
});

test("a client that was closed reads nothing, though an answer on its way shows a gap, and reads it after the next login", async () => {
  const { server, online } = await setUp();
  let syncs = 0;
  let answerSync = () => {};
  const bob = await online("bob", {
    fetch: async (url, init) => {
      const response = await fetch(url as string, init);
      if (String(url).endsWith("session.sync") && ++syncs === 2) await new Promise<void>((go) => (answerSync = go));
      return response;
    },
  });
  const received = collectMessages(bob);
  server.sendMessage("alice", "bob", "one");
  await until(() => received.length === 1);
  server.cut("bob");
  server.storeMessage("alice", "bob", "two");
  await until(() => syncs === 2);
  bob.close();
  answerSync();
  await until(() => bob.find("alice")?.InOrdinal === 2);
  await sleep(200);
  const histories = () => server.calls.filter((c) => c.action === "message.history").length;
  assert.equal(histories(), 0);
  await bob.login();
  await until(() => received.length === 2);
  assert.ok(histories() > 0);
});

test("messages of one second are ordered by sequence, then random, as numbers", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const MsgTime = 1_700_000_000;
  for (const [MsgSeq, MsgRandom] of [
    [10, 1],
    [9, 2],
    [10, 0],
    [100, 0],
  ] as const) {
    server.sendMessage("alice", "bob", `${MsgSeq}.${MsgRandom}`, { MsgTime, MsgSeq, MsgRandom });
  }
  await until(() => bob.timeline("alice").length === 4);
  assert.deepEqual(texts(bob.timeline("alice")), ["9.2", "10.0", "10.1", "100.0"]);
});

test("a lost message is read from the history between its neighbours", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const received = collectMessages(bob);
  const one = server.sendMessage("alice", "bob", "one", { MsgTime: 1_700_000_001 });
  server.storeMessage("alice", "bob", "two", { MsgTime: 1_700_000_002 });
  const three = server.sendMessage("alice", "bob", "three", { MsgTime: 1_700_000_003 });
  await until(() => bob.timeline("alice").length === 3);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two", "three"]);
  assert.deepEqual(texts(received), ["one", "three", "two"]);
  assert.equal(bob.find("alice")?.Unread, 3);
  const reads = server.calls.filter((c) => c.action === "message.history");
  assert.deepEqual(
    reads.map((c) => [c.body.From, c.body.To]),
    [[one.MsgKey, three.MsgKey]],
  );
});

test("the field hi of a frame shows that the newest message was lost", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const one = server.storeMessage("alice", "bob", "one");
  server.storeMessage("alice", "bob", "two");
  server.emit("bob", { event: "message.new", hi: { Ordinal: 2 }, body: one });
  await until(() => bob.timeline("alice").length === 2);
});

test("each direction has its own gaps: a message from another device of the user was lost", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  await bob.send("alice", "mine");
  server.storeMessage("bob", "alice", "lost");
  await bob.send("alice", "mine again");
  await until(() => bob.timeline("alice").length === 3);
  assert.equal(bob.find("alice")?.Unread, 0);
});

test("in a conversation that was never shown, only messages after the last one of the sync are missing", async () => {
  const { server, online } = await setUp();
  for (let i = 0; i < 30; i++) server.storeMessage("alice", "bob", `old ${i}`, { MsgTime: 1_700_000_000 + i });
  const bob = await online("bob");
  const received = collectMessages(bob);
  server.storeMessage("alice", "bob", "lost");
  server.sendMessage("alice", "bob", "seen");
  await until(() => received.length === 2);
  await sleep(60);
  assert.deepEqual(texts(received), ["seen", "lost"]);
  assert.equal(bob.find("alice")?.Unread, 32);
});

test("a lost message that is ordered outside of its neighbours is found", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const MsgTime = 1_700_000_000;
  server.sendMessage("alice", "bob", "one", { MsgTime, MsgSeq: 5 });
  server.storeMessage("alice", "bob", "two", { MsgTime, MsgSeq: 900 });
  server.sendMessage("alice", "bob", "three", { MsgTime, MsgSeq: 6 });
  await until(() => bob.timeline("alice").length === 3);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "three", "two"]);
});

test("a message that does not exist any more is not requested again and again", async () => {
  const { server, online } = await setUp();
  await online("bob");
  server.sendMessage("alice", "bob", "one");
  const three = { ...server.storeMessage("alice", "bob", "two"), Ordinal: 3 };
  server.deliver(three);
  await sleep(400);
  const reads = server.calls.filter((c) => c.action === "message.history").length;
  assert.ok(reads >= 1 && reads <= 2, `${reads} reads`);
  server.emit("bob", {
    event: "message.new",
    body: { ...three, MsgKey: "7_7_1900000000", MsgTime: 1_900_000_000, Ordinal: 4 },
  });
  await sleep(100);
  assert.equal(server.calls.filter((c) => c.action === "message.history").length, reads);
});

test("a message that is stored after its offset was announced is searched for again", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const reads = () => server.calls.filter((c) => c.action === "message.history").length;
  server.sendMessage("alice", "bob", "one");
  server.emit("bob", { event: "message.new", hi: { Ordinal: 3 }, body: server.storeMessage("alice", "bob", "two") });
  await until(() => reads() === 2);
  await until(() => bob.timeline("alice").length === 2);
  server.storeMessage("alice", "bob", "three");
  server.sendMessage("alice", "bob", "four");
  await until(() => bob.timeline("alice").length === 4);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two", "three", "four"]);
});

test("a read of the history that fails is repeated", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  server.sendMessage("alice", "bob", "one");
  server.storeMessage("alice", "bob", "two");
  server.lostCalls.push({ action: "message.history", when: "before" }, { action: "message.history", when: "after" });
  server.sendMessage("alice", "bob", "three");
  await until(() => bob.timeline("alice").length === 3);
});

test("missed messages of a conversation that is not shown are read, if they are not more than a page", async () => {
  const { server, online } = await setUp();
  for (const from of ["alice", "carol"]) server.storeMessage(from, "bob", "before", { MsgTime: 1_700_000_000 });
  const bob = await online("bob");
  const received = collectMessages(bob);
  server.accepting = false;
  server.cut("bob");
  await until(() => bob.state === "reconnecting");
  server.storeMessage("alice", "bob", "one");
  server.storeMessage("alice", "bob", "two");
  for (let i = 0; i < 101; i++) server.storeMessage("carol", "bob", String(i));
  server.accepting = true;
  await until(() => received.length === 2);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two"]);
  assert.equal(bob.find("carol")?.Unread, 102);
  await sleep(100);
  assert.equal(bob.timeline("carol").length, 0, "more messages are read when the conversation is shown");
});

test("in a conversation that was begun here, answers whose frames were lost are read", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  await bob.send("alice", "are you there?");
  server.accepting = false;
  server.cut("bob");
  await until(() => bob.state === "reconnecting");
  server.storeMessage("alice", "bob", "yes");
  server.storeMessage("alice", "bob", "one moment");
  server.accepting = true;
  await until(() => bob.timeline("alice").length === 3);
});

test("after a sync of several pages another one finds a conversation that moved up between two pages", async () => {
  const { server, online } = await setUp();
  const row = (To_Account: string) => ({
    ...{ To_Account, Unread: 0, ReadOrdinal: 1, PeerReadOrdinal: 0, InOrdinal: 1, OutOrdinal: 0, TimeMs: 1 },
    LastMsg: { MsgKey: "1_1_1", Preview: "hi" },
  });
  const asked: object[] = [];
  server.answers.set("session.sync", (body) => {
    asked.push(body);
    const last = { Complete: true, Since: 70, Spread: 0 };
    if (body.Since) return { Conversations: [row("alice")], ...last };
    if (body.Cursor) return { Conversations: [], ...last };
    return { Conversations: [row("carol")], Complete: false, Cursor: "here", Since: 50, Spread: 0 };
  });
  const bob = await online("bob");
  await until(() => bob.conversations.length === 2);
  assert.deepEqual(asked, [{ Since: 0 }, { Since: 0, Cursor: "here" }, { Since: 50 }]);
});

test("after more than a page was missed in a conversation that was never shown, its timeline has no gap", async () => {
  const { server, online } = await setUp();
  server.storeMessage("alice", "bob", "before", { MsgTime: 1_700_000_000 });
  const bob = await online("bob");
  server.sendMessage("alice", "bob", "live", { MsgTime: 1_700_000_001 });
  await until(() => bob.timeline("alice").length === 1);
  server.accepting = false;
  server.cut("bob");
  await until(() => bob.state === "reconnecting");
  for (let i = 0; i < 130; i++)
    server.storeMessage("alice", "bob", String(i), { MsgTime: Math.floor(Date.now() / 1000) + i });
  server.accepting = true;
  await until(() => bob.find("alice")?.InOrdinal === 132);
  await bob.history("alice");
  const offsets = bob.timeline("alice").map((m) => m.Ordinal ?? 0);
  assert.deepEqual(
    offsets,
    Array.from({ length: 20 }, (_, i) => 113 + i),
  );
});

test("lost first messages of an empty conversation that is shown are read", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  await bob.history("alice");
  await bob.history("carol");
  server.storeMessage("alice", "bob", "one");
  server.sendMessage("alice", "bob", "two");
  server.storeMessage("carol", "bob", "three");
  server.cut("bob");
  await until(() => bob.timeline("alice").length === 2 && bob.timeline("carol").length === 1);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two"]);
});
