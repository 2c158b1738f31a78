import assert from "node:assert/strict";
import { test } from "node:test";
import { Emitter } from "../src/emitter.ts";
import { type Conversation, compare, memoryStore, type ParleyError, preview } from "../src/index.ts";
import { Sequence } from "../src/sequence.ts";
import { heard, sleep, text, texts, until, world } from "./world.ts";

test("a send is answered with the stored message and reaches the other user", async () => {
  const { online } = await world();
  const [alice, bob] = [await online("alice"), await online("bob")];
  const list = heard(bob);
  const m = await alice.send("bob", "hi 👋 שלום", { CloudCustomData: "x" });
  await until(() => list.length === 1);
  assert.equal(m.Ordinal, 1);
  assert.equal(list[0]?.MsgKey, m.MsgKey);
  assert.deepEqual(texts(alice.timeline("bob")), ["hi 👋 שלום"]);
  assert.equal(alice.conversations[0]?.LastMsg?.Preview, "hi 👋 שלום");
});

for (const when of ["before", "after"] as const) {
  test(`a send that breaks ${when} it is stored is repeated as the same message`, async () => {
    const { cloud, online } = await world();
    const alice = await online("alice");
    cloud.breaks.push({ action: "message.send", when }, { action: "message.send", when });
    await alice.send("bob", "hi");
    const tries = cloud.calls.filter((c) => c.action === "message.send");
    assert.equal(tries.length, 3);
    assert.equal(new Set(tries.map((c) => `${c.body.MsgSeq}_${c.body.MsgRandom}`)).size, 1);
    assert.equal(cloud.stored("alice", "bob").length, 1);
    assert.equal(alice.timeline("bob").length, 1);
  });
}

test("sends to one user keep their order", async () => {
  const { cloud, online } = await world();
  const alice = await online("alice");
  cloud.breaks.push({ action: "message.send", when: "before" });
  await Promise.all(["one", "two", "three"].map((t) => alice.send("bob", t)));
  assert.deepEqual(texts(cloud.stored("alice", "bob")), ["one", "two", "three"]);
  assert.deepEqual(
    cloud.stored("alice", "bob").map((m) => m.Ordinal),
    [1, 2, 3],
  );
});

test("a send goes on until the server answers, and its message is pending until then", async () => {
  const { cloud, online } = await world();
  const alice = await online("alice");
  cloud.breaks.push(...Array.from({ length: 8 }, () => ({ action: "message.send", when: "after" as const })));
  const sent = alice.send("bob", "hi");
  assert.deepEqual(
    alice.pending("bob").map(({ state }) => state),
    ["sending"],
  );
  await sent;
  assert.equal(cloud.breaks.length, 0);
  assert.equal(cloud.stored("alice", "bob").length, 1);
  await until(() => alice.pending("bob").length === 0);
});

test("a draft that is refused stays as failed, and is sent again as the same message", async () => {
  const { cloud, online } = await world();
  const alice = await online("alice");
  cloud.refusals.push({ action: "message.send", code: 20006, error: "not now" });
  const draft = alice.compose("bob", "hi");
  const [refused, next] = [alice.send(draft), alice.send("bob", "the next one")];
  await assert.rejects(refused, (e: ParleyError) => e.code === 20006 && !e.temporary);
  await next;
  await until(() => alice.pending("bob")[0]?.state === "failed");
  assert.deepEqual(alice.pending("bob")[0]?.error, { code: 20006, message: "not now" });
  await alice.send(draft);
  assert.deepEqual(texts(cloud.stored("alice", "bob")).sort(), ["hi", "the next one"]);
  await until(() => alice.pending("bob").length === 0);
});

test("a draft that cannot be written as JSON fails, and does not hold up the next one", async () => {
  const { online } = await world();
  const alice = await online("alice");
  const content: Record<string, unknown> = {};
  content.itself = content;
  await assert.rejects(alice.send("bob", [{ MsgType: "TIMCustomElem", MsgContent: content }]), TypeError);
  await alice.send("bob", "hi");
  const [pending] = alice.pending("bob");
  assert.equal(pending?.state, "failed");
  assert.match(pending?.error?.message ?? "", /circular/);
});

test("a draft on its way can be discarded", async () => {
  const { cloud, online } = await world();
  const alice = await online("alice");
  cloud.breaks.push(...Array.from({ length: 500 }, () => ({ action: "message.send", when: "before" as const })));
  const draft = alice.compose("bob", "hi");
  const sent = alice.send(draft);
  await until(() => cloud.breaks.length < 498);
  alice.discard(draft);
  await assert.rejects(sent, /discarded/);
  assert.equal(alice.pending("bob").length, 0);
  cloud.breaks = [];
  await alice.send("bob", "another");
  assert.deepEqual(texts(cloud.stored("alice", "bob")), ["another"]);
});

test("what the server refuses is not repeated", async () => {
  const { cloud, online } = await world();
  const alice = await online("alice");
  await assert.rejects(alice.call("no.such", {}), (e: ParleyError) => e.code === 60009 && !e.temporary);
  assert.equal(cloud.calls.filter((c) => c.action === "no.such").length, 1);
});

test("another device of mine is told what I send here", async () => {
  const { online } = await world();
  const [phone, desk] = [await online("alice"), await online("alice")];
  await phone.send("bob", "hi");
  await until(() => desk.timeline("bob").length === 1);
  assert.equal(desk.find("bob")?.Unread, 0);
  assert.equal(phone.timeline("bob").length, 1);
});

test("reading clears the count here and on my other devices, and the other user sees it", async () => {
  const { cloud, online } = await world();
  const [alice, phone, desk] = [await online("alice"), await online("bob"), await online("bob")];
  await alice.send("bob", "one");
  await alice.send("bob", "two");
  await until(() => desk.find("alice")?.Unread === 2 && phone.find("alice")?.Unread === 2);
  await phone.read("alice", 1);
  assert.equal(phone.find("alice")?.Unread, 1);
  await until(() => desk.find("alice")?.Unread === 1);
  await phone.read("alice");
  await until(() => desk.find("alice")?.Unread === 0 && alice.find("bob")?.PeerReadOrdinal === 2);
  cloud.emit("bob", {
    event: "message.read",
    body: { From_Account: "bob", To_Account: "alice", ReadOrdinal: 1, Unread: 1 },
  });
  await sleep(30);
  assert.equal(phone.find("alice")?.Unread, 0, "a read position never goes back");
});

test("messages marked NoUnread do not count", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  cloud.say("alice", "bob", "loud");
  cloud.say("alice", "bob", "quiet", { SendMsgControl: ["NoUnread"] });
  cloud.post("alice", "bob", "quiet and lost", { SendMsgControl: ["NoUnread"] });
  cloud.say("alice", "bob", "loud");
  await until(() => bob.timeline("alice").length === 4);
  assert.equal(bob.find("alice")?.Unread, 2);
});

test("history pages go back to the first message", async () => {
  const { cloud, online } = await world();
  for (let i = 1; i <= 45; i++) cloud.post(i % 3 ? "alice" : "bob", "alice", "x", { MsgTime: 1_700_000_000 + i });
  for (let i = 1; i <= 45; i++)
    cloud.post(i % 3 ? "alice" : "bob", i % 3 ? "bob" : "alice", String(i), { MsgTime: 1_700_000_000 + i });
  const bob = await online("bob");
  const list = heard(bob);
  let page = await bob.history("alice");
  assert.equal(page.MsgList.length, 20);
  while (page.Next) page = await bob.history("alice", { to: page.Next });
  const timeline = bob.timeline("alice");
  assert.ok(timeline.length >= 45);
  assert.ok(timeline.every((m, i) => i === 0 || compare(timeline[i - 1] ?? m, m) < 0));
  assert.equal(list.length, 0, "history is not news");
});

test("a conversation that nobody opens does not grow for ever, in memory or in its store", async () => {
  const { cloud, online } = await world();
  const store = memoryStore();
  const bob = await online("bob", { store });
  const list = heard(bob);
  for (let i = 1; i <= 2_100; i++) cloud.say("alice", "bob", String(i), { MsgTime: 1_700_000_000 + i });
  await until(() => list.length === 2_100, 20_000);
  const timeline = texts(bob.timeline("alice"));
  assert.ok(timeline.length >= 250 && timeline.length < 500, `${timeline.length} are held`);
  assert.equal(timeline.at(-1), "2100");
  await sleep(60);
  const kept = await store.messages("alice", 5_000);
  assert.ok(kept.length >= 1_000 && kept.length < 2_000, `${kept.length} are kept`);
  assert.equal(bob.find("alice")?.Unread, 2_100);
});

test("the list is newest first and comes as an event", async () => {
  const { cloud, online } = await world();
  cloud.say("alice", "bob", "old", { MsgTime: 1_700_000_000 });
  cloud.say("carol", "bob", "new", { MsgTime: 1_700_000_100 });
  const bob = await online("bob");
  assert.deepEqual(
    bob.conversations.map((c) => c.To_Account),
    ["carol", "alice"],
  );
  let told: readonly Conversation[] = [];
  bob.on("conversations", (list) => {
    told = list;
  });
  cloud.say("alice", "bob", "newest");
  await until(() => told[0]?.To_Account === "alice");
  assert.equal(told[0]?.LastMsg?.Preview, "newest");
  assert.deepEqual(
    bob.conversations.map((c) => c.To_Account),
    ["alice", "carol"],
  );
});

test("an identifier outside of ASCII passes the header", async () => {
  const { cloud, online } = await world();
  const zoe = await online("zoë", { usersig: "sig-zoe" });
  cloud.calls.length = 0;
  await zoe.conversation.list();
  assert.equal(cloud.calls[0]?.user, "zoë");
});

test("a listener that throws does not keep the others from hearing", () => {
  const emitter = new Emitter<{ word: string }>();
  const list: string[] = [];
  emitter.on("word", () => {
    throw new Error("mine");
  });
  emitter.on("word", (word) => list.push(word));
  const later = globalThis.queueMicrotask;
  const reports: (() => void)[] = [];
  globalThis.queueMicrotask = (report) => reports.push(report);
  emitter.emit("word", "hi");
  globalThis.queueMicrotask = later;
  assert.deepEqual(list, ["hi"]);
  assert.throws(() => reports[0]?.(), /mine/);
});

test("sequences increase and stay behind what was seen", () => {
  const sequence = new Sequence();
  const first = sequence.next();
  assert.ok(sequence.next() > first);
  sequence.seen(first + 500);
  assert.ok(sequence.next() > first + 500);
  sequence.seen(2 ** 32 - 1); // not of this kind of client
  assert.ok(sequence.next() < first + 1000);
});

test("a preview is cut between characters at 120 bytes", () => {
  assert.equal(preview([{ MsgType: "TIMTextElem", MsgContent: { Text: "é".repeat(100) } }]), "é".repeat(60));
  assert.equal(
    preview([{ MsgType: "TIMTextElem", MsgContent: { Text: `a${"é".repeat(100)}` } }]),
    `a${"é".repeat(59)}`,
  );
  assert.equal(preview([{ MsgType: "TIMImageElem", MsgContent: {} }]), "[Image]");
  assert.equal(text({ MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text: "x" } }] } as never), "x");
});
