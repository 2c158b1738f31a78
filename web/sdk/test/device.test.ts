// What stays on the device: shown without a network, never a host's or an app's object, deleted by the user alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, memoryStore, type ParleyError, recalledFlag, type Store } from "../src/index.ts";
import { heard, sleep, texts, until, world } from "./world.ts";

/** A store that copies as a browser does: it refuses proxies and functions. */
function strict(): { store: Store; inner: Store } {
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

test("objects of the app, proxies and functions among them, are never kept or passed on as they are", async () => {
  const { cloud, online } = await world();
  const { store, inner } = strict();
  const bob = await online("bob", { store });
  const unkept: unknown[] = [];
  bob.on("unkept", (error) => unkept.push(error));
  bob.on("message", (m) => Object.assign(m, { onClick: () => {} })); // as an app may
  const content = new Proxy({ Text: "hi", onClick: () => {} }, {});
  const body = new Proxy([{ MsgType: "TIMTextElem", MsgContent: content }], {});
  const draft = new Proxy(bob.compose("alice", body as never, { extra: () => {} } as never), {});
  const m = await bob.send(draft);
  cloud.answers.set("message.react", () => ({}));
  await bob.message.react(new Proxy({ To_Account: "alice", MsgKey: m.MsgKey, Reaction: "+1", done: () => {} }, {}));
  cloud.say("alice", "bob", "ho");
  await until(() => bob.timeline("alice").length === 2);
  await sleep(80);
  assert.deepEqual(unkept, []);
  assert.deepEqual(texts(await inner.messages("alice", 9)).sort(), ["hi", "ho"]);
});

test("a text with half of a character is refused with a clear error, and nothing is sent", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  cloud.calls.length = 0;
  await assert.rejects(bob.send("alice", "half \ud83d"), /message\.send: Text has half of a character/);
  await assert.rejects(bob.call("profile.set", { "\udc4d": 1 }), /half of a character/);
  assert.equal(cloud.calls.length, 0);
  await bob.send("alice", "whole 👍, and the letters \\ud83d");
  assert.deepEqual(texts(bob.timeline("alice")), ["whole 👍, and the letters \\ud83d"]);
});

test("what is kept shows without a network: every message, and names and faces", async () => {
  const { cloud, online, client } = await world();
  const store = memoryStore();
  for (let i = 1; i <= 120; i++) cloud.post("alice", "bob", String(i), { MsgTime: 1_700_000_000 + i });
  const before = await online("bob", { store });
  await before.history("alice", { limit: 100 });
  await before.history("alice", { limit: 100, to: before.timeline("alice")[0]?.MsgKey ?? "" });
  const last = cloud.post("alice", "bob", "121");
  const Nick = "Alice";
  cloud.emit("bob", { event: "message.new", body: { ...last, Nick, FaceUrl: "https://a/b.png" } });
  cloud.answers.set("profile.get", () => ({
    UserProfileItem: [
      { To_Account: "carol", ResultCode: 0, ProfileItem: [{ Tag: "Tag_Profile_IM_Nick", Value: "Carol" }] },
    ],
  }));
  await before.profile.get({ To_Account: ["carol"], TagList: ["Tag_Profile_IM_Nick"] });
  await until(() => before.timeline("alice").length === 121);
  await sleep(60);
  before.close();

  const after = client("bob", { store, fetch: () => Promise.reject(new TypeError("no network")) });
  cloud.accepting = false;
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

test("what the server keeps no longer and the device does follows in the history", async () => {
  const { cloud, online } = await world();
  const store = memoryStore();
  const old = [1, 2, 3].map((i) => cloud.post("alice", "bob", `old ${i}`, { MsgTime: 1_600_000_000 + i }));
  await store.apply(old.map((message) => ({ kind: "message", peer: "alice", message }) as const));
  cloud.answers.set("message.history", (body) => ({
    MsgList: body.To ? [] : [cloud.stored("alice", "bob").at(-1)],
    Complete: true,
  }));
  cloud.post("alice", "bob", "new");
  const bob = await online("bob", { store });
  let page = await bob.history("alice", { limit: 2 });
  assert.deepEqual(texts(page.MsgList), ["old 3", "new"]);
  assert.equal(page.Complete, false);
  page = await bob.history("alice", { limit: 2, to: page.Next ?? "" });
  assert.deepEqual(texts(page.MsgList), ["old 1", "old 2"]);
  assert.equal(page.Complete, true);
  assert.deepEqual(texts(bob.timeline("alice")), ["old 1", "old 2", "old 3", "new"]);
});

test("the first frames of a new conversation may be lost: they are told all the same, each once", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const list = heard(bob);
  cloud.post("alice", "bob", "one");
  cloud.post("alice", "bob", "two", { SendMsgControl: ["NoUnread"] });
  cloud.post("bob", "alice", "mine, from another device");
  cloud.say("alice", "bob", "three");
  await until(() => list.length === 4);
  await sleep(80);
  assert.deepEqual(texts(list).sort(), ["mine, from another device", "one", "three", "two"]);
  assert.equal(bob.timeline("alice").length, 4);
  cloud.post("carol", "bob", "all of them lost");
  cloud.cut("bob");
  await until(() => list.length === 5);
  assert.equal(list[4]?.From_Account, "carol");
});

test("a message removed from this device is kept by the server and does not come back here", async () => {
  const { cloud, online } = await world();
  const store = memoryStore();
  const all = ["one", "two", "three"].map((t) => cloud.post("alice", "bob", t));
  const before = await online("bob", { store });
  await before.history("alice");
  cloud.calls.length = 0;
  before.remove("alice", [all[1]?.MsgKey ?? ""]);
  assert.deepEqual(texts(before.timeline("alice")), ["one", "three"]);
  await sleep(60);
  assert.deepEqual(cloud.calls, []);
  assert.deepEqual(await before.search("two"), []);
  before.close();
  const after = await online("bob", { store });
  const page = await after.history("alice");
  assert.deepEqual(texts(page.MsgList), ["one", "three"]);
  assert.deepEqual(texts(after.timeline("alice")), ["one", "three"]);
});

test("friends are kept on the device, followed, and found by ID, name or remark", async () => {
  const { cloud, online, client } = await world();
  const store = memoryStore();
  let version = 2;
  const row = (To_Account: string, Remark: string) => ({
    To_Account,
    ValueItem: [{ Tag: "Tag_SNS_IM_Remark", Value: Remark }],
  });
  const counters = () => ({ FriendVersion: version, Requests: 0, RequestsUnread: 0 });
  cloud.answers.set("session.sync", () => ({
    ...{ Conversations: [], Complete: true, Since: 5, Spread: 0 },
    ...counters(),
  }));
  const asked: unknown[] = [];
  cloud.answers.set("friend.list", (body) => {
    asked.push(body.Version);
    if (body.Version === 2)
      return { UserDataItem: [row("dave", "Boss")], Deleted: ["ann"], FriendVersion: 3, Full: false };
    return { UserDataItem: [row("ann", ""), row("carol", "My sister")], FriendVersion: 2, Full: true };
  });
  const bob = await online("bob", { store });
  await until(() => bob.friends.length === 2);
  version = 3;
  cloud.emit("bob", { event: "friend.changed", body: { To_Account: ["dave"], FriendVersion: 3 } });
  await until(() => bob.friends.map(({ To_Account }) => To_Account).join() === "carol,dave");
  const ids = (text: string) => bob.searchFriends(text).map(({ To_Account }) => To_Account);
  assert.deepEqual([ids("SISTER"), ids("dav"), ids("nobody"), ids(" ")], [["carol"], ["dave"], [], []]);
  await sleep(60);
  bob.close();
  const after = client("bob", { store });
  cloud.accepting = false;
  void after.login().catch(() => {});
  await until(() => after.friends.length === 2);
  assert.deepEqual(asked, [0, 2]);
});

test("a search is grouped by conversation", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  for (let i = 0; i < 5; i++) cloud.say("alice", "bob", `tea ${i}`, { MsgTime: 1_700_000_000 + i });
  cloud.say("carol", "bob", "tea?", { MsgTime: 1_700_000_100 });
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

test("a repeat of a call whose answer was lost says success; another one does not", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const m = await bob.send("alice", "hi");
  const refusals = { recall: 20023, react: 23007, unreact: 23009 } as const;
  const body = { To_Account: "alice", MsgKey: m.MsgKey, Reaction: "+1" };
  for (const [verb, code] of Object.entries(refusals) as [keyof typeof refusals, number][]) {
    const action = `message.${verb}`;
    cloud.answers.set(action, () => ({}));
    cloud.refusals.push({ action, code, error: "done" });
    await assert.rejects(bob.message[verb](body), (e: ParleyError) => e.code === code, "it was done elsewhere");
    cloud.breaks.push({ action, when: "after" });
    await assert.rejects(bob.message[verb](body), (e: ParleyError) => e.status === 0);
    cloud.refusals.push({ action, code, error: "done" });
    await bob.message[verb](body);
  }
  assert.equal(bob.timeline("alice")[0]?.MsgFlagBits, recalledFlag);
});

test("a recall whose answer was lost shows by itself: the server does not tell this device", async () => {
  const { cloud, online } = await world();
  const bob = await online("bob");
  const m = await bob.send("alice", "hi");
  const row = { ...bob.find("alice"), OperationMs: Date.now() + 60_000 };
  const gone: Message = { ...m, MsgBody: [], MsgFlagBits: recalledFlag };
  cloud.answers.set("session.sync", () => ({ Conversations: [row], Complete: true, Since: Date.now(), Spread: 0 }));
  cloud.answers.set("message.changes", () => ({ MsgList: [gone], Complete: true, Since: 1 }));
  cloud.answers.set("message.recall", () => ({}));
  cloud.breaks.push({ action: "message.recall", when: "after" });
  await assert.rejects(bob.message.recall({ To_Account: "alice", MsgKey: m.MsgKey }));
  await until(() => bob.timeline("alice")[0]?.MsgFlagBits === recalledFlag);
});
