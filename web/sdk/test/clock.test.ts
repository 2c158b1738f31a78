// No decision rests on the clock of the device: these tests set it a day fast, a day slow, and back in the middle.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { ServerClock } from "../src/clock.ts";
import { compare, type Message, memoryStore, recalledFlag } from "../src/index.ts";
import { Sequence } from "../src/sequence.ts";
import { sleep, texts, until, world } from "./world.ts";

const day = 24 * 60 * 60 * 1000;
const real = { wall: Date.now, steady: performance.now };
const clocks = [
  ["right", 0],
  ["a day fast", day],
  ["a day slow", -day],
] as const;

/** Sets the wall clock of the device; a steady clock that stands still is that of a device that sleeps. */
function set(offset: number, steadyAt?: number): void {
  Date.now = () => real.wall.call(Date) + offset;
  performance.now = steadyAt === undefined ? real.steady : () => steadyAt;
}

afterEach(() => {
  Date.now = real.wall;
  performance.now = real.steady;
});

for (const [name, offset] of clocks) {
  for (const jump of [130_000, -day]) {
    test(`a message whose answer was lost is stored once after a sleep (clock ${name}, then ${jump} ms)`, async () => {
      set(offset);
      const { cloud, online } = await world();
      const alice = await online("alice", { timing: { backoffMin: 60_000, backoffMax: 60_000 } });
      cloud.breaks.push({ action: "message.send", when: "after" });
      const sent = alice.send("bob", "hi");
      await until(() => cloud.breaks.length === 0);
      await sleep(20);
      const now = cloud.now();
      cloud.now = () => now + 130_000;
      set(offset + jump, performance.now());
      alice.foreground();
      await sent;
      assert.equal(cloud.stored("alice", "bob").length, 1);
    });
  }

  test(`an answer comes after its question in the same second (clock ${name})`, async () => {
    const { cloud, online } = await world();
    const second = Math.floor(Date.now() / 1000) * 1000;
    cloud.now = () => second;
    const alice = await online("alice");
    set(offset);
    const bob = await online("bob");
    for (const MsgSeq of [undefined, 4_000_000_000]) {
      if (MsgSeq) cloud.say("alice", "bob", "question", { MsgSeq });
      else await alice.send("bob", "question");
      const asked = bob.timeline("alice").length;
      await until(() => bob.timeline("alice").length > asked || asked > 0);
      await sleep(30);
      await bob.send("alice", "answer");
    }
    assert.deepEqual(texts(bob.timeline("alice")), ["question", "answer", "question", "answer"]);
  });

  test(`an edit of mine is not newer than a later one (clock ${name})`, async () => {
    set(offset);
    const { cloud, online } = await world();
    const bob = await online("bob");
    const m = await bob.send("alice", "one");
    cloud.answers.set("message.edit", () => ({ EditMs: 1_000 }));
    const body = (Text: string) => [{ MsgType: "TIMTextElem", MsgContent: { Text } }];
    await bob.message.edit({ To_Account: "alice", MsgKey: m.MsgKey, MsgBody: body("two") });
    assert.deepEqual(texts(bob.timeline("alice")), ["two"]);
    cloud.emit("bob", { event: "message.edited", body: { ...m, EditMs: 1_001, MsgBody: body("three") } });
    await until(() => texts(bob.timeline("alice"))[0] === "three");
  });
}

test("what the server says after an event counts though the clock was set back between", async () => {
  const { cloud, online } = await world();
  const m = cloud.post("alice", "bob", "one");
  const bob = await online("bob");
  await bob.history("alice");
  cloud.emit("bob", { event: "message.edited", body: { ...m, EditMs: 1 } });
  await until(() => bob.timeline("alice")[0]?.EditMs === 1);
  set(-day);
  cloud.answers.set("message.history", () => ({
    MsgList: [{ ...m, MsgBody: [], MsgFlagBits: recalledFlag }],
    Complete: true,
  }));
  await bob.history("alice");
  assert.equal(bob.timeline("alice")[0]?.MsgFlagBits, recalledFlag);
});

test("a recall that overtakes its message, or a page that does not know it, leaves no words", async () => {
  const { cloud, online } = await world();
  const store = memoryStore();
  const bob = await online("bob", { store });
  const recall = (m: Message) =>
    cloud.emit("bob", {
      event: "message.recalled",
      body: { From_Account: "alice", To_Account: "bob", MsgKey: m.MsgKey, TimeMs: 1 },
    });
  const one = cloud.post("alice", "bob", "one");
  recall(one);
  cloud.deliver(one);
  await until(() => bob.timeline("alice").length === 1);
  const two = cloud.post("alice", "bob", "two");
  cloud.answers.set("conversation.get", () => ({ Conversations: [] }));
  recall(two);
  await sleep(20);
  await bob.history("alice"); // the page of a replica that is behind
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

test("a message refused at its repeat is found if its first attempt was stored", async () => {
  const { cloud, online } = await world();
  const alice = await online("alice");
  cloud.breaks.push({ action: "message.send", when: "after" });
  const sent = alice.send("bob", "hi");
  await until(() => cloud.breaks.length === 0);
  cloud.refusals.push({ action: "message.send", code: 20007, error: "blocked meanwhile" });
  assert.equal((await sent).MsgKey, cloud.stored("alice", "bob")[0]?.MsgKey);
});

test("what an app writes before what was kept is loaded is sent after it", async () => {
  const { cloud, client } = await world();
  const store = memoryStore();
  const draft = (MsgSeq: number, Text: string) => ({
    ...{ To_Account: "bob", MsgSeq, MsgRandom: 1 },
    MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text } }],
  });
  set(day);
  const kept = [draft(9_000, "one"), draft(9_001, "two")];
  await store.apply(
    kept.map((d, since) => ({ kind: "pending", pending: { draft: d, state: "sending", since } }) as const),
  );
  set(-day);
  const alice = client("alice", { store });
  const three = alice.send("bob", "three");
  void alice.login();
  await three;
  const [first, second, third] = cloud.calls.filter((c) => c.action === "message.send").map((c) => c.body.MsgSeq);
  assert.deepEqual([first, second], [9_000, 9_001]);
  assert.notEqual(third, undefined);
});

test("the estimate of the server's time is never ahead of it, and follows what the server says", () => {
  const clock = new ServerClock();
  assert.equal(clock.now(), undefined);
  performance.now = () => 1_000;
  clock.hear(5_000_000);
  performance.now = () => 3_000;
  set(day, 3_000);
  assert.equal(clock.now(), 5_002_000);
  clock.atLeast(4_000_000);
  assert.equal(clock.now(), 5_002_000);
  clock.hear(4_000_000);
  assert.equal(clock.now(), 4_000_000);
});

test("a sequence follows what it must, and does not stay there", () => {
  const sequence = new Sequence(() => Date.UTC(2026, 0, 1));
  const first = sequence.next();
  assert.equal(sequence.next(4_000_000_000), 4_000_000_001);
  assert.equal(sequence.next(2 ** 32 - 1), 2 ** 32 - 1);
  assert.equal(sequence.next(), first + 1);
  assert.ok(compare({ MsgTime: 1, MsgSeq: first, MsgRandom: 1 }, { MsgTime: 1, MsgSeq: first + 1, MsgRandom: 0 }) < 0);
});
