// Hosts that lack something: the client works without it, and emits limited.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type Limit, memoryStore, Parley, type ParleyError, type ParleyOptions, type Store } from "../src/index.ts";
import { collectMessages, setUp, sleep, texts, until } from "./setup.ts";

const restores: (() => void)[] = [];

/** Replaces a global for one test. */
function replaceGlobal(target: object, name: string, property: PropertyDescriptor): void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { configurable: true, ...property });
  restores.push(() => {
    if (before) Object.defineProperty(target, name, before);
    else delete (target as Record<string, unknown>)[name];
  });
}

/** Makes this process look like a page of a browser. */
function simulatePage(locks: unknown): void {
  const nothing = { addEventListener: () => {}, removeEventListener: () => {} };
  replaceGlobal(globalThis, "document", { value: { ...nothing, visibilityState: "visible" } });
  replaceGlobal(globalThis, "window", { value: nothing });
  replaceGlobal(globalThis, "navigator", { value: { locks } });
}

const denied = () => {
  throw new DOMException("denied", "SecurityError");
};

afterEach(() => {
  for (const restore of restores.splice(0).reverse()) restore();
});

async function signedIn(more: Partial<ParleyOptions> = {}) {
  const { server, client } = await setUp();
  const bob = client("bob", more);
  const limits: Limit[] = [];
  const storeFailed: unknown[] = [];
  bob.on("limited", (limit) => limits.push(limit));
  bob.on("storeFailed", (error) => storeFailed.push(error));
  await bob.login();
  server.sendMessage("alice", "bob", "hi");
  await until(() => bob.timeline("alice").length === 1);
  await bob.send("alice", "ho");
  return { server, client, bob, limits, storeFailed, what: () => limits.map(({ what }) => what).sort() };
}

test("a page without https has no randomUUID and no locks: it is a device of its own, and emits limited", async () => {
  simulatePage(undefined);
  replaceGlobal(globalThis.crypto, "randomUUID", { value: undefined });
  const { client, bob, what } = await signedIn();
  assert.deepEqual(what(), ["storage", "tabs"]);
  assert.notEqual(client("bob").instance, bob.instance);
  assert.ok(bob.instance.length >= 32);
});

test("a host without crypto still chooses random numbers", async () => {
  replaceGlobal(globalThis, "crypto", { value: undefined });
  const { bob } = await signedIn();
  assert.notEqual(bob.compose("alice", "x").MsgRandom, bob.compose("alice", "x").MsgRandom);
});

test("in a sandboxed frame without locks and storage the client has its own connection, and emits limited", async () => {
  simulatePage({ request: () => Promise.reject(new DOMException("denied", "SecurityError")) });
  replaceGlobal(globalThis, "localStorage", { get: denied });
  replaceGlobal(globalThis, "indexedDB", { get: denied });
  const { what } = await signedIn();
  assert.deepEqual(what(), ["installation", "storage", "tabs"]);
});

test("in a frame that cannot make channels the client has its own connection", async () => {
  simulatePage({ request: () => new Promise(() => {}) });
  replaceGlobal(globalThis, "BroadcastChannel", { value: denied });
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
  test(`if a store ${name}, memory takes its place, and limited is emitted once`, async () => {
    const { bob, storeFailed, what } = await signedIn({
      store: { ...methodsOf(memoryStore()), ...broken },
      timing: { storeTimeout: 50 },
    });
    await sleep(100);
    assert.equal((await bob.search("hi")).length, 1);
    assert.equal(storeFailed.length, 1);
    assert.deepEqual(what(), ["storage"]);
  });
}

/** The methods of a store as an object. */
function methodsOf(store: Store): Store {
  return {
    load: () => store.load(),
    apply: (changes) => store.apply(changes),
    messages: (peer, limit, before) => store.messages(peer, limit, before),
    search: (matches, limit, peer) => store.search(matches, limit, peer),
    clear: () => store.clear(),
  };
}

test("a message that was sent while the store was full is not sent again by the next client", async () => {
  const { server, online } = await setUp();
  const store = memoryStore();
  let full = false;
  const sometimesFull: Store = {
    ...methodsOf(store),
    apply: (changes) =>
      full && changes.some(({ kind }) => kind !== "settle") ? Promise.reject(new Error("full")) : store.apply(changes),
  };
  const alice = await online("alice", { store: sometimesFull, timing: { storeTimeout: 500 } });
  server.lostCalls.push(...[1, 2].map(() => ({ action: "message.send", when: "before" as const })));
  const sent = alice.send("bob", "hi");
  await until(() => server.lostCalls.length < 2);
  full = true;
  await sent;
  await sleep(80);
  alice.close();
  assert.deepEqual((await store.load()).pending, []);
  await online("alice", { store });
  await sleep(60);
  assert.equal(server.stored("alice", "bob").length, 1);
});

test("if the client is closed at once, login rejects, also with the package ws", async () => {
  const { client } = await setUp();
  for (let i = 0; i < 3; i++) {
    const bob = client("bob");
    const login = bob.login();
    if (i === 1) await Promise.resolve();
    if (i === 2) await sleep(1);
    bob.close();
    await assert.rejects(login, (e: ParleyError) => e.status === 0);
  }
  await sleep(50); // an error of a socket without a listener would end this process
});

test("of two clients with one instance, the one that is replaced is kicked and does not reconnect", async () => {
  const { server, client } = await setUp();
  const [one, two] = [client("bob", { instance: "i1" }), client("bob", { instance: "i1" })];
  const received = collectMessages(two);
  await one.login();
  await two.login();
  await until(() => one.state === "kicked");
  server.sendMessage("alice", "bob", "hi");
  await until(() => received.length === 1);
  await sleep(60);
  assert.equal(two.state, "online");
  assert.equal(one.state, "kicked");
  assert.deepEqual(texts(one.timeline("alice")), []);
});

test("a connection that is opened again or renewed does not kick its own client", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob", { timing: { renewMin: 30, renewMax: 40 } });
  server.cut("bob");
  await until(() => server.opened >= 4);
  assert.equal(bob.state, "online");
});

test("the constructor refuses options with which no server can be reached", () => {
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
