// Groups: the same timeline, gaps, unread, outbox and storage as one-to-one conversations, and the members.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AnyMessage,
  conversationId,
  type GroupMessage,
  memoryStore,
  type Parley,
  type ParleyOptions,
  recalledFlag,
  toOf,
} from "../src/index.ts";
import { setUp, sleep, texts, until } from "./setup.ts";

const chess = { GroupId: "chess" };

/** Bob's client, in a group with alice and carol. */
async function inGroup(more?: Partial<ParleyOptions>) {
  const all = await setUp();
  all.server.groups.create("chess", ["alice", "bob", "carol"]);
  const bob = await all.online("bob", more);
  return { ...all, groups: all.server.groups, bob };
}

/** Collects the events `message` of a client. */
function collect(parley: Parley): (AnyMessage | GroupMessage)[] {
  const list: (AnyMessage | GroupMessage)[] = [];
  parley.on("message", (m) => list.push(m as AnyMessage));
  return list;
}

const numbers = (parley: Parley) => parley.timeline(chess).map((m) => m.MsgSeq);

test("messages and tips of a group are in one timeline, and the row counts what is unread", async () => {
  const { groups, bob } = await inGroup();
  const received = collect(bob);
  const names: unknown[] = [];
  bob.on("messages", (name) => names.push(name));
  groups.say("chess", "alice", "one");
  groups.tip("chess", { Type: 6, Operator_Account: "alice", GroupInfo: { Name: "Chess" } });
  groups.say("chess", "bob", "mine, from another device");
  groups.say("chess", "carol", "@bob", { GroupAtInfo: [{ GroupAtAllFlag: 0, GroupAt_Account: "bob" }] });
  groups.say("chess", "carol", "@all", { GroupAtInfo: [{ GroupAtAllFlag: 1 }] });
  await until(() => received.length === 5);
  assert.deepEqual(numbers(bob), [1, 2, 3, 4, 5]);
  assert.deepEqual(names[0], chess);
  assert.equal(bob.timeline(chess)[1]?.Tip?.GroupInfo?.Name, "Chess");
  const row = bob.find(chess);
  assert.deepEqual([row?.Unread, row?.AtMe, row?.AtAll], [3, [4], 5]);
  assert.deepEqual(row?.LastMsg, { MsgKey: "5", From_Account: "carol", Preview: "@all" });
  assert.deepEqual(bob.conversations.map(toOf), [chess]);
  assert.equal(bob.unread, 3);
  await bob.read(chess, 4);
  assert.deepEqual([bob.find(chess)?.Unread, bob.find(chess)?.AtMe, bob.find(chess)?.AtAll], [1, undefined, 5]);
  await bob.read(chess);
  assert.deepEqual([bob.find(chess)?.Unread, bob.find(chess)?.AtAll], [0, undefined]);
});

test("the user and the group with the same name are different conversations", async () => {
  const { server, groups, bob } = await inGroup();
  server.sendMessage("chess", "bob", "from the user");
  groups.say("chess", "alice", "in the group");
  await until(() => bob.timeline(chess).length === 1 && bob.timeline("chess").length === 1);
  assert.deepEqual(texts(bob.timeline("chess")), ["from the user"]);
  assert.deepEqual(texts(bob.timeline(chess)), ["in the group"]);
  assert.equal(bob.conversations.length, 2);
  assert.notEqual(conversationId(chess), conversationId("chess"));
});

test("a gap in the numbers of a group is filled, and what nobody can read is given up", async () => {
  const { server, groups, bob } = await inGroup();
  const received = collect(bob);
  groups.say("chess", "alice", "1");
  await until(() => numbers(bob).length === 1);
  groups.say("chess", "alice", "2", { deliver: false });
  groups.tip("chess", { Type: 7, MemberList: ["carol"], MuteTime: 60 }, false);
  groups.say("chess", "carol", "for alice", { deliver: false, ToMembers_Account: ["alice"] });
  const late = groups.say("chess", "carol", "5", { deliver: false });
  groups.say("chess", "alice", "6");
  await until(() => numbers(bob).length === 5);
  groups.deliver(late);
  await sleep(150);
  assert.deepEqual(numbers(bob), [1, 2, 3, 5, 6]);
  assert.deepEqual(received.map((m) => m.MsgSeq).sort(), [1, 2, 3, 5, 6]);
  const pulls = server.calls.filter(({ action }) => action === "message.history");
  assert.deepEqual(pulls[0]?.body, { GroupId: "chess", From: "1", To: "6", Limit: 100 });
  groups.say("chess", "alice", "7");
  await until(() => numbers(bob).includes(7));
  await sleep(100);
  assert.equal(server.calls.filter(({ action }) => action === "message.history").length, pulls.length);
});

test("what was missed during an absence is pulled, after a restart too", async () => {
  const store = memoryStore();
  const { server, groups, bob, online } = await inGroup({ store });
  groups.say("chess", "alice", "1");
  await until(() => numbers(bob).length === 1);
  await bob.history(chess);
  server.accepting = false;
  server.cut("bob");
  for (let i = 2; i <= 150; i++) groups.say("chess", "alice", String(i));
  server.accepting = true;
  await until(() => numbers(bob).length === 150);
  assert.deepEqual(
    numbers(bob),
    Array.from({ length: 150 }, (_, i) => i + 1),
  );
  assert.equal(bob.find(chess)?.Unread, 150);
  await sleep(80);
  bob.close();
  await sleep(20);
  for (let i = 151; i <= 160; i++) groups.say("chess", "alice", String(i));
  const again = await online("bob", { store });
  await until(() => numbers(again).at(-1) === 160);
  const page = await again.history(chess, { limit: 100 });
  assert.equal(page.MsgList.length, 100);
  assert.equal(page.Next, "61");
  assert.deepEqual(
    numbers(again).slice(-100),
    Array.from({ length: 100 }, (_, i) => i + 61),
  );
  assert.equal(
    (await again.search("2", { to: chess, limit: 500 })).length,
    [...Array(161).keys()].filter((n) => `${n}`.includes("2")).length,
  );
  assert.deepEqual((await again.searchConversations("160"))[0]?.GroupId, "chess");
});

test("without a network the stored messages of a group are its history", async () => {
  const store = memoryStore();
  const { server, groups, bob, client } = await inGroup({ store });
  for (let i = 1; i <= 30; i++) groups.say("chess", "alice", String(i));
  await until(() => numbers(bob).length === 30);
  await sleep(60);
  bob.close();
  server.accepting = false;
  const after = client("bob", { store, fetch: () => Promise.reject(new TypeError("no network")) });
  void after.login().catch(() => {});
  await until(() => after.conversations.length === 1);
  const page = await after.history(chess, { limit: 10 });
  assert.deepEqual(
    page.MsgList.map((m) => m.MsgSeq),
    Array.from({ length: 10 }, (_, i) => i + 21),
  );
  const older = await after.history(chess, { limit: 10, to: page.Next ?? "" });
  assert.deepEqual(
    older.MsgList.map((m) => m.MsgSeq),
    Array.from({ length: 10 }, (_, i) => i + 11),
  );
  after.close();
});

test("a message to a group is sent without a sequence, and a repeat is not stored twice", async () => {
  const { server, groups, bob } = await inGroup();
  server.lostCalls.push({ action: "message.send", when: "after" }, { action: "message.send", when: "before" });
  const sent = bob.send(chess, "hi");
  await until(() => bob.pending(chess).length === 1);
  assert.equal(bob.pending("chess").length, 0);
  const m = await sent;
  assert.deepEqual([m.MsgKey, m.GroupId, groups.messages("chess").length], ["1", "chess", 1]);
  assert.deepEqual(texts(bob.timeline(chess)), ["hi"]);
  assert.equal(bob.pending(chess).length, 0);
  const bodies = server.calls.filter(({ action }) => action === "message.send").map(({ body }) => body);
  assert.equal(bodies.length, 3);
  for (const body of bodies) assert.deepEqual(body, { ...bodies[0] });
  assert.equal(bodies[0]?.MsgSeq, undefined);
});

test("a message that a group dropped is sent again, and is in one event", async () => {
  const { groups, bob } = await inGroup();
  const received = collect(bob);
  groups.dropped = 2;
  assert.equal((await bob.send(chess, "at last")).MsgSeq, 1);
  assert.deepEqual(
    received.map((m) => m.MsgKey),
    ["1"],
  ); // own messages are in events, dropped ones are not
});

test("a message that was sent before a restart is found in the history, and not stored twice", async () => {
  const store = memoryStore();
  const timing = { backoffMin: 60_000, backoffMax: 60_000 }; // one attempt before the restart
  const { server, groups, bob, online } = await inGroup({ store, timing });
  server.lostCalls.push({ action: "message.send", when: "after" });
  bob.send(chess, "once").catch(() => {});
  await until(() => groups.messages("chess").length === 1);
  bob.close();
  server.now = () => Date.now() + 600_000; // the window of the server is over
  for (let i = 0; i < 250; i++) groups.say("chess", "alice", String(i), { deliver: false });
  const again = await online("bob", { store });
  await until(() => again.pending(chess).length === 0);
  assert.equal(groups.messages("chess").filter((m) => m.From_Account === "bob").length, 1);
});

test("a message of a group that is not stored is an event alone", async () => {
  const { server, bob } = await inGroup();
  const received = collect(bob);
  const body = { GroupId: "chess", From_Account: "alice", MsgSeq: 0, MsgRandom: 5, MsgTime: 9, MsgBody: [] };
  server.emit("bob", { event: "message.new", body });
  await until(() => received.length === 1);
  assert.deepEqual([bob.timeline(chess), received[0]], [[], body]);
  const mine = await bob.send(chess, "now", { OnlineOnlyFlag: 1 });
  assert.deepEqual([mine.MsgSeq, bob.timeline(chess)], [0, []]);
});

test("recalls, edits, deletions and receipts of a group's messages are applied", async () => {
  const { server, groups, bob } = await inGroup();
  for (const text of ["1", "2", "3"]) groups.say("chess", "alice", text);
  const own = await bob.send(chess, "mine", { IsNeedReadReceipt: 1 });
  await until(() => numbers(bob).length === 4);
  const event = (name: string, body: object) =>
    server.emit("bob", { event: name, body: { GroupId: "chess", ...body } });
  event("message.recalled", { From_Account: "alice", MsgKey: "1", TimeMs: 1 });
  const edited = { ...groups.messages("chess")[1], MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text: "two" } }] };
  event("message.edited", { ...edited, EditMs: 5 });
  event("message.deleted", { MsgKeyList: ["3"], TimeMs: 2 });
  for (const reader of ["alice", "carol", "alice"])
    event("message.receipt", { From_Account: reader, MsgKeyList: [own.MsgKey], TimeMs: 3 });
  await until(() => bob.timeline(chess).at(-1)?.ReadBy?.length === 2);
  const [first, second, last] = bob.timeline(chess);
  assert.deepEqual([first?.MsgFlagBits, second && texts([second])], [recalledFlag, ["two"]]);
  assert.deepEqual([last?.MsgKey, last?.ReadBy], ["4", ["alice", "carol"]]);
  await bob.history(chess);
  assert.deepEqual(bob.timeline(chess).at(-1)?.ReadBy, ["alice", "carol"]); // an answer does not know who has read it
  await bob.message.delete({ ...chess, MsgKeyList: ["2"] });
  assert.deepEqual(numbers(bob), [1, 4]);
});

test("the groups of the user are known, and change as the user joins and leaves", async () => {
  const store = memoryStore();
  const { server, groups, bob, client } = await inGroup({ store });
  await until(() => bob.groups.length === 1);
  assert.equal(bob.groupInfo("chess")?.Name, "Group chess");
  const seen: string[][] = [];
  bob.on("groups", (list) => seen.push(list.map(({ GroupId }) => GroupId)));
  groups.create("go", ["alice"]);
  groups.say("go", "alice", "before bob joined");
  groups.join("go", "bob");
  await until(() => bob.groups.length === 2 && bob.find({ GroupId: "go" })?.Role === "Member");
  assert.deepEqual(seen.at(-1), ["chess", "go"]);
  groups.rename("go", "Go");
  await until(() => bob.groupInfo("go")?.Name === "Go");
  groups.say("go", "alice", "welcome");
  await until(() => bob.timeline({ GroupId: "go" }).length === 2);
  assert.equal((await bob.loadGroup("go")).Introduction, "chess players");
  await assert.rejects(bob.loadGroup("none"), { code: 10010 });
  groups.remove("go", "bob");
  await until(() => bob.groups.length === 1);
  assert.deepEqual(
    bob.conversations.map(toOf),
    [], // "chess" has no message yet
  );
  await sleep(80);
  bob.close();
  groups.remove("chess", "bob", false);
  groups.join("go", "bob", false);
  server.accepting = false;
  const after = client("bob", { store });
  void after.login().catch(() => {});
  await until(() => after.groups.length === 1); // as they were stored
  assert.equal(after.groups[0]?.GroupId, "chess");
  server.accepting = true;
  after.foreground();
  await until(() => after.groups[0]?.GroupId === "go");
  assert.deepEqual(after.conversations.map(toOf), [{ GroupId: "go" }]);
});

test("a group of which the first message is the first sign is known", async () => {
  const { groups, bob } = await inGroup();
  await until(() => bob.groups.length === 1);
  groups.create("go", ["alice", "bob"]); // like a Work group, which is hidden until then
  assert.equal(bob.groupInfo("go"), undefined);
  groups.say("go", "alice", "welcome");
  await until(() => bob.groupInfo("go")?.Name === "Group go" && bob.find({ GroupId: "go" })?.Role === "Member");
  assert.deepEqual(
    bob.groups.map(({ GroupId }) => GroupId),
    ["chess", "go"],
  );
});

test("a profile that changed during an absence is read", async () => {
  const { server, groups, bob } = await inGroup();
  await until(() => bob.groups.length === 1);
  server.accepting = false;
  server.cut("bob");
  groups.rename("chess", "Chess club", false);
  groups.say("chess", "alice", "moved up");
  server.accepting = true;
  await until(() => bob.groupInfo("chess")?.Name === "Chess club");
});

test("members are read in pages and kept up to date by tips, whatever their order", async () => {
  const { server, groups, bob } = await inGroup();
  groups.create("big", ["alice", "bob", ...Array.from({ length: 148 }, (_, i) => `user${i}`)]);
  groups.say("big", "alice", "hi");
  const big = { GroupId: "big" };
  await until(() => bob.timeline(big).length === 1);
  const changed: string[] = [];
  bob.on("members", ({ GroupId }) => changed.push(GroupId));
  assert.deepEqual(bob.members("big"), []);
  assert.deepEqual(await bob.loadMembers("big"), { Complete: false });
  assert.equal(bob.members("big").length, 100);
  groups.remove("big", "user5"); // the second page begins one member earlier
  await until(() => bob.members("big").length === 99);
  assert.deepEqual(await bob.loadMembers("big"), { Complete: true });
  assert.equal(bob.members("big").length, 149);
  assert.deepEqual(await bob.loadMembers("big"), { Complete: true });
  assert.equal(server.calls.filter(({ action }) => action === "group.members").length, 2);

  const role = (user: string) => bob.members("big").find(({ Member_Account }) => Member_Account === user)?.Role;
  const muted = () => bob.members("big").find(({ Member_Account }) => Member_Account === "user7")?.MuteUntil;
  groups.tip("big", { Type: 4, MemberList: ["user6"] });
  groups.tip("big", { Type: 7, MemberList: ["user7"], MuteTime: 60 });
  await until(() => role("user6") === "Admin" && muted() !== undefined);
  groups.tip("big", { Type: 5, MemberList: ["user6"] });
  groups.tip("big", { Type: 7, MemberList: ["user7"], MuteTime: 0 });
  groups.tip("big", { Type: 6, GroupInfo: { Owner_Account: "bob" } });
  await until(() => role("user6") === "Member" && muted() === undefined && role("bob") === "Owner");
  assert.equal(role("alice"), "Member");

  const left = groups.tip("big", { Type: 2, Operator_Account: "user8", MemberNum: 148 }, false);
  const back = groups.tip("big", { Type: 1, MemberList: ["user8"], MemberNum: 149 }, false);
  groups.deliver(back);
  groups.deliver(left); // late: user8 is back already
  await until(() => numbersOf(bob, big).includes(left.MsgSeq));
  assert.equal(role("user8"), "Member");
  await bob.group.memberSet({ GroupId: "big", NameCard: "Bobby" });
  assert.equal(bob.members("big").find(({ Member_Account }) => Member_Account === "bob")?.NameCard, "Bobby");
  assert.ok(changed.length > 5);
});

const numbersOf = (parley: Parley, group: { GroupId: string }) => parley.timeline(group).map((m) => m.MsgSeq);

test("if too much was missed, the members are forgotten", async () => {
  const { server, groups, bob } = await inGroup();
  groups.say("chess", "alice", "hi");
  await until(() => numbers(bob).length === 1);
  await bob.loadMembers("chess");
  assert.equal(bob.members("chess").length, 3);
  server.accepting = false;
  server.cut("bob");
  groups.remove("chess", "carol");
  for (let i = 0; i < 120; i++) groups.say("chess", "alice", String(i));
  server.accepting = true;
  await until(() => bob.members("chess").length === 0);
  await bob.loadMembers("chess");
  assert.deepEqual(
    bob.members("chess").map(({ Member_Account }) => Member_Account),
    ["alice", "bob"],
  );
});

test("a message that is on its way does not bring a group back that the user has left", async () => {
  const { server, groups, bob } = await inGroup();
  groups.say("chess", "alice", "1");
  await until(() => bob.conversations.length === 1);
  groups.remove("chess", "bob");
  await until(() => bob.conversations.length === 0);
  const late = groups.messages("chess").at(-1) as GroupMessage;
  server.emit("bob", { event: "message.new", hi: { MsgSeq: late.MsgSeq }, body: late });
  await until(() => numbers(bob).length === 2);
  await sleep(100);
  assert.equal(bob.conversations.length, 0);
  groups.join("chess", "bob");
  await until(() => bob.conversations.length === 1);
});
