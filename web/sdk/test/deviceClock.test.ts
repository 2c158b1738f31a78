// The client makes no decision by the clock of the device: these tests set it a day fast, a day slow, or back in the
// middle of a test.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { compare, type Message, memoryStore, recalledFlag } from "../src/index.ts";
import { MsgSeqGenerator } from "../src/messages/msgSeq.ts";
import { ServerClock } from "../src/time/serverClock.ts";
import { setUp, sleep, texts, until } from "./setup.ts";

const day = 24 * 60 * 60 * 1000;
const real = { wall: Date.now, monotonic: performance.now };
const clocks = [
  ["right", 0],
  ["a day fast", day],
  ["a day slow", -day],
] as const;

/** Sets the wall clock of the device. A device that sleeps has a monotonic clock that has stopped: at `monotonicAt`. */
function setClock(offset: number, monotonicAt?: number): void {
  Date.now = () => real.wall.call(Date) + offset;
  performance.now = monotonicAt === undefined ? real.monotonic : () => monotonicAt;
}

afterEach(() => {
  Date.now = real.wall;
  performance.now = real.monotonic;
});

for (const [name, offset] of clocks) {
  for (const jump of [130_000, -day]) {
    test(`a message whose answer was lost is stored once after a sleep (clock ${name}, then ${jump} ms)`, async () => {
      setClock(offset);
      const { server, online } = await setUp();
      const alice = await online("alice", { timing: { backoffMin: 60_000, backoffMax: 60_000 } });
      server.lostCalls.push({ action: "message.send", when: "after" });
      const sent = alice.send("bob", "hi");
      await until(() => server.lostCalls.length === 0);
      await sleep(20);
      const now = server.now();
      server.now = () => now + 130_000;
      setClock(offset + jump, performance.now());
      alice.foreground();
      await sent;
      assert.equal(server.stored("alice", "bob").length, 1);
    });
  }

  test(`an answer is ordered after its question of the same second (clock ${name})`, async () => {
    const { server, online } = await setUp();
    const second = Math.floor(Date.now() / 1000) * 1000;
    server.now = () => second;
    const alice = await online("alice");
    setClock(offset);
    const bob = await online("bob");
    for (const MsgSeq of [undefined, 4_000_000_000]) {
      if (MsgSeq) server.sendMessage("alice", "bob", "question", { MsgSeq });
      else await alice.send("bob", "question");
      const asked = bob.timeline("alice").length;
      await until(() => bob.timeline("alice").length > asked || asked > 0);
      await sleep(30);
      await bob.send("alice", "answer");
    }
    assert.deepEqual(texts(bob.timeline("alice")), ["question", "answer", "question", "answer"]);
  });

  test(`an edit of this device does not hide a later edit (clock ${name})`, async () => {
    setClock(offset);
    const { server, online } = await setUp();
    const bob = await online("bob");
    const m = await bob.send("alice", "one");
    server.answers.set("message.edit", () => ({ EditMs: 1_000 }));
    const body = (Text: string) => [{ MsgType: "TIMTextElem", MsgContent: { Text } }];
    await bob.message.edit({ To_Account: "alice", MsgKey: m.MsgKey, MsgBody: body("two") });
    assert.deepEqual(texts(bob.timeline("alice")), ["two"]);
    server.emit("bob", { event: "message.edited", body: { ...m, EditMs: 1_001, MsgBody: body("three") } });
    await until(() => texts(bob.timeline("alice"))[0] === "three");
  });
}

test("an answer requested after an event replaces the state, though the clock was set back", async () => {
  const { server, online } = await setUp();
  const m = server.storeMessage("alice", "bob", "one");
  const bob = await online("bob");
  await bob.history("alice");
  server.emit("bob", { event: "message.edited", body: { ...m, EditMs: 1 } });
  await until(() => bob.timeline("alice")[0]?.EditMs === 1);
  setClock(-day);
  server.answers.set("message.history", () => ({
    MsgList: [{ ...m, MsgBody: [], MsgFlagBits: recalledFlag }],
    Complete: true,
  }));
  await bob.history("alice");
  assert.equal(bob.timeline("alice")[0]?.MsgFlagBits, recalledFlag);
});

test("a recall that arrives before its message, or before a page without the recall, removes the text", async () => {
  const { server, online } = await setUp();
  const store = memoryStore();
  const bob = await online("bob", { store });
  const recall = (m: Message) =>
    server.emit("bob", {
      event: "message.recalled",
      body: { From_Account: "alice", To_Account: "bob", MsgKey: m.MsgKey, TimeMs: 1 },
    });
  const one = server.storeMessage("alice", "bob", "one");
  recall(one);
  server.deliver(one);
  await until(() => bob.timeline("alice").length === 1);
  const two = server.storeMessage("alice", "bob", "two");
  server.answers.set("conversation.get", () => ({ Conversations: [] }));
  recall(two);
  await sleep(20);
  await bob.history("alice"); // a page of a database replica that is behind
  await bob.history("alice");
  assert.deepEqual(
    bob.timeline("alice").map((m) => [m.MsgBody.length, m.MsgFlagBits]),
    [
      [0, recalledFlag],
      [0, recalledFlag],
    ],
  );
  await sleep(60);
  assert.deepEqual(
    (await store.messages("alice", 9)).map((m) => m.MsgBody.length),
    [0, 0],
  );
});

test("if a repeat is refused but the first attempt was stored, send resolves with the stored message", async () => {
  const { server, online } = await setUp();
  const alice = await online("alice");
  server.lostCalls.push({ action: "message.send", when: "after" });
  const sent = alice.send("bob", "hi");
  await until(() => server.lostCalls.length === 0);
  server.refusals.push({ action: "message.send", code: 20007, error: "blocked meanwhile" });
  assert.equal((await sent).MsgKey, server.stored("alice", "bob")[0]?.MsgKey);
});

test("a message that is written before the stored messages are loaded is sent after them", async () => {
  const { server, client } = await setUp();
  const store = memoryStore();
  const draft = (MsgSeq: number, Text: string) => ({
    ...{ To_Account: "bob", MsgSeq, MsgRandom: 1 },
    MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text } }],
  });
  setClock(day);
  const stored = [draft(9_000, "one"), draft(9_001, "two")];
  await store.apply(
    stored.map((d, since) => ({ kind: "pending", pending: { draft: d, state: "sending", since } }) as const),
  );
  setClock(-day);
  const alice = client("alice", { store });
  const three = alice.send("bob", "three");
  void alice.login();
  await three;
  const [first, second, third] = server.calls.filter((c) => c.action === "message.send").map((c) => c.body.MsgSeq);
  assert.deepEqual([first, second], [9_000, 9_001]);
  assert.notEqual(third, undefined);
});

test("the estimate of the server's time is never ahead of the server, and follows its answers", () => {
  const clock = new ServerClock();
  assert.equal(clock.now(), undefined);
  performance.now = () => 1_000;
  clock.set(5_000_000);
  performance.now = () => 3_000;
  setClock(day, 3_000);
  assert.equal(clock.now(), 5_002_000);
  clock.atLeast(4_000_000);
  assert.equal(clock.now(), 5_002_000);
  clock.set(4_000_000);
  assert.equal(clock.now(), 4_000_000);
});

test("a sequence is higher than the one that it must follow, and the next one is not", () => {
  const sequence = new MsgSeqGenerator(() => Date.UTC(2026, 0, 1));
  const first = sequence.next();
  assert.equal(sequence.next(4_000_000_000), 4_000_000_001);
  assert.equal(sequence.next(2 ** 32 - 1), 2 ** 32 - 1);
  assert.equal(sequence.next(), first + 1);
  assert.ok(compare({ MsgTime: 1, MsgSeq: first, MsgRandom: 1 }, { MsgTime: 1, MsgSeq: first + 1, MsgRandom: 0 }) < 0);
});
