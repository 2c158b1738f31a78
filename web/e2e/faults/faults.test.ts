import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { type AnyMessage, type Conversation, type Message, ParleyError, type Timing, type To } from "@parley/client";
import { sleep } from "../test/localCloud.ts";
import { connectionLife, networkFaults, rules } from "./faultRules.ts";
import {
  endFaults,
  eventually,
  networkIsBack,
  type RecordedClient,
  seed,
  setUp,
  signIn,
  startFaults,
} from "./setup.ts";

/** Short waits for a test. */
const quick: Partial<Timing> = { gap: 100, backoffMin: 20, backoffMax: 500, probeTimeout: 1_000, callTimeout: 5_000 };

/** The longest time of the test with faults, on a busy machine, ms. */
const maxDuration = 600_000;

let env: Awaited<ReturnType<typeof setUp>>;

before(async () => {
  env = await setUp();
});

afterEach(async () => {
  env.closeClients();
  await endAllFaults();
});

after(() => env?.end());

async function endAllFaults(): Promise<void> {
  env.network.rates = {};
  await endFaults(env.run);
}

const texts = (list: readonly AnyMessage[]) => list.map((m) => String(m.MsgBody[0]?.MsgContent.Text));
const keys = (list: readonly AnyMessage[]) => list.map((m) => m.MsgKey);
const numbered = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name} ${n + 1}`);
const inOrder = (a: Message, b: Message) => a.MsgTime - b.MsgTime || a.MsgSeq - b.MsgSeq || a.MsgRandom - b.MsgRandom;

/** Removes the name and the face of the sender: only a frame carries them. */
function withoutSender(m: Message & { Nick?: string; FaceUrl?: string }): Message {
  const { Nick, FaceUrl, ...rest } = m;
  return rest;
}

type Counts = Pick<Conversation, "Unread" | "ReadOrdinal" | "PeerReadOrdinal">;

function counts(row: Conversation | undefined): Counts | undefined {
  return row && { Unread: row.Unread, ReadOrdinal: row.ReadOrdinal, PeerReadOrdinal: row.PeerReadOrdinal };
}

/** One of the two users who send messages to each other. */
interface Side extends RecordedClient {
  name: string;
  peer: string;
  /** Offsets up to which the user reads during the test. */
  readUpTo: number[];
  /** The keys of the sent messages, in the order of the answers. */
  acknowledged: string[];
}

/** Signs a user in. Whenever the network of the client is lost, it is back soon. */
async function signInToFaults(name: string): Promise<RecordedClient> {
  const recorded = env.client(name, quick);
  await signIn(recorded);
  recorded.parley.on("state", (state) => {
    if (state === "reconnecting") setTimeout(networkIsBack, env.random() * 300);
  });
  return recorded;
}

async function signInSide(name: string, readUpTo: number[]): Promise<Side> {
  return { ...(await signInToFaults(name)), name, peer: "", readUpTo, acknowledged: [] };
}

/** Sends lines, 20 at a time. Resolves with the keys of the messages, in the order of the lines. */
async function sendAll({ parley }: RecordedClient, to: To, lines: string[]): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let at = 0; at < lines.length; at += 20) {
    const batch = lines.slice(at, at + 20).map((line) => parley.send(to, line) as Promise<AnyMessage>);
    acknowledged.push(...keys(await Promise.all(batch)));
  }
  return acknowledged;
}

/**
 * Starts all faults. Resolves with a function that ends them as soon as each of them was applied, and that resolves with
 * how often each was. Which call meets a fault is chance, and faults of connections are rare: until each was applied, two
 * other users write to each other and lose their connections.
 */
async function startAllFaults(): Promise<() => Promise<string>> {
  const [one, other] = [await signInToFaults("extra-one"), await signInToFaults("extra-other")];
  const timesOfRules = await startFaults(env.run, rules, connectionLife);
  const begun = { ...env.network.counts };
  env.network.rates = networkFaults;
  const neverApplied = async (): Promise<string[]> => {
    const times = await timesOfRules();
    const faults = Object.keys(begun) as (keyof typeof begun)[];
    return [
      ...rules.filter((_, i) => !times[i]).map((rule) => JSON.stringify(rule)),
      ...faults.filter((fault) => env.network.counts[fault] === begun[fault]),
    ];
  };
  return async () => {
    const end = Date.now() + maxDuration;
    for (let round = 0; (await neverApplied()).length > 0 && Date.now() < end; round++) {
      await sendAll(one, other.parley.identifier, numbered(`round ${round},`, 10));
      env.network.sever();
      networkIsBack();
    }
    assert.deepEqual(await neverApplied(), []);
    const applied = `network ${JSON.stringify(env.network.counts)}; cloud ${await timesOfRules()}`;
    await endAllFaults();
    for (const { parley } of [one, other]) parley.close();
    env.network.sever(); // a dropped frame of a living connection is found only if another frame or a sync follows
    networkIsBack();
    return applied;
  };
}

async function readWhileReceiving({ parley, peer, readUpTo }: Side): Promise<void> {
  for (const offset of readUpTo) {
    await eventually(() => assert.ok((parley.find(peer)?.InOrdinal ?? 0) >= offset), maxDuration);
    await retry(() => parley.read(peer, offset));
  }
}

/** Repeats a call until it succeeds or fails with an error that is not temporary. */
async function retry<Out>(call: () => Promise<Out>): Promise<Out> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ParleyError) || !error.temporary) throw error;
      await sleep(100);
    }
  }
}

/** Waits until a client has these counts, and checks that the server has them too. */
async function rowsBecome(one: Side, wanted: Counts): Promise<void> {
  await eventually(() => assert.deepEqual(counts(one.parley.find(one.peer)), wanted));
  assert.deepEqual(counts((await stored(one)).row), wanted);
}

/** The messages of a conversation that the server has stored: a new client of a user, without any data, reads them. */
async function storedMessages({ parley }: RecordedClient, of: To): Promise<AnyMessage[]> {
  const messages: AnyMessage[] = [];
  for (let to: string | undefined, complete = false; !complete; ) {
    const page = await parley.history(of, { limit: 100, ...(to ? { to } : {}) });
    messages.unshift(...page.MsgList);
    to = page.Next;
    complete = page.Complete;
  }
  return messages;
}

/** What the server has stored for one of the two users. */
async function stored({ name, peer }: Side): Promise<{ messages: Message[]; row: Conversation | undefined }> {
  const reader = env.client(name);
  const messages = (await storedMessages(reader, peer)) as Message[];
  const list = await reader.parley.call<{ Conversations: Conversation[] }>("conversation.list", {});
  return { messages, row: list.Conversations.find((row) => row.To_Account === peer) };
}

/** What a member sees of the messages of a group. */
const seen = (list: readonly AnyMessage[]) =>
  list.map(
    (m) => `${m.MsgSeq} ${m.From_Account} ${m.MsgTime} ${m.Tip ? `tip ${m.Tip.Type}` : m.MsgBody[0]?.MsgContent.Text}`,
  );

/** The stored messages that a client does not have. */
function missing({ parley, peer }: Side, messages: readonly Message[]): string[] {
  const held = new Set(keys(parley.timeline(peer)));
  return texts(messages.filter((m) => !held.has(m.MsgKey)));
}

test("with faults everywhere, a thousand messages each way arrive once each, in order", async (t) => {
  t.diagnostic(`repeat with PARLEY_E2E_SEED=${seed}`);
  const count = 1_000;
  const alice = await signInSide("alice", [350, 800]);
  const bob = await signInSide("bob", [600, 900]);
  alice.peer = bob.parley.identifier;
  bob.peer = alice.parley.identifier;
  await Promise.all([alice, bob].map(({ parley, peer }) => parley.history(peer)));

  const endThem = await startAllFaults();
  const began = Date.now();
  const sendTo = async (one: Side) => {
    one.acknowledged = await sendAll(one, one.peer, numbered(one.name, count));
  };
  await Promise.all([alice, bob].flatMap((one) => [sendTo(one), readWhileReceiving(one)]));
  t.diagnostic(`${2 * count} messages in ${Date.now() - began} ms`);
  t.diagnostic(await endThem());

  const both = [alice, bob];
  const { messages } = await stored(alice);
  assert.deepEqual((await stored(bob)).messages, messages);
  assert.deepEqual(messages, [...messages].sort(inOrder));
  for (const one of both) await eventually(() => assert.deepEqual(missing(one, messages), []));
  for (const { name, parley, peer, received, acknowledged } of both) {
    const mine = messages.filter((m) => m.From_Account === parley.identifier);
    assert.deepEqual(texts(mine), numbered(name, count));
    assert.deepEqual(acknowledged, keys(mine));
    assert.deepEqual(parley.timeline(peer).map(withoutSender), messages);
    assert.deepEqual(keys(received).sort(), keys(messages).sort());
  }

  const upTo = ({ readUpTo }: Side) => Math.max(...readUpTo);
  await rowsBecome(alice, { Unread: count - upTo(alice), ReadOrdinal: upTo(alice), PeerReadOrdinal: upTo(bob) });
  await rowsBecome(bob, { Unread: count - upTo(bob), ReadOrdinal: upTo(bob), PeerReadOrdinal: upTo(alice) });
  for (const { parley, peer } of both) await parley.read(peer);
  for (const one of both) await rowsBecome(one, { Unread: 0, ReadOrdinal: count, PeerReadOrdinal: count });
});

test("with faults everywhere, a thousand messages of a group of five arrive at each member once, in order", async (t) => {
  t.diagnostic(`repeat with PARLEY_E2E_SEED=${seed}`);
  const each = 200;
  const names = ["ann", "ben", "cid", "dan", "eve"];
  const members = await Promise.all(names.map((name) => signInToFaults(`group-${name}`)));
  const [owner, ...others] = members as [RecordedClient, ...RecordedClient[]];
  const { GroupId } = await owner.parley.group.create({
    Type: "Public",
    Name: "Faults",
    MemberList: others.map(({ parley }) => parley.identifier),
  });
  const group = { GroupId };
  for (const { parley } of members)
    await eventually(() => assert.ok(parley.groups.some((known) => known.GroupId === GroupId)));
  await Promise.all(members.map(({ parley }) => parley.history(group)));
  const tips = owner.parley.timeline(group).length; // of the creation

  const endThem = await startAllFaults();
  const began = Date.now();
  const acknowledged = await Promise.all(members.map((one, i) => sendAll(one, group, numbered(`${names[i]}`, each))));
  t.diagnostic(`${names.length * each} messages in ${Date.now() - began} ms`);
  t.diagnostic(await endThem());

  const all = await storedMessages(env.client("group-ann"), group);
  const messages = all.slice(tips);
  assert.deepEqual(
    all.map((m) => m.MsgSeq),
    all.map((_, i) => i + 1),
  );
  assert.equal(messages.length, names.length * each);
  for (const [i, { parley, received }] of members.entries()) {
    await eventually(() => assert.deepEqual(seen(parley.timeline(group)), seen(all)));
    const mine = messages.filter((m) => m.From_Account === parley.identifier);
    assert.deepEqual(texts(mine), numbered(`${names[i]}`, each));
    assert.deepEqual(acknowledged[i], keys(mine));
    const events = received.filter((m) => m.GroupId === GroupId && !m.Tip);
    assert.deepEqual(keys(events).sort(), keys(messages).sort());
    // What others have sent is unread after the read cursor.
    const cursor = all.length - 100;
    await parley.read(group, cursor);
    const unread = messages.filter((m) => m.MsgSeq > cursor && m.From_Account !== parley.identifier).length;
    await eventually(() => assert.equal(parley.find(group)?.Unread, unread));
    await parley.read(group);
    await eventually(() => assert.equal(parley.find(group)?.Unread, 0));
  }
});

test("no frame is lost during a renewal", async () => {
  const alice = env.client("renewal-alice", quick);
  // With this gap the history is read only for messages that are really missing, on a slow machine too.
  const bob = env.client("renewal-bob", { ...quick, gap: 10_000, renewMin: 200, renewMax: 400 });
  const { identifier: to } = bob.parley;
  await Promise.all([signIn(alice), signIn(bob)]);
  await bob.parley.history(alice.parley.identifier);
  bob.calls.length = 0;
  const begun = env.network.attempts.length;
  const sent = numbered("frame", 300);
  for (const [n, frame] of sent.entries()) {
    const renewals = Math.floor(n / 30);
    await eventually(() => assert.ok(env.network.attempts.length - begun >= renewals));
    await alice.parley.send(to, frame);
  }
  await eventually(() => assert.equal(bob.received.length, sent.length));
  assert.deepEqual(texts(bob.parley.timeline(alice.parley.identifier)), sent);
  assert.deepEqual(new Set(bob.calls), new Set(["session.sync"])); // the history was not read
  assert.deepEqual(bob.states, []); // the client was never offline
});

test("a connection that died while the device slept is detected when it wakes, and the missed messages arrive", async () => {
  const alice = env.client("sleep-alice", quick);
  const bob = env.client("sleep-bob", quick);
  const { identifier: from } = alice.parley;
  const { identifier: to } = bob.parley;
  await Promise.all([signIn(alice), signIn(bob)]);
  await bob.parley.history(from);
  await alice.parley.send(to, "awake");
  await eventually(() => assert.equal(bob.received.length, 1));

  env.network.deaden(to);
  const sent = numbered("missed", 200);
  await Promise.all(sent.map((missed) => alice.parley.send(to, missed)));
  assert.deepEqual([texts(bob.received), bob.states], [["awake"], []]);
  networkIsBack();
  await eventually(() => assert.equal(bob.states[0], "reconnecting"));
  networkIsBack(); // connect now, before the time over which the server spreads the reconnects
  await eventually(() => assert.equal(bob.received.length, 201));
  assert.deepEqual(texts(bob.parley.timeline(from)), ["awake", ...sent]);
  assert.equal(new Set(keys(bob.received)).size, 201);
  assert.deepEqual(bob.states, ["reconnecting", "online"]);
  assert.equal(bob.parley.find(from)?.Unread, 201);
});

test("clients that lose their connections at the same time do not reconnect at the same time", async () => {
  const spread = 10_000; // the shortest time over which session.sync asks the clients to spread
  const clients = numbered("crowd", 30).map((name) => env.client(name.replace(" ", "-")));
  await Promise.all(clients.map(signIn));
  const begun = env.network.attempts.length;
  const cut = Date.now();
  env.network.sever();
  await eventually(() => {
    for (const { states } of clients) assert.deepEqual(states, ["reconnecting", "online"]);
  });
  const waits = env.network.attempts.slice(begun).map((at) => at - cut);
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const wait of waits) {
    const tenth = Math.floor((10 * wait) / spread);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  assert.equal(waits.length, clients.length);
  assert.ok(Math.max(...tenths) <= clients.length / 2, `too many at once, by tenths of the window: ${tenths}`);
  assert.ok(Math.max(...waits) > spread / 2, `all within half of the window, by tenths of it: ${tenths}`);
});
