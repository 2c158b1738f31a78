// What is kept on the device: the store's contract, and clients that begin where others ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore, type Parley, type ParleyError, type Pending, type Store } from "../src/index.ts";
import { contract } from "./contract.ts";
import { sleep, texts, until, world } from "./world.ts";

for (const [name, check] of contract) test(`a store in memory: ${name}`, () => check(memoryStore()));

test("a client begins with what the one before it held, and syncs from there", async () => {
  const { cloud, online, client } = await world();
  const store = memoryStore();
  for (let i = 1; i <= 30; i++) cloud.post("alice", "bob", String(i), { MsgTime: 1_700_000_000 + i });
  const before = await online("bob", { store });
  await before.history("alice", { limit: 30 });
  await before.read("alice", 10);
  await sleep(60);
  before.close();

  cloud.calls.length = 0;
  cloud.accepting = false;
  const after = client("bob", { store });
  const login = after.login();
  await until(() => after.conversations.length === 1);
  assert.equal(after.find("alice")?.Unread, 20);
  assert.equal((await after.search("17"))[0]?.MsgSeq, 17);
  const shown = after.history("alice");
  await until(() => after.timeline("alice").length === 30);
  await shown;
  cloud.accepting = true;
  await login;
  await until(() => cloud.calls.some((c) => c.action === "session.sync"));
  assert.ok(Number(cloud.calls.find((c) => c.action === "session.sync")?.body.Since) > 0);
});

test("what is kept and was overtaken by more than a page is not shown as if nothing lay between", async () => {
  const { cloud, online } = await world();
  const store = memoryStore();
  cloud.post("alice", "bob", "old", { MsgTime: 1_700_000_000 });
  const before = await online("bob", { store });
  await before.history("alice");
  await sleep(60);
  before.close();
  for (let i = 1; i <= 40; i++) cloud.post("alice", "bob", String(i), { MsgTime: 1_700_000_000 + i });
  const after = await online("bob", { store });
  const page = await after.history("alice", { limit: 10 });
  assert.equal(page.Complete, false);
  assert.deepEqual(texts(after.timeline("alice")), texts(cloud.stored("alice", "bob").slice(-10)));
  assert.equal((await after.search("old")).length, 1, "it is still found");
});

/** A client whose sends get nowhere is closed with two messages pending. */
async function interrupted(when: "before" | "after") {
  const { cloud, online } = await world();
  const store = memoryStore();
  const before = await online("alice", { store, timing: { backoffMin: 5_000, backoffMax: 5_000 } });
  cloud.breaks.push({ action: "message.send", when });
  const sends = [before.send("bob", "one"), before.send("bob", "two")];
  for (const send of sends) send.catch(() => {});
  await until(() => cloud.breaks.length === 0);
  await sleep(60);
  before.close();
  return { cloud, online, store };
}

for (const when of ["before", "after"] as const) {
  test(`what waits to be sent is sent by the next client, once and in order (cut off ${when} it was stored)`, async () => {
    const { cloud, online, store } = await interrupted(when);
    const after = await online("alice", { store });
    await until(() => cloud.stored("alice", "bob").length === 2 && after.pending("bob").length === 0);
    assert.deepEqual(texts(cloud.stored("alice", "bob")), ["one", "two"]);
    await sleep(60);
    assert.deepEqual((await store.load()).pending, []);
  });
}

test("what was tried longer ago than the server remembers is looked for before it is sent again", async () => {
  const { cloud, online, store } = await interrupted("after");
  const [first, second] = (await store.load()).pending as [Pending, Pending];
  await store.apply([{ kind: "pending", pending: { ...first, tried: (first.tried ?? 0) - 130_000 } }]);
  cloud.calls.length = 0;
  const after = await online("alice", { store });
  await until(() => after.pending("bob").length === 0);
  const sent = cloud.calls.filter((c) => c.action === "message.send").map((c) => c.body.MsgSeq);
  assert.deepEqual(sent, [second.draft.MsgSeq], "the first was found");
  assert.equal(cloud.stored("alice", "bob").length, 2);
});

test("signing out forgets everything on the device", async () => {
  const { cloud, online } = await world();
  const store = memoryStore();
  cloud.answers.set("session.logout", () => ({}));
  const bob: Parley = await online("bob", { store });
  cloud.say("alice", "bob", "hi");
  await until(() => bob.timeline("alice").length === 1);
  await bob.logout();
  assert.equal(bob.state, "offline");
  assert.deepEqual(bob.conversations, []);
  assert.deepEqual(await store.load(), { since: 0, conversations: [], pending: [] });
  assert.deepEqual(await bob.search("hi"), []);
});

test("signing out forgets everything though the server does not hear of it, and says so", async () => {
  const { cloud, online } = await world();
  const store = memoryStore();
  const bob = await online("bob", { store });
  cloud.say("alice", "bob", "hi");
  await until(() => bob.timeline("alice").length === 1);
  cloud.breaks.push({ action: "session.logout", when: "before" });
  await assert.rejects(bob.logout(), (e: ParleyError) => e.status === 0);
  assert.equal(bob.state, "offline");
  assert.deepEqual(await store.load(), { since: 0, conversations: [], pending: [] });
});

test("an answer that comes after signing out is not taken in", async () => {
  const { cloud, online } = await world();
  cloud.answers.set("session.logout", () => ({}));
  for (let i = 0; i < 3; i++) cloud.post("alice", "bob", String(i));
  const bob = await online("bob");
  const page = bob.history("alice");
  const out = bob.logout();
  await assert.rejects(page, /signed out/);
  await out;
  assert.equal(bob.timeline("alice").length, 0);
});

test("a store that fails is told once, and messages go on", async () => {
  const { cloud, client } = await world();
  const fail = () => Promise.reject(new Error("no room"));
  const store: Store = { ...memoryStore(), load: fail, messages: fail, apply: fail, search: fail, clear: fail };
  const bob = client("bob", { store });
  let told = 0;
  bob.on("unkept", () => told++);
  await bob.login();
  await bob.send("alice", "hi");
  cloud.say("alice", "bob", "ho");
  await until(() => bob.timeline("alice").length === 2);
  assert.equal((await bob.search("ho")).length, 1);
  assert.equal(told, 1);
});
