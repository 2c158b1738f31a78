import assert from "node:assert/strict";
import { test } from "node:test";
import { Emitter } from "../src/emitter.ts";
import { type Conversation, compare, memoryStore, type ParleyError, preview } from "../src/index.ts";
import { MsgSeqGenerator } from "../src/messages/msgSeq.ts";
import { collectMessages, setUp, sleep, text, texts, until } from "./setup.ts";

test("send resolves with the stored message, and the other user receives it", async () => {
  const { online } = await setUp();
  const [alice, bob] = [await online("alice"), await online("bob")];
  const received = collectMessages(bob);
  const m = await alice.send("bob", "hi 👋 שלום", { CloudCustomData: "x" });
  await until(() => received.length === 1);
  assert.equal(m.Ordinal, 1);
  assert.equal(received[0]?.MsgKey, m.MsgKey);
  assert.deepEqual(texts(alice.timeline("bob")), ["hi 👋 שלום"]);
  assert.equal(alice.conversations[0]?.LastMsg?.Preview, "hi 👋 שלום");
});

for (const when of ["before", "after"] as const) {
  test(`a send that fails ${when} the message is stored is repeated as the same message`, async () => {
    const { server, online } = await setUp();
    const alice = await online("alice");
    server.lostCalls.push({ action: "message.send", when }, { action: "message.send", when });
    await alice.send("bob", "hi");
    const tries = server.calls.filter((c) => c.action === "message.send");
    assert.equal(tries.length, 3);
    assert.equal(new Set(tries.map((c) => `${c.body.MsgSeq}_${c.body.MsgRandom}`)).size, 1);
    assert.equal(server.stored("alice", "bob").length, 1);
    assert.equal(alice.timeline("bob").length, 1);
  });
}

test("messages to one user are stored in the order in which they were sent", async () => {
  const { server, online } = await setUp();
  const alice = await online("alice");
  server.lostCalls.push({ action: "message.send", when: "before" });
  await Promise.all(["one", "two", "three"].map((t) => alice.send("bob", t)));
  assert.deepEqual(texts(server.stored("alice", "bob")), ["one", "two", "three"]);
  assert.deepEqual(
    server.stored("alice", "bob").map((m) => m.Ordinal),
    [1, 2, 3],
  );
});

test("a message is sent until the server answers, and is pending until then", async () => {
  const { server, online } = await setUp();
  const alice = await online("alice");
  server.lostCalls.push(...Array.from({ length: 8 }, () => ({ action: "message.send", when: "after" as const })));
  const sent = alice.send("bob", "hi");
  assert.deepEqual(
    alice.pending("bob").map(({ state }) => state),
    ["sending"],
  );
  await sent;
  assert.equal(server.lostCalls.length, 0);
  assert.equal(server.stored("alice", "bob").length, 1);
  await until(() => alice.pending("bob").length === 0);
});

test("a message that is refused stays pending as failed, and can be sent again", async () => {
  const { server, online } = await setUp();
  const alice = await online("alice");
  server.refusals.push({ action: "message.send", code: 20006, error: "not now" });
  const draft = alice.compose("bob", "hi");
  const [refused, next] = [alice.send(draft), alice.send("bob", "the next one")];
  await assert.rejects(refused, (e: ParleyError) => e.code === 20006 && !e.temporary);
  await next;
  await until(() => alice.pending("bob")[0]?.state === "failed");
  assert.deepEqual(alice.pending("bob")[0]?.error, { code: 20006, message: "not now" });
  await alice.send(draft);
  assert.deepEqual(texts(server.stored("alice", "bob")).sort(), ["hi", "the next one"]);
  await until(() => alice.pending("bob").length === 0);
});

test("a message whose earlier attempt may still be running on the server is sent again", async () => {
  const { server, online } = await setUp();
  const alice = await online("alice");
  server.lostCalls.push({ action: "message.send", when: "before" });
  for (let i = 0; i < 3; i++) server.refusals.push({ action: "message.send", code: 60008, error: "still running" });
  await alice.send("bob", "hi");
  assert.equal(server.refusals.length, 0);
  assert.deepEqual(texts(server.stored("alice", "bob")), ["hi"]);
  await until(() => alice.pending("bob").length === 0);
});

test("a message that JSON cannot express fails, and the next one is sent", async () => {
  const { online } = await setUp();
  const alice = await online("alice");
  const content: Record<string, unknown> = {};
  content.itself = content;
  await assert.rejects(alice.send("bob", [{ MsgType: "TIMCustomElem", MsgContent: content }]), TypeError);
  await alice.send("bob", "hi");
  const [pending] = alice.pending("bob");
  assert.equal(pending?.state, "failed");
  assert.match(pending?.error?.message ?? "", /circular/);
});

test("a message that is being sent can be discarded", async () => {
  const { server, online } = await setUp();
  const alice = await online("alice");
  server.lostCalls.push(...Array.from({ length: 500 }, () => ({ action: "message.send", when: "before" as const })));
  const draft = alice.compose("bob", "hi");
  const sent = alice.send(draft);
  await until(() => server.lostCalls.length < 498);
  alice.discard(draft);
  await assert.rejects(sent, /discarded/);
  assert.equal(alice.pending("bob").length, 0);
  server.lostCalls = [];
  await alice.send("bob", "another");
  assert.deepEqual(texts(server.stored("alice", "bob")), ["another"]);
});

test("a call that the server refuses is not repeated", async () => {
  const { server, online } = await setUp();
  const alice = await online("alice");
  await assert.rejects(alice.call("no.such", {}), (e: ParleyError) => e.code === 60009 && !e.temporary);
  assert.equal(server.calls.filter((c) => c.action === "no.such").length, 1);
});

test("a message is delivered to the other devices of its sender", async () => {
  const { online } = await setUp();
  const [phone, desk] = [await online("alice"), await online("alice")];
  await phone.send("bob", "hi");
  await until(() => desk.timeline("bob").length === 1);
  assert.equal(desk.find("bob")?.Unread, 0);
  assert.equal(phone.timeline("bob").length, 1);
});

test("a read cursor clears the count on all devices of the user, and the other user receives it", async () => {
  const { server, online } = await setUp();
  const [alice, phone, desk] = [await online("alice"), await online("bob"), await online("bob")];
  await alice.send("bob", "one");
  await alice.send("bob", "two");
  await until(() => desk.find("alice")?.Unread === 2 && phone.find("alice")?.Unread === 2);
  await phone.read("alice", 1);
  assert.equal(phone.find("alice")?.Unread, 1);
  await until(() => desk.find("alice")?.Unread === 1);
  await phone.read("alice");
  await until(() => desk.find("alice")?.Unread === 0 && alice.find("bob")?.PeerReadOrdinal === 2);
  server.emit("bob", {
    event: "message.read",
    body: { From_Account: "bob", To_Account: "alice", ReadOrdinal: 1, Unread: 1 },
  });
  await sleep(30);
  assert.equal(phone.find("alice")?.Unread, 0, "a read cursor never goes back");
});

test("messages with NoUnread are excluded from unread", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  server.sendMessage("alice", "bob", "loud");
  server.sendMessage("alice", "bob", "quiet", { SendMsgControl: ["NoUnread"] });
  server.storeMessage("alice", "bob", "quiet and lost", { SendMsgControl: ["NoUnread"] });
  server.sendMessage("alice", "bob", "loud");
  await until(() => bob.timeline("alice").length === 4);
  assert.equal(bob.find("alice")?.Unread, 2);
});

test("the pages of the history reach back to the first message", async () => {
  const { server, online } = await setUp();
  for (let i = 1; i <= 45; i++)
    server.storeMessage(i % 3 ? "alice" : "bob", "alice", "x", { MsgTime: 1_700_000_000 + i });
  for (let i = 1; i <= 45; i++)
    server.storeMessage(i % 3 ? "alice" : "bob", i % 3 ? "bob" : "alice", String(i), { MsgTime: 1_700_000_000 + i });
  const bob = await online("bob");
  const received = collectMessages(bob);
  let page = await bob.history("alice");
  assert.equal(page.MsgList.length, 20);
  while (page.Next) page = await bob.history("alice", { to: page.Next });
  const timeline = bob.timeline("alice");
  assert.ok(timeline.length >= 45);
  assert.ok(timeline.every((m, i) => i === 0 || compare(timeline[i - 1] ?? m, m) < 0));
  assert.equal(received.length, 0, "the history emits no event message");
});

test("a conversation that is never shown has a limited number of messages, in memory and in the store", async () => {
  const { server, online } = await setUp();
  const store = memoryStore();
  const bob = await online("bob", { store });
  const received = collectMessages(bob);
  for (let i = 1; i <= 2_100; i++) server.sendMessage("alice", "bob", String(i), { MsgTime: 1_700_000_000 + i });
  await until(() => received.length === 2_100, 20_000);
  const timeline = texts(bob.timeline("alice"));
  assert.ok(timeline.length >= 250 && timeline.length < 500, `${timeline.length} are in memory`);
  assert.equal(timeline.at(-1), "2100");
  await sleep(60);
  const stored = await store.messages("alice", 5_000);
  assert.ok(stored.length >= 1_000 && stored.length < 2_000, `${stored.length} are stored`);
  assert.equal(bob.find("alice")?.Unread, 2_100);
});

test("the conversations are ordered newest first, and the event carries all of them", async () => {
  const { server, online } = await setUp();
  server.sendMessage("alice", "bob", "old", { MsgTime: 1_700_000_000 });
  server.sendMessage("carol", "bob", "new", { MsgTime: 1_700_000_100 });
  const bob = await online("bob");
  assert.deepEqual(
    bob.conversations.map((c) => c.To_Account),
    ["carol", "alice"],
  );
  let emitted: readonly Conversation[] = [];
  bob.on("conversations", (list) => {
    emitted = list;
  });
  server.sendMessage("alice", "bob", "newest");
  await until(() => emitted[0]?.To_Account === "alice");
  assert.equal(emitted[0]?.LastMsg?.Preview, "newest");
  assert.deepEqual(
    bob.conversations.map((c) => c.To_Account),
    ["alice", "carol"],
  );
});

test("an identifier that is not ASCII is sent in the header", async () => {
  const { server, online } = await setUp();
  const zoe = await online("zoë", { usersig: "sig-zoe" });
  server.calls.length = 0;
  await zoe.conversation.list();
  assert.equal(server.calls[0]?.user, "zoë");
});

test("if a listener throws, the others are called, and the error is reported", () => {
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

test("sequences increase, and are higher than those of other clients of the same kind", () => {
  const sequence = new MsgSeqGenerator();
  const first = sequence.next();
  assert.ok(sequence.next() > first);
  sequence.observe(first + 500);
  assert.ok(sequence.next() > first + 500);
  sequence.observe(2 ** 32 - 1); // a client of another kind has chosen it
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
