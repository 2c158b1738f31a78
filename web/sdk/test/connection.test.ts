import assert from "node:assert/strict";
import { test } from "node:test";
import type { State } from "../src/index.ts";
import { backoff } from "../src/time/backoff.ts";
import { collectMessages, setUp, sleep, texts, until } from "./setup.ts";

test("a lost connection is opened again, and the missed messages arrive", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const states: State[] = [];
  bob.on("state", (s) => states.push(s));
  server.sendMessage("alice", "bob", "one");
  await bob.history("alice");
  const received = collectMessages(bob);
  server.accepting = false;
  server.cut("bob");
  await until(() => bob.state === "reconnecting");
  for (let i = 0; i < 130; i++) server.sendMessage("alice", "bob", `missed ${i}`);
  server.accepting = true;
  await until(() => bob.timeline("alice").length === 131);
  assert.deepEqual(texts(bob.timeline("alice")).slice(-2), ["missed 128", "missed 129"]);
  assert.equal(received.length, 130);
  assert.equal(bob.find("alice")?.Unread, 131);
  assert.deepEqual(states, ["reconnecting", "online"]);
});

test("a sync asks for what has changed since the first page of the previous sync", async () => {
  const { server, online } = await setUp();
  await online("bob");
  server.cut("bob");
  await until(() => server.calls.filter((c) => c.action === "session.sync").length === 2);
  const [first, second] = server.calls.filter((c) => c.action === "session.sync");
  assert.equal(first?.body.Since, 0);
  assert.ok(Math.abs(Number(second?.body.Since) - (Date.now() - 5000)) < 2000);
});

test("a sync that fails is repeated", async () => {
  const { server, client } = await setUp();
  server.sendMessage("alice", "bob", "one");
  server.lostCalls.push({ action: "session.sync", when: "before" });
  const bob = client("bob");
  await bob.login();
  await until(() => bob.conversations.length === 1);
  assert.equal(bob.conversations[0]?.LastMsg?.Preview, "one");
});

test("after a kick the client does not reconnect until login is called", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  let reason = "";
  bob.on("kicked", (k) => {
    reason = k.Reason;
  });
  server.emit("bob", { event: "session.kick", body: { Reason: "replaced", Platform: "Web", Time: 1 } });
  await until(() => bob.state === "kicked");
  await sleep(100);
  assert.equal(reason, "replaced");
  assert.equal(server.opened, 1);
  await bob.login();
  assert.equal(bob.state, "online");
});

test("a refused signature ends the attempts, after a new one was requested", async () => {
  const { server, client } = await setUp();
  server.revoked = "old";
  await assert.rejects(client("bob", { usersig: "old" }).login(), /expired/);
  let asked = 0;
  const bob = client("bob", { usersig: () => (asked++ === 0 ? "old" : "new") });
  await bob.login();
  assert.equal(asked, 2);
});

test("a renewal opens a second connection, and no message is lost", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob", { timing: { renewMin: 60, renewMax: 80 } });
  const states: State[] = [];
  bob.on("state", (s) => states.push(s));
  const received = collectMessages(bob);
  for (let i = 0; server.opened < 4; i++) {
    server.sendMessage("alice", "bob", String(i));
    await sleep(5);
  }
  const sent = server.stored("alice", "bob").length;
  await until(() => received.length === sent);
  await sleep(30);
  await until(() => server.connections.length <= 2);
  assert.ok(server.connections.every((c) => c.instance === bob.instance));
  assert.deepEqual(states, []);
});

test("after a renewal the history is not read for a message whose frame is still on its way", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob", { timing: { renewMin: 60, renewMax: 80, gap: 1000 } });
  await bob.history("alice");
  const called = (action: string) => server.calls.filter((c) => c.action === action).length;
  const m = server.storeMessage("alice", "bob", "late");
  await until(() => bob.find("alice")?.InOrdinal === 1); // a sync has announced it
  await sleep(20); // a client that does not wait would read the history now
  server.deliver(m);
  const syncs = called("session.sync");
  await until(() => called("session.sync") >= syncs + 2);
  assert.deepEqual(texts(bob.timeline("alice")), ["late"]);
  assert.equal(called("message.history"), 1);
});

test("a frame is sent on a connection without traffic, and traffic delays it", async () => {
  const { server, online } = await setUp();
  await online("bob", { timing: { keepAlive: 400 } });
  const [c] = server.connections;
  for (let i = 0; i < 6; i++) {
    server.sendMessage("alice", "bob", String(i));
    await sleep(100);
  }
  assert.deepEqual(c?.frames, []);
  await until(() => (c?.frames.length ?? 0) > 0);
  assert.deepEqual(c?.frames[0], { action: "p" });
});

test("a dead connection is detected when a call fails", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const [connection] = server.connections;
  server.delivering = false; // the server sends no pong either
  server.lostCalls.push({ action: "message.send", when: "before" });
  const sent = bob.send("alice", "hi");
  await until(() => connection?.frames.some((f) => f.action === "pp") ?? false);
  await until(() => server.opened === 2);
  await sent;
});

test("close ends the connection, and login opens another one", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  bob.close();
  assert.equal(bob.state, "offline");
  await until(() => server.connections.length === 0);
  await sleep(60);
  assert.equal(server.opened, 1);
  await bob.login();
  assert.equal(server.opened, 2);
});

test("backoff is random between 0 and a bound that doubles up to a minute", () => {
  const timing = { backoffMin: 1000, backoffMax: 60_000 };
  const most = (attempt: number, least = 0) =>
    Math.max(...Array.from({ length: 2000 }, () => backoff(attempt, timing, least)));
  const near = (got: number, bound: number) => assert.ok(got <= bound && got > bound * 0.95, `${got} of ${bound}`);
  near(most(0), 1000);
  near(most(3), 8000);
  near(most(50), 60_000);
  near(most(0, 30_000), 30_000);
});

test("a sync finds a message whose frame was lost: after some time, or when the app is in front again", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob", { timing: { sync: 60 } });
  server.storeMessage("alice", "bob", "lost");
  await until(() => bob.timeline("alice").length === 1);
  const carol = await online("carol", { timing: { fresh: 40 } });
  const syncs = () => server.calls.filter((c) => c.action === "session.sync" && c.user === "carol").length;
  await sleep(60);
  carol.foreground();
  carol.foreground();
  await until(() => syncs() === 2);
  await sleep(60);
  assert.equal(syncs(), 2);
});
