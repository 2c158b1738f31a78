import assert from "node:assert/strict";
import { test } from "node:test";
import type { Conversation, KnownGroup, StoredGroupMessage, Tip } from "@parley/client";
import { rightsOf } from "../src/groups/rights.ts";
import { listOf, tipText } from "../src/groups/tips.ts";
import { previewOf } from "../src/list/preview.ts";
import { groupOf, groupPeer, named, peerOf, toPeer } from "../src/peer.ts";
import { itemsOf, linesOf } from "../src/thread/lines.ts";
import { atInfo, mentionAt } from "../src/thread/mentions.tsx";

const nameOf = (user: string) => user.charAt(0).toUpperCase() + user.slice(1);
const says = (tip: Tip) => tipText(tip, "me", nameOf);

test("a tip says in words what has changed", () => {
  const by = { Operator_Account: "ann" };
  assert.equal(says({ Type: 1, ...by, MemberList: ["ben", "cy"], Invited: true }), "Ann added Ben and Cy");
  assert.equal(says({ Type: 1, ...by, MemberList: ["ann"] }), "Ann joined the group");
  assert.equal(says({ Type: 1, ...by, MemberList: ["me"], Invited: true }), "Ann added you");
  assert.equal(says({ Type: 2, Operator_Account: "me" }), "You left the group");
  assert.equal(says({ Type: 3, MemberList: ["ben"] }), "The app removed Ben");
  assert.equal(says({ Type: 4, ...by, MemberList: ["ben"] }), "Ben is now an admin");
  assert.equal(says({ Type: 5, ...by, MemberList: ["me"] }), "You are no longer an admin");
  assert.equal(says({ Type: 6, ...by, GroupInfo: { Name: "Chess" } }), "Ann named the group “Chess”");
  assert.equal(says({ Type: 6, ...by, GroupInfo: { Owner_Account: "me" } }), "Ann gave the group to you");
  assert.equal(says({ Type: 7, ...by, MemberList: ["ben"], MuteTime: 60 }), "Ann muted Ben");
  assert.equal(says({ Type: 7, ...by, MemberList: ["ben"], MuteTime: 0 }), "Ann unmuted Ben");
  assert.equal(says({ Type: 99 }), "The group has changed");
});

test("many names are cut short", () => {
  assert.equal(listOf(["A", "B", "C", "D"]), "A, B, C and D");
  assert.equal(listOf(["A", "B", "C", "D", "E"]), "A, B, C and 2 others");
});

/** What a role may do in a type of group, as words. */
function may(Type: string, Role: string): string {
  const group = {
    GroupId: "g",
    Type,
    Name: "G",
    MemberNum: 3,
    InfoSeq: 1,
    SelfInfo: { Role, JoinTime: 1, MsgFlag: "" },
  };
  const { mute, remove, card, ...flags } = rightsOf(group as KnownGroup);
  const words = Object.entries(flags).flatMap(([name, on]) => (on ? name : []));
  for (const role of ["Admin", "Member"]) {
    if (mute(role)) words.push(`mute ${role}`);
    if (remove(role)) words.push(`remove ${role}`);
    if (card(role)) words.push(`card ${role}`);
  }
  return words.join(", ");
}

test("rights follow from the type of the group and the role", () => {
  const overAdmins = "mute Admin, remove Admin, card Admin, ";
  const overMembers = "mute Member, remove Member, card Member";
  assert.equal(may("Private", "Member"), "profile, invite, quit");
  assert.equal(
    may("Private", "Owner"),
    "profile, approve, invite, transfer, quit, remove Admin, card Admin, remove Member, card Member",
  );
  assert.equal(may("Public", "Member"), "quit");
  assert.equal(may("Public", "Admin"), `profile, joining, approve, quit, muteAll, ${overMembers}`);
  assert.equal(
    may("Public", "Owner"),
    `profile, joining, approve, transfer, destroy, admins, muteAll, ${overAdmins}${overMembers}`,
  );
  assert.equal(may("ChatRoom", "Admin"), `approve, quit, muteAll, ${overMembers}`);
  assert.equal(may("Public", ""), "");
});

test("a peer is a user or a group", () => {
  const peer = groupPeer("chess");
  assert.equal(groupOf(peer), "chess");
  assert.equal(groupOf("chess"), undefined);
  assert.deepEqual([toPeer(peer), toPeer("bob")], [{ GroupId: "chess" }, "bob"]);
  assert.deepEqual([named(peer), named("bob")], [{ GroupId: "chess" }, { To_Account: "bob" }]);
  assert.equal(peerOf("me", message(1, "ann")), groupPeer("g"));
});

function message(MsgSeq: number, From_Account: string, more: Partial<StoredGroupMessage> = {}): StoredGroupMessage {
  const MsgBody = [{ MsgType: "TIMTextElem", MsgContent: { Text: `text ${MsgSeq}` } }];
  return {
    GroupId: "g",
    From_Account,
    MsgSeq,
    MsgRandom: MsgSeq,
    MsgTime: 1_700_000_000 + MsgSeq,
    MsgKey: `${MsgSeq}`,
    MsgBody,
    ...more,
  } as StoredGroupMessage;
}

test("in a group each sender has a block of messages, and a tip ends it", () => {
  const Tip = { Type: 2, Operator_Account: "cy" };
  const list = [
    message(1, "ann"),
    message(2, "ann"),
    message(3, "ben"),
    message(4, "cy", { Tip }),
    message(5, "ben"),
    message(6, "me"),
  ];
  const lines = linesOf(
    itemsOf("me", list, [], () => false),
    3,
    false,
  );
  const words = lines.map((line) =>
    line.kind === "message"
      ? `${line.item.message?.MsgSeq}${line.first ? " first" : ""}${line.last ? " last" : ""}`
      : line.kind,
  );
  assert.deepEqual(words, ["1 first", "2 last", "3 first last", "tip", "new", "5 first last", "6 first last"]);
});

test("messages with the same random number stay apart, and a stored message replaces its pending one", () => {
  const twice = [
    message(1, "ann", { MsgRandom: 7 }),
    message(2, "ann", { MsgRandom: 7 }),
    message(3, "me", { MsgRandom: 9 }),
  ];
  const draft = { GroupId: "g", MsgSeq: 41, MsgRandom: 9, MsgBody: [] };
  const items = itemsOf("me", twice, [{ draft, state: "sending", since: 1 }], () => false);
  assert.equal(new Set(items.map(({ id }) => id)).size, 3);
  assert.equal(items.length, 3);
});

test("the row of a group names the sender, and shows a tip in words", () => {
  const row: Conversation = {
    GroupId: "g",
    Unread: 0,
    ReadOrdinal: 0,
    PeerReadOrdinal: 0,
    InOrdinal: 1,
    OutOrdinal: 0,
    TimeMs: 1,
    LastMsg: { MsgKey: "1", From_Account: "ann", Preview: "hello" },
  };
  const plain = { me: "me", row, pending: [], last: undefined, typing: false, draft: "", name: nameOf };
  assert.deepEqual(previewOf(plain), { lead: "Ann:", text: "hello" });
  const tip = { ...row, LastMsg: { MsgKey: "2", Preview: "[Tip]" } };
  const last = message(2, "cy", { Tip: { Type: 2, Operator_Account: "cy" } });
  assert.deepEqual(previewOf({ ...plain, row: tip, last }), { text: "Cy left the group" });
  assert.deepEqual(previewOf({ ...plain, row: tip }), { text: "The group has changed" });
});

test("a mention is offered at its letters, and sent if the text still has it", () => {
  assert.deepEqual(mentionAt("hey @be", 7), { from: 4, letters: "be" });
  assert.deepEqual(mentionAt("@", 1), { from: 0, letters: "" });
  assert.equal(mentionAt("mail@be", 7), undefined);
  assert.equal(mentionAt("@be and", 7), undefined);
  const chosen = [{ label: "Ben", user: "ben" }, { label: "Ann", user: "ann" }, { label: "all" }];
  assert.deepEqual(atInfo("@all and @Ben!", chosen), [
    { GroupAtAllFlag: 1 },
    { GroupAtAllFlag: 0, GroupAt_Account: "ben" },
  ]);
});
