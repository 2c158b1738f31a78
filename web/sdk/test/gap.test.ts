import assert from "node:assert/strict";
import { test } from "node:test";
import { heard, sleep, texts, until, world } from "./world.ts";

test("a message is announced once however often its frame comes", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const list = heard(bob);
  const m = cloud.say("alice", "bob", "one");
  cloud.deliver(m);
  cloud.deliver(m);
  cloud.say("alice", "bob", "two");
  await until(() => list.length === 2);
  await sleep(80);
  assert.deepEqual(texts(list), ["one", "two"]);
  assert.equal(bob.find("alice")?.Unread, 2);
});

test("several events may share a frame", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const events = ["one", "two"].map((t) => ({ event: "message.new", body: cloud.post("alice", "bob", t) }));
  cloud.emit("bob", { events });
  await until(() => bob.timeline("alice").length === 2);
});

test("frames out of order are put in order, and a late one is not pulled", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob", { timing: { gap: 500 } });
  cloud.say("alice", "bob", "one");
  const two = cloud.post("alice", "bob", "two");
  cloud.say("alice", "bob", "three");
  await sleep(10);
  cloud.deliver(two);
  await until(() => bob.timeline("alice").length === 3);
  await sleep(700);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two", "three"]);
  assert.equal(cloud.calls.filter((c) => c.action === "message.history").length, 0);
});

test("messages of one second are ordered by sequence, then random, as numbers", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const MsgTime = 1_700_000_000;
  for (const [MsgSeq, MsgRandom] of [
    [10, 1],
    [9, 2],
    [10, 0],
    [100, 0],
  ] as const) {
    cloud.say("alice", "bob", `${MsgSeq}.${MsgRandom}`, { MsgTime, MsgSeq, MsgRandom });
  }
  await until(() => bob.timeline("alice").length === 4);
  assert.deepEqual(texts(bob.timeline("alice")), ["9.2", "10.0", "10.1", "100.0"]);
});

test("a lost message is pulled between its neighbours", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const list = heard(bob);
  const one = cloud.say("alice", "bob", "one", { MsgTime: 1_700_000_001 });
  cloud.post("alice", "bob", "two", { MsgTime: 1_700_000_002 });
  const three = cloud.say("alice", "bob", "three", { MsgTime: 1_700_000_003 });
  await until(() => bob.timeline("alice").length === 3);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two", "three"]);
  assert.deepEqual(texts(list), ["one", "three", "two"]);
  assert.equal(bob.find("alice")?.Unread, 3);
  const pulls = cloud.calls.filter((c) => c.action === "message.history");
  assert.deepEqual(
    pulls.map((c) => [c.body.From, c.body.To]),
    [[one.MsgKey, three.MsgKey]],
  );
});

test("hi shows that the newest message was lost", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const one = cloud.post("alice", "bob", "one");
  cloud.post("alice", "bob", "two");
  cloud.emit("bob", { event: "message.new", hi: { Ordinal: 2 }, body: one });
  await until(() => bob.timeline("alice").length === 2);
});

test("each direction has its own gaps: another device of mine has sent", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  await bob.send("alice", "mine");
  cloud.post("bob", "alice", "lost");
  await bob.send("alice", "mine again");
  await until(() => bob.timeline("alice").length === 3);
  assert.equal(bob.find("alice")?.Unread, 0);
});

test("a gap in a conversation that was never shown begins after its last message", async () => {
  const { cloud, online } = await world();
  for (let i = 0; i < 30; i++) cloud.post("alice", "bob", `old ${i}`, { MsgTime: 1_700_000_000 + i });
  const bob = await online("bob");
  const list = heard(bob);
  cloud.post("alice", "bob", "lost");
  cloud.say("alice", "bob", "seen");
  await until(() => list.length === 2);
  await sleep(60);
  assert.deepEqual(texts(list), ["seen", "lost"]);
  assert.equal(bob.find("alice")?.Unread, 32);
});

test("a message that sorts outside of its neighbours is found", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const MsgTime = 1_700_000_000;
  cloud.say("alice", "bob", "one", { MsgTime, MsgSeq: 5 });
  cloud.post("alice", "bob", "two", { MsgTime, MsgSeq: 900 });
  cloud.say("alice", "bob", "three", { MsgTime, MsgSeq: 6 });
  await until(() => bob.timeline("alice").length === 3);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "three", "two"]);
});

test("what does not exist any more is not asked for again and again", async () => {
  const { cloud, online } = await world();
  await online("bob");
  cloud.say("alice", "bob", "one");
  const three = { ...cloud.post("alice", "bob", "two"), Ordinal: 3 };
  cloud.deliver(three);
  await sleep(400);
  const pulls = cloud.calls.filter((c) => c.action === "message.history").length;
  assert.ok(pulls >= 1 && pulls <= 2, `${pulls} pulls`);
  cloud.emit("bob", {
    event: "message.new",
    body: { ...three, MsgKey: "7_7_1900000000", MsgTime: 1_900_000_000, Ordinal: 4 },
  });
  await sleep(100);
  assert.equal(cloud.calls.filter((c) => c.action === "message.history").length, pulls);
});

test("a message that is stored after its ordinal was told is looked for again", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const pulls = () => cloud.calls.filter((c) => c.action === "message.history").length;
  cloud.say("alice", "bob", "one");
  cloud.emit("bob", { event: "message.new", hi: { Ordinal: 3 }, body: cloud.post("alice", "bob", "two") });
  await until(() => pulls() === 2);
  await until(() => bob.timeline("alice").length === 2);
  cloud.post("alice", "bob", "three");
  cloud.say("alice", "bob", "four");
  await until(() => bob.timeline("alice").length === 4);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two", "three", "four"]);
});

test("a pull that fails is made again", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  cloud.say("alice", "bob", "one");
  cloud.post("alice", "bob", "two");
  cloud.breaks.push({ action: "message.history", when: "before" }, { action: "message.history", when: "after" });
  cloud.say("alice", "bob", "three");
  await until(() => bob.timeline("alice").length === 3);
});

test("what a conversation that is not shown missed is pulled and told, if it is not more than a page", async () => {
  const { cloud, online } = await world();
  for (const from of ["alice", "carol"]) cloud.post(from, "bob", "before", { MsgTime: 1_700_000_000 });
  const bob = await online("bob");
  const list = heard(bob);
  cloud.accepting = false;
  cloud.cut("bob");
  await until(() => bob.state === "reconnecting");
  cloud.post("alice", "bob", "one");
  cloud.post("alice", "bob", "two");
  for (let i = 0; i < 101; i++) cloud.post("carol", "bob", String(i));
  cloud.accepting = true;
  await until(() => list.length === 2);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two"]);
  assert.equal(bob.find("carol")?.Unread, 102);
  await sleep(100);
  assert.equal(bob.timeline("carol").length, 0, "what is more is read when it is shown");
});

test("the answers to a conversation that was begun here are pulled if their frames were lost", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  await bob.send("alice", "are you there?");
  cloud.accepting = false;
  cloud.cut("bob");
  await until(() => bob.state === "reconnecting");
  cloud.post("alice", "bob", "yes");
  cloud.post("alice", "bob", "one moment");
  cloud.accepting = true;
  await until(() => bob.timeline("alice").length === 3);
});

test("a conversation that moves up between two pages of a sync is asked for once more", async () => {
  const { cloud, online } = await world();
  const row = (To_Account: string) => ({
    ...{ To_Account, Unread: 0, ReadOrdinal: 1, PeerReadOrdinal: 0, InOrdinal: 1, OutOrdinal: 0, TimeMs: 1 },
    LastMsg: { MsgKey: "1_1_1", Preview: "hi" },
  });
  const asked: object[] = [];
  cloud.answers.set("session.sync", (body) => {
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

test("what was held before a stretch missed in a conversation never shown leaves no hole in its timeline", async () => {
  const { cloud, online } = await world();
  cloud.post("alice", "bob", "before", { MsgTime: 1_700_000_000 });
  const bob = await online("bob");
  cloud.say("alice", "bob", "live", { MsgTime: 1_700_000_001 });
  await until(() => bob.timeline("alice").length === 1);
  cloud.accepting = false;
  cloud.cut("bob");
  await until(() => bob.state === "reconnecting");
  for (let i = 0; i < 130; i++) cloud.post("alice", "bob", String(i), { MsgTime: Math.floor(Date.now() / 1000) + i });
  cloud.accepting = true;
  await until(() => bob.find("alice")?.InOrdinal === 132);
  await bob.history("alice");
  const ordinals = bob.timeline("alice").map((m) => m.Ordinal ?? 0);
  assert.deepEqual(
    ordinals,
    Array.from({ length: 20 }, (_, i) => 113 + i),
  );
});

test("the first messages of an empty conversation that is shown are missed like any other", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  await bob.history("alice");
  await bob.history("carol");
  cloud.post("alice", "bob", "one");
  cloud.say("alice", "bob", "two");
  cloud.post("carol", "bob", "three");
  cloud.cut("bob");
  await until(() => bob.timeline("alice").length === 2 && bob.timeline("carol").length === 1);
  assert.deepEqual(texts(bob.timeline("alice")), ["one", "two"]);
});
