import assert from "node:assert/strict";
import { test } from "node:test";
import type { State } from "../src/index.ts";
import { backoff } from "../src/timing.ts";
import { heard, sleep, texts, until, world } from "./world.ts";

test("a lost connection is opened again and brings what was missed", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const states: State[] = [];
  bob.on("state", (s) => states.push(s));
  cloud.say("alice", "bob", "one");
  await bob.history("alice");
  const list = heard(bob);
  cloud.accepting = false;
  cloud.cut("bob");
  await until(() => bob.state === "reconnecting");
  for (let i = 0; i < 130; i++) cloud.say("alice", "bob", `missed ${i}`);
  cloud.accepting = true;
  await until(() => bob.timeline("alice").length === 131);
  assert.deepEqual(texts(bob.timeline("alice")).slice(-2), ["missed 128", "missed 129"]);
  assert.equal(list.length, 130);
  assert.equal(bob.find("alice")?.Unread, 131);
  assert.deepEqual(states, ["reconnecting", "online"]);
});

test("a sync asks for what changed since the first page of the one before", async () => {
  const { cloud, online } = await world();
  await online("bob");
  cloud.cut("bob");
  await until(() => cloud.calls.filter((c) => c.action === "session.sync").length === 2);
  const [first, second] = cloud.calls.filter((c) => c.action === "session.sync");
  assert.equal(first?.body.Since, 0);
  assert.ok(Math.abs(Number(second?.body.Since) - (Date.now() - 5000)) < 2000);
});

test("a sync that fails is made again", async () => {
  const { cloud, client } = await world();
  cloud.say("alice", "bob", "one");
  cloud.breaks.push({ action: "session.sync", when: "before" });
  const bob = client("bob");
  await bob.login();
  await until(() => bob.conversations.length === 1);
  assert.equal(bob.conversations[0]?.LastMsg?.Preview, "one");
});

test("a kick ends it: no reconnect", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  let reason = "";
  bob.on("kicked", (k) => {
    reason = k.Reason;
  });
  cloud.emit("bob", { event: "session.kick", body: { Reason: "replaced", Platform: "Web", Time: 1 } });
  await until(() => bob.state === "kicked");
  await sleep(100);
  assert.equal(reason, "replaced");
  assert.equal(cloud.opened, 1);
  await bob.login();
  assert.equal(bob.state, "online");
});

test("a refused signature ends it; a fresh one is asked for first", async () => {
  const { cloud, client } = await world();
  cloud.revoked = "old";
  await assert.rejects(client("bob", { usersig: "old" }).login(), /expired/);
  let asked = 0;
  const bob = client("bob", { usersig: () => (asked++ === 0 ? "old" : "new") });
  await bob.login();
  assert.equal(asked, 2);
});

test("a connection is renewed by a second one, and nothing is lost between", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob", { timing: { renewMin: 60, renewMax: 80 } });
  const states: State[] = [];
  bob.on("state", (s) => states.push(s));
  const list = heard(bob);
  for (let i = 0; cloud.opened < 4; i++) {
    cloud.say("alice", "bob", String(i));
    await sleep(5);
  }
  const sent = cloud.stored("alice", "bob").length;
  await until(() => list.length === sent);
  await sleep(30);
  await until(() => cloud.connections.length <= 2);
  assert.ok(cloud.connections.every((c) => c.instance === bob.instance));
  assert.deepEqual(states, []);
});

test("a renewal does not pull what is still on its way", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob", { timing: { renewMin: 60, renewMax: 80, gap: 1000 } });
  await bob.history("alice");
  const called = (action: string) => cloud.calls.filter((c) => c.action === action).length;
  const m = cloud.post("alice", "bob", "late");
  await until(() => bob.find("alice")?.InOrdinal === 1); // told by a sync
  await sleep(20); // a pull without patience would begin now
  cloud.deliver(m);
  const syncs = called("session.sync");
  await until(() => called("session.sync") >= syncs + 2);
  assert.deepEqual(texts(bob.timeline("alice")), ["late"]);
  assert.equal(called("message.history"), 1);
});

test("silence is broken after a while, and traffic puts that off", async () => {
  const { cloud, online } = await world();
  await online("bob", { timing: { keepAlive: 400 } });
  const [c] = cloud.connections;
  for (let i = 0; i < 6; i++) {
    cloud.say("alice", "bob", String(i));
    await sleep(100);
  }
  assert.deepEqual(c?.frames, []);
  await until(() => (c?.frames.length ?? 0) > 0);
  assert.deepEqual(c?.frames[0], { action: "p" });
});

test("a dead connection is found out when a call fails", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const [connection] = cloud.connections;
  cloud.delivering = false; // no pong either
  cloud.breaks.push({ action: "message.send", when: "before" });
  const sent = bob.send("alice", "hi");
  await until(() => connection?.frames.some((f) => f.action === "pp") ?? false);
  await until(() => cloud.opened === 2);
  await sent;
});

test("disconnect ends it, and connect begins again", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  bob.close();
  assert.equal(bob.state, "offline");
  await until(() => cloud.connections.length === 0);
  await sleep(60);
  assert.equal(cloud.opened, 1);
  await bob.login();
  assert.equal(cloud.opened, 2);
});

test("backoff has full jitter between nothing and a bound that doubles up to a minute", () => {
  const timing = { backoffMin: 1000, backoffMax: 60_000 };
  const most = (attempt: number, least = 0) =>
    Math.max(...Array.from({ length: 2000 }, () => backoff(attempt, timing, least)));
  const near = (got: number, bound: number) => assert.ok(got <= bound && got > bound * 0.95, `${got} of ${bound}`);
  near(most(0), 1000);
  near(most(3), 8000);
  near(most(50), 60_000);
  near(most(0, 30_000), 30_000);
});

test("a frame that was lost on a living connection is found by the next sync, by time or when the app comes to the front", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob", { timing: { sync: 60 } });
  cloud.post("alice", "bob", "lost");
  await until(() => bob.timeline("alice").length === 1);
  const carol = await online("carol", { timing: { fresh: 40 } });
  const syncs = () => cloud.calls.filter((c) => c.action === "session.sync" && c.user === "carol").length;
  await sleep(60);
  carol.foreground();
  carol.foreground();
  await until(() => syncs() === 2);
  await sleep(60);
  assert.equal(syncs(), 2);
});
