// The store: its contract, and clients that start with what an earlier client has stored.
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore, type Parley, type ParleyError, type Pending, type Store } from "../src/index.ts";
import { setUp, sleep, texts, until } from "./setup.ts";
import { storeContract } from "./storeContract.ts";

for (const [name, check] of storeContract) test(`a store in memory: ${name}`, () => check(memoryStore()));

test("a client starts with the data of the earlier client, and its first sync asks for later changes", async () => {
  const { server, online, client } = await setUp();
  const store = memoryStore();
  for (let i = 1; i <= 30; i++) server.storeMessage("alice", "bob", String(i), { MsgTime: 1_700_000_000 + i });
  const before = await online("bob", { store });
  await before.history("alice", { limit: 30 });
  await before.read("alice", 10);
  await sleep(60);
  before.close();

  server.calls.length = 0;
  server.accepting = false;
  const after = client("bob", { store });
  const login = after.login();
  await until(() => after.conversations.length === 1);
  assert.equal(after.find("alice")?.Unread, 20);
  assert.equal((await after.search("17"))[0]?.MsgSeq, 17);
  const shown = after.history("alice");
  await until(() => after.timeline("alice").length === 30);
  await shown;
  server.accepting = true;
  await login;
  await until(() => server.calls.some((c) => c.action === "session.sync"));
  assert.ok(Number(server.calls.find((c) => c.action === "session.sync")?.body.Since) > 0);
});

test("stored messages are not shown next to newer ones if messages between them are missing", async () => {
  const { server, online } = await setUp();
  const store = memoryStore();
  server.storeMessage("alice", "bob", "old", { MsgTime: 1_700_000_000 });
  const before = await online("bob", { store });
  await before.history("alice");
  await sleep(60);
  before.close();
  for (let i = 1; i <= 40; i++) server.storeMessage("alice", "bob", String(i), { MsgTime: 1_700_000_000 + i });
  const after = await online("bob", { store });
  const page = await after.history("alice", { limit: 10 });
  assert.equal(page.Complete, false);
  assert.deepEqual(texts(after.timeline("alice")), texts(server.stored("alice", "bob").slice(-10)));
  assert.equal((await after.search("old")).length, 1, "the search still finds it");
});

/** A client that was closed with two pending messages: the first send was lost before or after it was stored. */
async function closedWhileSending(when: "before" | "after") {
  const { server, online } = await setUp();
  const store = memoryStore();
  const before = await online("alice", { store, timing: { backoffMin: 5_000, backoffMax: 5_000 } });
  server.lostCalls.push({ action: "message.send", when });
  const sends = [before.send("bob", "one"), before.send("bob", "two")];
  for (const send of sends) send.catch(() => {});
  await until(() => server.lostCalls.length === 0);
  await sleep(60);
  before.close();
  return { server, online, store };
}

for (const when of ["before", "after"] as const) {
  test(`the next client sends pending messages once and in order (closed ${when} the first was stored)`, async () => {
    const { server, online, store } = await closedWhileSending(when);
    const after = await online("alice", { store });
    await until(() => server.stored("alice", "bob").length === 2 && after.pending("bob").length === 0);
    assert.deepEqual(texts(server.stored("alice", "bob")), ["one", "two"]);
    await sleep(60);
    assert.deepEqual((await store.load()).pending, []);
  });
}

test("after the idempotency window the client searches the history for a message before it sends it again", async () => {
  const { server, online, store } = await closedWhileSending("after");
  const [first, second] = (await store.load()).pending as [Pending, Pending];
  await store.apply([{ kind: "pending", pending: { ...first, tried: (first.tried ?? 0) - 130_000 } }]);
  server.calls.length = 0;
  const after = await online("alice", { store });
  await until(() => after.pending("bob").length === 0);
  const sent = server.calls.filter((c) => c.action === "message.send").map((c) => c.body.MsgSeq);
  assert.deepEqual(sent, [second.draft.MsgSeq], "the first message was found");
  assert.equal(server.stored("alice", "bob").length, 2);
});

test("logout deletes everything on the device", async () => {
  const { server, online } = await setUp();
  const store = memoryStore();
  server.answers.set("session.logout", () => ({}));
  const bob: Parley = await online("bob", { store });
  server.sendMessage("alice", "bob", "hi");
  await until(() => bob.timeline("alice").length === 1);
  await bob.logout();
  assert.equal(bob.state, "offline");
  assert.deepEqual(bob.conversations, []);
  assert.deepEqual(await store.load(), { since: 0, conversations: [], pending: [] });
  assert.deepEqual(await bob.search("hi"), []);
});

test("logout deletes everything though the server does not answer, and rejects", async () => {
  const { server, online } = await setUp();
  const store = memoryStore();
  const bob = await online("bob", { store });
  server.sendMessage("alice", "bob", "hi");
  await until(() => bob.timeline("alice").length === 1);
  server.lostCalls.push({ action: "session.logout", when: "before" });
  await assert.rejects(bob.logout(), (e: ParleyError) => e.status === 0);
  assert.equal(bob.state, "offline");
  assert.deepEqual(await store.load(), { since: 0, conversations: [], pending: [] });
});

test("an answer that arrives after logout is not used", async () => {
  const { server, online } = await setUp();
  server.answers.set("session.logout", () => ({}));
  for (let i = 0; i < 3; i++) server.storeMessage("alice", "bob", String(i));
  const bob = await online("bob");
  const page = bob.history("alice");
  const out = bob.logout();
  await assert.rejects(page, /signed out/);
  await out;
  assert.equal(bob.timeline("alice").length, 0);
});

test("if the store fails, storeFailed is emitted once, and messages are still sent and received", async () => {
  const { server, client } = await setUp();
  const fail = () => Promise.reject(new Error("no room"));
  const store: Store = { ...memoryStore(), load: fail, messages: fail, apply: fail, search: fail, clear: fail };
  const bob = client("bob", { store });
  let emitted = 0;
  bob.on("storeFailed", () => emitted++);
  await bob.login();
  await bob.send("alice", "hi");
  server.sendMessage("alice", "bob", "ho");
  await until(() => bob.timeline("alice").length === 2);
  assert.equal((await bob.search("ho")).length, 1);
  assert.equal(emitted, 1);
});
