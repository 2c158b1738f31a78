import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { type Conversation, type Message, ParleyError, type Timing } from "@parley/client";
import { sleep } from "../test/stack.ts";
import { life, rules, weather } from "./storm.ts";
import { arrive, endFaults, eventually, networkIsBack, seed, startFaults, startWorld, type Watched } from "./world.ts";

/** Patience that fits a test. */
const quick: Partial<Timing> = { gap: 100, backoffMin: 20, backoffMax: 500, probeTimeout: 1_000, callTimeout: 5_000 };

/** How long the storm may last on a machine that does much else. */
const storm = 600_000;

let world: Awaited<ReturnType<typeof startWorld>>;

before(async () => {
  world = await startWorld();
});

afterEach(async () => {
  world.dismiss();
  await calm();
});

after(() => world?.end());

async function calm(): Promise<void> {
  world.network.weather = {};
  await endFaults(world.run);
}

const texts = (list: readonly Message[]) => list.map((m) => String(m.MsgBody[0]?.MsgContent.Text));
const keys = (list: readonly Message[]) => list.map((m) => m.MsgKey);
const numbered = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name} ${n + 1}`);
const inOrder = (a: Message, b: Message) => a.MsgTime - b.MsgTime || a.MsgSeq - b.MsgSeq || a.MsgRandom - b.MsgRandom;

/** Without the sender's name and face, which only a frame carries. */
function plain(m: Message & { Nick?: string; FaceUrl?: string }): Message {
  const { Nick, FaceUrl, ...rest } = m;
  return rest;
}

type Counts = Pick<Conversation, "Unread" | "ReadOrdinal" | "PeerReadOrdinal">;

function counts(row: Conversation | undefined): Counts | undefined {
  return row && { Unread: row.Unread, ReadOrdinal: row.ReadOrdinal, PeerReadOrdinal: row.PeerReadOrdinal };
}

/** One of the two who talk in the storm. */
interface Side extends Watched {
  name: string;
  peer: string;
  /** Ordinals to read up to on the way. */
  marks: number[];
  /** The keys of what was sent, as they were answered. */
  acknowledged: string[];
}

/** A side that is online, and whose network is soon back whenever it is lost. */
async function side(name: string, marks: number[]): Promise<Side> {
  const watched = world.client(name, quick);
  await arrive(watched);
  watched.parley.on("state", (state) => {
    if (state === "reconnecting") setTimeout(networkIsBack, world.random() * 300);
  });
  return { ...watched, name, peer: "", marks, acknowledged: [] };
}

async function talk({ name, parley, peer, acknowledged }: Side, count: number): Promise<void> {
  const lines = numbered(name, count);
  for (let at = 0; at < count; at += 20) {
    const batch = lines.slice(at, at + 20).map((line) => parley.send(peer, line));
    acknowledged.push(...keys(await Promise.all(batch)));
  }
}

async function readAlong({ parley, peer, marks }: Side): Promise<void> {
  for (const mark of marks) {
    await eventually(() => assert.ok((parley.find(peer)?.InOrdinal ?? 0) >= mark), storm);
    await insist(() => parley.read(peer, mark));
  }
}

/** Calls until something else than bad luck answers. */
async function insist<Out>(call: () => Promise<Out>): Promise<Out> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ParleyError) || !error.temporary) throw error;
      await sleep(100);
    }
  }
}

/** Waits for the counts of a side, which then are the server's, too. */
async function rowsBecome(one: Side, wanted: Counts): Promise<void> {
  await eventually(() => assert.deepEqual(counts(one.parley.find(one.peer)), wanted));
  assert.deepEqual(counts((await stored(one)).row), wanted);
}

/** What the server has for a side: asked by a client that holds nothing. */
async function stored({ name, peer }: Side): Promise<{ messages: Message[]; row: Conversation | undefined }> {
  const { parley } = world.client(name);
  const messages: Message[] = [];
  for (let to: string | undefined, complete = false; !complete; ) {
    const page = await parley.history(peer, { limit: 100, ...(to ? { to } : {}) });
    messages.unshift(...page.MsgList);
    to = page.Next;
    complete = page.Complete;
  }
  const list = await parley.call<{ Conversations: Conversation[] }>("conversation.list", {});
  return { messages, row: list.Conversations.find((row) => row.To_Account === peer) };
}

/** What a side does not have of what is stored. */
function missing({ parley, peer }: Side, messages: readonly Message[]): string[] {
  const held = new Set(keys(parley.timeline(peer)));
  return texts(messages.filter((m) => !held.has(m.MsgKey)));
}

test("a thousand messages each way through a storm: each arrives once, in order", async (t) => {
  t.diagnostic(`repeat with PARLEY_E2E_SEED=${seed}`);
  const count = 1_000;
  const alice = await side("alice", [350, 800]);
  const bob = await side("bob", [600, 900]);
  alice.peer = bob.parley.identifier;
  bob.peer = alice.parley.identifier;
  await Promise.all([alice, bob].map(({ parley, peer }) => parley.history(peer)));

  const fired = await startFaults(world.run, rules, life);
  world.network.weather = weather;
  const began = Date.now();
  await Promise.all([alice, bob].flatMap((one) => [talk(one, count), readAlong(one)]));
  const took = Date.now() - began;
  const strikes = await fired();
  await calm();
  world.network.sever(); // a frame dropped from a living connection is missed for good only while nothing follows
  networkIsBack();

  t.diagnostic(
    `${2 * count} messages in ${took} ms; network ${JSON.stringify(world.network.struck)}; cloud ${strikes}`,
  );
  for (const [i, rule] of rules.entries()) assert.ok(strikes[i], `never struck: ${JSON.stringify(rule)}`);
  for (const [fate, times] of Object.entries(world.network.struck)) assert.ok(times, `never struck: ${fate}`);

  const both = [alice, bob];
  const { messages } = await stored(alice);
  assert.deepEqual((await stored(bob)).messages, messages);
  assert.deepEqual(messages, [...messages].sort(inOrder));
  for (const one of both) await eventually(() => assert.deepEqual(missing(one, messages), []));
  for (const { name, parley, peer, heard, acknowledged } of both) {
    const mine = messages.filter((m) => m.From_Account === parley.identifier);
    assert.deepEqual(texts(mine), numbered(name, count));
    assert.deepEqual(acknowledged, keys(mine));
    assert.deepEqual(parley.timeline(peer).map(plain), messages);
    assert.deepEqual(keys(heard).sort(), keys(messages).sort());
  }

  const upTo = ({ marks }: Side) => Math.max(...marks);
  await rowsBecome(alice, { Unread: count - upTo(alice), ReadOrdinal: upTo(alice), PeerReadOrdinal: upTo(bob) });
  await rowsBecome(bob, { Unread: count - upTo(bob), ReadOrdinal: upTo(bob), PeerReadOrdinal: upTo(alice) });
  for (const { parley, peer } of both) await parley.read(peer);
  for (const one of both) await rowsBecome(one, { Unread: 0, ReadOrdinal: count, PeerReadOrdinal: count });
});

test("a renewal misses no frame", async () => {
  const alice = world.client("renewal-alice", quick);
  // Only what is really missing is pulled, however slow the machine.
  const bob = world.client("renewal-bob", { ...quick, gap: 10_000, renewMin: 200, renewMax: 400 });
  const { identifier: to } = bob.parley;
  await Promise.all([arrive(alice), arrive(bob)]);
  await bob.parley.history(alice.parley.identifier);
  bob.calls.length = 0;
  const begun = world.network.attempts.length;
  const sent = numbered("frame", 300);
  for (const [n, frame] of sent.entries()) {
    const renewals = Math.floor(n / 30);
    await eventually(() => assert.ok(world.network.attempts.length - begun >= renewals));
    await alice.parley.send(to, frame);
  }
  await eventually(() => assert.equal(bob.heard.length, sent.length));
  assert.deepEqual(texts(bob.parley.timeline(alice.parley.identifier)), sent);
  assert.deepEqual(new Set(bob.calls), new Set(["session.sync"])); // nothing was pulled
  assert.deepEqual(bob.states, []); // and it never was offline
});

test("a connection that died in its sleep is found out on waking, and what it missed comes", async () => {
  const alice = world.client("sleep-alice", quick);
  const bob = world.client("sleep-bob", quick);
  const { identifier: from } = alice.parley;
  const { identifier: to } = bob.parley;
  await Promise.all([arrive(alice), arrive(bob)]);
  await bob.parley.history(from);
  await alice.parley.send(to, "awake");
  await eventually(() => assert.equal(bob.heard.length, 1));

  world.network.deaden(to);
  const sent = numbered("missed", 200);
  await Promise.all(sent.map((missed) => alice.parley.send(to, missed)));
  assert.deepEqual([texts(bob.heard), bob.states], [["awake"], []]);
  networkIsBack();
  await eventually(() => assert.equal(bob.states[0], "reconnecting"));
  networkIsBack(); // a dial is due, sooner than the server's spread
  await eventually(() => assert.equal(bob.heard.length, 201));
  assert.deepEqual(texts(bob.parley.timeline(from)), ["awake", ...sent]);
  assert.equal(new Set(keys(bob.heard)).size, 201);
  assert.deepEqual(bob.states, ["reconnecting", "online"]);
  assert.equal(bob.parley.find(from)?.Unread, 201);
});

test("clients that are cut at once do not come back at once", async () => {
  const spread = 10_000; // what session.sync asks of every client, at least
  const crowd = numbered("crowd", 30).map((name) => world.client(name.replace(" ", "-")));
  await Promise.all(crowd.map(arrive));
  const begun = world.network.attempts.length;
  const cut = Date.now();
  world.network.sever();
  await eventually(() => {
    for (const { states } of crowd) assert.deepEqual(states, ["reconnecting", "online"]);
  });
  const waits = world.network.attempts.slice(begun).map((at) => at - cut);
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const wait of waits) {
    const tenth = Math.floor((10 * wait) / spread);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  assert.equal(waits.length, crowd.length);
  assert.ok(Math.max(...tenths) <= crowd.length / 2, `too many at once, by tenths of the window: ${tenths}`);
  assert.ok(Math.max(...waits) > spread / 2, `all within half of the window, by tenths of it: ${tenths}`);
});
