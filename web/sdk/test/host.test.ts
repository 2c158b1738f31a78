// Hosts that lack what a client would like to have: memory and a word, never silence.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type Limit, memoryStore, Parley, type ParleyError, type ParleyOptions, type Store } from "../src/index.ts";
import { heard, sleep, texts, until, world } from "./world.ts";

const undo: (() => void)[] = [];

/** Puts something in the place of a global for one test. */
function host(target: object, name: string, property: PropertyDescriptor): void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { configurable: true, ...property });
  undo.push(() => {
    if (before) Object.defineProperty(target, name, before);
    else delete (target as Record<string, unknown>)[name];
  });
}

function page(locks: unknown): void {
  const nothing = { addEventListener: () => {}, removeEventListener: () => {} };
  host(globalThis, "document", { value: { ...nothing, visibilityState: "visible" } });
  host(globalThis, "window", { value: nothing });
  host(globalThis, "navigator", { value: { locks } });
}

const denied = () => {
  throw new DOMException("denied", "SecurityError");
};

afterEach(() => {
  for (const back of undo.splice(0).reverse()) back();
});

async function signedIn(more: Partial<ParleyOptions> = {}) {
  const { cloud, client } = await world();
  const bob = client("bob", more);
  const limits: Limit[] = [];
  const unkept: unknown[] = [];
  bob.on("limited", (limit) => limits.push(limit));
  bob.on("unkept", (error) => unkept.push(error));
  await bob.login();
  cloud.say("alice", "bob", "hi");
  await until(() => bob.timeline("alice").length === 1);
  await bob.send("alice", "ho");
  return { cloud, client, bob, limits, unkept, what: () => limits.map(({ what }) => what).sort() };
}

test("a page without https has no randomUUID and no locks: a device of its own, and says so", async () => {
  page(undefined);
  host(globalThis.crypto, "randomUUID", { value: undefined });
  const { client, bob, what } = await signedIn();
  assert.deepEqual(what(), ["storage", "tabs"]);
  assert.notEqual(client("bob").instance, bob.instance);
  assert.ok(bob.instance.length >= 32);
});

test("a host without any crypto still chooses names and numbers", async () => {
  host(globalThis, "crypto", { value: undefined });
  const { bob } = await signedIn();
  assert.notEqual(bob.compose("alice", "x").MsgRandom, bob.compose("alice", "x").MsgRandom);
});

test("a sandboxed frame refuses locks and storage: it goes alone, and says so", async () => {
  page({ request: () => Promise.reject(new DOMException("denied", "SecurityError")) });
  host(globalThis, "localStorage", { get: denied });
  host(globalThis, "indexedDB", { get: denied });
  const { what } = await signedIn();
  assert.deepEqual(what(), ["installation", "storage", "tabs"]);
});

test("a frame whose channels cannot be made goes alone", async () => {
  page({ request: () => new Promise(() => {}) });
  host(globalThis, "BroadcastChannel", { value: denied });
  const { what } = await signedIn();
  assert.deepEqual(what(), ["storage", "tabs"]);
});

const never = () => new Promise<never>(() => {});
const throws = () => {
  throw new DOMException("no room", "QuotaExceededError");
};

for (const [name, broken] of [
  ["never answers", { load: never, apply: never, messages: never, search: never, clear: never }],
  ["throws", { load: throws, apply: throws, messages: throws, search: throws, clear: throws }],
  ["is full", { apply: () => Promise.reject(new DOMException("full", "QuotaExceededError")) }],
] as const) {
  test(`a store that ${name} gives way to memory, and it is said once`, async () => {
    const { bob, unkept, what } = await signedIn({
      store: { ...of(memoryStore()), ...broken },
      timing: { storeTimeout: 50 },
    });
    await sleep(100);
    assert.equal((await bob.search("hi")).length, 1);
    assert.equal(unkept.length, 1);
    assert.deepEqual(what(), ["storage"]);
  });
}

/** The methods of a store as an object. */
function of(store: Store): Store {
  return {
    load: () => store.load(),
    apply: (changes) => store.apply(changes),
    messages: (peer, limit, before) => store.messages(peer, limit, before),
    search: (matches, limit, peer) => store.search(matches, limit, peer),
    clear: () => store.clear(),
  };
}

test("what was sent while the store was full is not sent again by the next client", async () => {
  const { cloud, online } = await world();
  const store = memoryStore();
  let full = false;
  const some: Store = {
    ...of(store),
    apply: (changes) =>
      full && changes.some(({ kind }) => kind !== "settle") ? Promise.reject(new Error("full")) : store.apply(changes),
  };
  const alice = await online("alice", { store: some, timing: { storeTimeout: 500 } });
  cloud.breaks.push(...[1, 2].map(() => ({ action: "message.send", when: "before" as const })));
  const sent = alice.send("bob", "hi");
  await until(() => cloud.breaks.length < 2);
  full = true;
  await sent;
  await sleep(80);
  alice.close();
  assert.deepEqual((await store.load()).pending, []);
  await online("alice", { store });
  await sleep(60);
  assert.equal(cloud.stored("alice", "bob").length, 1);
});

test("a login that is closed at once ends, with the ws package, too", async () => {
  const { client } = await world();
  for (let i = 0; i < 3; i++) {
    const bob = client("bob");
    const login = bob.login();
    if (i === 1) await Promise.resolve();
    if (i === 2) await sleep(1);
    bob.close();
    await assert.rejects(login, (e: ParleyError) => e.status === 0);
  }
  await sleep(50); // an error of a socket that nobody hears would end this process
});

test("of two clients with one instance the one that is replaced knows it, and stays away", async () => {
  const { cloud, client } = await world();
  const [one, two] = [client("bob", { instance: "i1" }), client("bob", { instance: "i1" })];
  const list = heard(two);
  await one.login();
  await two.login();
  await until(() => one.state === "kicked");
  cloud.say("alice", "bob", "hi");
  await until(() => list.length === 1);
  await sleep(60);
  assert.equal(two.state, "online");
  assert.equal(one.state, "kicked");
  assert.deepEqual(texts(one.timeline("alice")), []);
});

test("a connection that comes back or is renewed is not taken for another client", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob", { timing: { renewMin: 30, renewMax: 40 } });
  cloud.cut("bob");
  await until(() => cloud.opened >= 4);
  assert.equal(bob.state, "online");
});

test("options with which no server could be reached are refused at once", () => {
  const good = { http: "http://h", websocket: "ws://h", sdkappid: 1, identifier: "bob", usersig: "s" };
  for (const bad of [
    { http: "nowhere" },
    { websocket: "nowhere" },
    { identifier: "" },
    { identifier: "bob\ud800" },
    { instance: "x".repeat(65) },
    { instance: "" },
    { platform: "Toaster" as never },
  ]) {
    assert.throws(() => new Parley({ ...good, WebSocket: class {} as never, ...bad }), TypeError);
  }
});
