// The data on the device: it is shown without a network, it holds copies of the app's objects, and only the user
// deletes it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, memoryStore, type ParleyError, recalledFlag, type Store } from "../src/index.ts";
import { collectMessages, setUp, sleep, texts, until } from "./setup.ts";

/** A store that copies as a browser does: it refuses proxies and functions. */
function strictStore(): { store: Store; inner: Store } {
  const inner = memoryStore();
  const store: Store = {
    load: () => inner.load(),
    messages: (peer, limit, before) => inner.messages(peer, limit, before),
    search: (matches, limit, peer) => inner.search(matches, limit, peer),
    clear: () => inner.clear(),
    apply: async (changes) => {
      for (const change of changes) {
        const { amend, ...rest } = change as typeof change & { amend?: unknown };
        structuredClone(rest);
      }
      return inner.apply(changes);
    },
  };
  return { store, inner };
}

test("the objects of the app are copied before they are stored, without their proxies and functions", async () => {
  const { server, online } = await setUp();
  const { store, inner } = strictStore();
  const bob = await online("bob", { store });
  const storeFailed: unknown[] = [];
  bob.on("storeFailed", (error) => storeFailed.push(error));
  bob.on("message", (m) => Object.assign(m, { onClick: () => {} })); // an app may do this
  const content = new Proxy({ Text: "hi", onClick: () => {} }, {});
  const body = new Proxy([{ MsgType: "TIMTextElem", MsgContent: content }], {});
  const draft = new Proxy(bob.compose("alice", body as never, { extra: () => {} } as never), {});
  const m = await bob.send(draft);
  server.answers.set("message.react", () => ({}));
  await bob.message.react(new Proxy({ To_Account: "alice", MsgKey: m.MsgKey, Reaction: "+1", done: () => {} }, {}));
  server.sendMessage("alice", "bob", "ho");
  await until(() => bob.timeline("alice").length === 2);
  await sleep(80);
  assert.deepEqual(storeFailed, []);
  assert.deepEqual(texts(await inner.messages("alice", 9)).sort(), ["hi", "ho"]);
});

test("a text with a lone surrogate is refused with an error that names the field, and is not sent", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  server.calls.length = 0;
  await assert.rejects(bob.send("alice", "half \ud83d"), /message\.send: Text has half of a character/);
  await assert.rejects(bob.call("profile.set", { "\udc4d": 1 }), /half of a character/);
  assert.equal(server.calls.length, 0);
  await bob.send("alice", "whole 👍, and the letters \\ud83d");
  assert.deepEqual(texts(bob.timeline("alice")), ["whole 👍, and the letters \\ud83d"]);
});

test("without a network every stored message is shown, with names and faces", async () => {
  const { server, online, client } = await setUp();
  const store = memoryStore();
  for (let i = 1; i <= 120; i++) server.storeMessage("alice", "bob", String(i), { MsgTime: 1_700_000_000 + i });
  const before = await online("bob", { store });
  await before.history("alice", { limit: 100 });
  await before.history("alice", { limit: 100, to: before.timeline("alice")[0]?.MsgKey ?? "" });
  const last = server.storeMessage("alice", "bob", "121");
  const Nick = "Alice";
  server.emit("bob", { event: "message.new", body: { ...last, Nick, FaceUrl: "https://a/b.png" } });
  server.answers.set("profile.get", () => ({
    UserProfileItem: [
      { To_Account: "carol", ResultCode: 0, ProfileItem: [{ Tag: "Tag_Profile_IM_Nick", Value: "Carol" }] },
    ],
  }));
  await before.profile.get({ To_Account: ["carol"], TagList: ["Tag_Profile_IM_Nick"] });
  await until(() => before.timeline("alice").length === 121);
  await sleep(60);
  before.close();

  const after = client("bob", { store, fetch: () => Promise.reject(new TypeError("no network")) });
  server.accepting = false;
  void after.login().catch(() => {});
  await until(() => after.conversations.length === 1);
  let page = await after.history("alice");
  assert.deepEqual(page.Senders, [{ From_Account: "alice", Nick, FaceUrl: "https://a/b.png" }]);
  for (let pages = 0; page.Next && pages < 20; pages++) {
    const next = await after.history("alice", { to: page.Next }).catch(() => undefined);
    if (!next) break;
    page = next;
  }
  assert.equal(after.timeline("alice").length, 121);
  assert.equal(after.user("carol")?.Nick, "Carol");
  await assert.rejects(after.history("nobody"), (e: ParleyError) => e.status === 0);
});

test("messages whose retention on the server is over follow in the history from this device", async () => {
  const { server, online } = await setUp();
  const store = memoryStore();
  const old = [1, 2, 3].map((i) => server.storeMessage("alice", "bob", `old ${i}`, { MsgTime: 1_600_000_000 + i }));
  await store.apply(old.map((message) => ({ kind: "message", peer: "alice", message }) as const));
  server.answers.set("message.history", (body) => ({
    MsgList: body.To ? [] : [server.stored("alice", "bob").at(-1)],
    Complete: true,
  }));
  server.storeMessage("alice", "bob", "new");
  const bob = await online("bob", { store });
  let page = await bob.history("alice", { limit: 2 });
  assert.deepEqual(texts(page.MsgList), ["old 3", "new"]);
  assert.equal(page.Complete, false);
  page = await bob.history("alice", { limit: 2, to: page.Next ?? "" });
  assert.deepEqual(texts(page.MsgList), ["old 1", "old 2"]);
  assert.equal(page.Complete, true);
  assert.deepEqual(texts(bob.timeline("alice")), ["old 1", "old 2", "old 3", "new"]);
});

test("the first messages of a new conversation are emitted once each, though their frames are lost", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const received = collectMessages(bob);
  server.storeMessage("alice", "bob", "one");
  server.storeMessage("alice", "bob", "two", { SendMsgControl: ["NoUnread"] });
  server.storeMessage("bob", "alice", "mine, from another device");
  server.sendMessage("alice", "bob", "three");
  await until(() => received.length === 4);
  await sleep(80);
  assert.deepEqual(texts(received).sort(), ["mine, from another device", "one", "three", "two"]);
  assert.equal(bob.timeline("alice").length, 4);
  server.storeMessage("carol", "bob", "all of them lost");
  server.cut("bob");
  await until(() => received.length === 5);
  assert.equal(received[4]?.From_Account, "carol");
});

test("a message that is removed from this device stays on the server and does not come back here", async () => {
  const { server, online } = await setUp();
  const store = memoryStore();
  const all = ["one", "two", "three"].map((t) => server.storeMessage("alice", "bob", t));
  const before = await online("bob", { store });
  await before.history("alice");
  server.calls.length = 0;
  before.remove("alice", [all[1]?.MsgKey ?? ""]);
  assert.deepEqual(texts(before.timeline("alice")), ["one", "three"]);
  await sleep(60);
  assert.deepEqual(server.calls, []);
  assert.deepEqual(await before.search("two"), []);
  before.close();
  const after = await online("bob", { store });
  const page = await after.history("alice");
  assert.deepEqual(texts(page.MsgList), ["one", "three"]);
  assert.deepEqual(texts(after.timeline("alice")), ["one", "three"]);
});

test("the friend table is stored on the device, updated, and searched by ID, name or remark", async () => {
  const { server, online, client } = await setUp();
  const store = memoryStore();
  let version = 2;
  const row = (To_Account: string, Remark: string) => ({
    To_Account,
    ValueItem: [{ Tag: "Tag_SNS_IM_Remark", Value: Remark }],
  });
  const counters = () => ({ FriendVersion: version, Requests: 0, RequestsUnread: 0 });
  server.answers.set("session.sync", () => ({
    ...{ Conversations: [], Complete: true, Since: 5, Spread: 0 },
    ...counters(),
  }));
  const requested: unknown[] = [];
  server.answers.set("friend.list", (body) => {
    requested.push(body.Version);
    if (body.Version === 2)
      return { UserDataItem: [row("dave", "Boss")], Deleted: ["ann"], FriendVersion: 3, Full: false };
    return { UserDataItem: [row("ann", ""), row("carol", "My sister")], FriendVersion: 2, Full: true };
  });
  const bob = await online("bob", { store });
  await until(() => bob.friends.length === 2);
  version = 3;
  server.emit("bob", { event: "friend.changed", body: { To_Account: ["dave"], FriendVersion: 3 } });
  await until(() => bob.friends.map(({ To_Account }) => To_Account).join() === "carol,dave");
  const ids = (text: string) => bob.searchFriends(text).map(({ To_Account }) => To_Account);
  assert.deepEqual([ids("SISTER"), ids("dav"), ids("nobody"), ids(" ")], [["carol"], ["dave"], [], []]);
  await sleep(60);
  bob.close();
  const after = client("bob", { store });
  server.accepting = false;
  void after.login().catch(() => {});
  await until(() => after.friends.length === 2);
  assert.deepEqual(requested, [0, 2]);
});

test("searchConversations groups the found messages by conversation", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  for (let i = 0; i < 5; i++) server.sendMessage("alice", "bob", `tea ${i}`, { MsgTime: 1_700_000_000 + i });
  server.sendMessage("carol", "bob", "tea?", { MsgTime: 1_700_000_100 });
  await until(() => bob.timeline("alice").length === 5 && bob.timeline("carol").length === 1);
  const found = await bob.searchConversations("TEA", { limit: 2 });
  assert.deepEqual(
    found.map(({ To_Account, count, MsgList }) => [To_Account, count, texts(MsgList)]),
    [
      ["carol", 1, ["tea?"]],
      ["alice", 5, ["tea 4", "tea 3"]],
    ],
  );
});

test("a repeat of a call whose answer was lost succeeds; a call that was done elsewhere does not", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const m = await bob.send("alice", "hi");
  const refusals = { recall: 20023, react: 23007, unreact: 23009 } as const;
  const body = { To_Account: "alice", MsgKey: m.MsgKey, Reaction: "+1" };
  for (const [verb, code] of Object.entries(refusals) as [keyof typeof refusals, number][]) {
    const action = `message.${verb}`;
    server.answers.set(action, () => ({}));
    server.refusals.push({ action, code, error: "done" });
    await assert.rejects(bob.message[verb](body), (e: ParleyError) => e.code === code, "another device has done it");
    server.lostCalls.push({ action, when: "after" });
    await assert.rejects(bob.message[verb](body), (e: ParleyError) => e.status === 0);
    server.refusals.push({ action, code, error: "done" });
    await bob.message[verb](body);
  }
  assert.equal(bob.timeline("alice")[0]?.MsgFlagBits, recalledFlag);
});

test("a recall whose answer was lost is shown after a sync: the server sends no event to this device", async () => {
  const { server, online } = await setUp();
  const bob = await online("bob");
  const m = await bob.send("alice", "hi");
  const row = { ...bob.find("alice"), OperationMs: Date.now() + 60_000 };
  const recalled: Message = { ...m, MsgBody: [], MsgFlagBits: recalledFlag };
  server.answers.set("session.sync", () => ({ Conversations: [row], Complete: true, Since: Date.now(), Spread: 0 }));
  server.answers.set("message.changes", () => ({ MsgList: [recalled], Complete: true, Since: 1 }));
  server.answers.set("message.recall", () => ({}));
  server.lostCalls.push({ action: "message.recall", when: "after" });
  await assert.rejects(bob.message.recall({ To_Account: "alice", MsgKey: m.MsgKey }));
  await until(() => bob.timeline("alice")[0]?.MsgFlagBits === recalledFlag);
});
