import assert from "node:assert/strict";
import test from "node:test";
import type { Parley } from "@parley/client";
import { groupByLetter, letterOf } from "../src/people/alphabet.ts";
import { birthdayOf, changes, cutToBytes, genderOf, toBirthday, toDate } from "../src/people/fields.ts";
import { outcomeOf } from "../src/people/outcome.ts";
import { People } from "../src/people/people.ts";
import { sharedRead } from "../src/people/sharedRead.ts";
import { birthdayTag, genderTag, locationTag, nickTag } from "../src/profile.ts";

test("a name is in the section of its first letter", () => {
  const cases: [string, string][] = [
    ["bob", "B"],
    ["Élodie", "E"],
    [" anna", "A"],
    ["Ōta", "O"],
    ["ß", "SS"],
    ["борис", "Б"],
    ["نور", "ن"],
    ["小林", "#"],
    ["7 of 9", "#"],
    ["👍", "#"],
    ["", "#"],
  ];
  for (const [name, letter] of cases) assert.equal(letterOf(name), letter, name);
});

test("names are sorted, and those without a letter are last", () => {
  const names = ["zoe", "10 Bob", "Ana", "álvaro", "9 Bob", "Bea"];
  assert.deepEqual(
    groupByLetter(names, (name) => name).map(({ letter, entries }) => [letter, ...entries]),
    [
      ["A", "álvaro", "Ana"],
      ["B", "Bea"],
      ["Z", "zoe"],
      ["#", "9 Bob", "10 Bob"],
    ],
  );
});

test("a text is cut between characters", () => {
  assert.equal(cutToBytes("hello", 5), "hello");
  assert.equal(cutToBytes("hello", 4), "hell");
  assert.equal(cutToBytes("año", 2), "a");
  assert.equal(cutToBytes("ab👍", 5), "ab");
  assert.equal(cutToBytes("ab👍", 6), "ab👍");
});

test("a birthday is converted to a date and back", () => {
  assert.equal(toDate(20000131), "2000-01-31");
  for (const bad of [undefined, 0, 131, 20001331]) assert.equal(toDate(bad), "");
  assert.equal(toBirthday("2000-01-31"), 20000131);
  assert.equal(toBirthday(""), 0);
  assert.match(birthdayOf({ [birthdayTag]: 20000131 }), /2000/);
  assert.equal(birthdayOf({}), "");
});

test("a gender is shown if it is set", () => {
  assert.equal(genderOf({ [genderTag]: "Gender_Type_Female" }), "Female");
  assert.equal(genderOf({ [genderTag]: "Gender_Type_Unknown" }), "");
  assert.equal(genderOf({}), "");
});

test("an edit contains only the fields that it changes", () => {
  const before = { [nickTag]: "Bob", [birthdayTag]: 20000131, [locationTag]: "Rome" };
  assert.deepEqual(changes(before, before), []);
  assert.deepEqual(changes({}, { [nickTag]: "", [genderTag]: "Gender_Type_Unknown", [birthdayTag]: 0 }), []);
  assert.deepEqual(changes(before, { [nickTag]: " Rob ", [birthdayTag]: 0, [locationTag]: "Rome" }), [
    { Tag: nickTag, Value: "Rob" },
    { Tag: birthdayTag, Value: 0 },
  ]);
});

test("the result of a friend request has a text", () => {
  assert.equal(outcomeOf(0).done, true);
  assert.equal(outcomeOf(30539).done, true);
  assert.match(outcomeOf(30516).text, /no friend requests/);
  assert.deepEqual(outcomeOf(12345), { done: false, text: "It did not work (12345)." });
});

test("calls share a read, and a call during a read causes another one", async () => {
  let reads = 0;
  let release = () => {};
  const read = sharedRead(() => {
    reads++;
    return new Promise((resolve) => {
      release = resolve;
    });
  });
  const first = read();
  assert.equal(read(), first);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(reads, 1);
  const second = read();
  assert.equal(read(), second);
  release();
  await first;
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(reads, 2);
  release();
  await second;
});

test("after a read that fails the next one is made", async () => {
  let fails = true;
  const read = sharedRead(async () => {
    if (fails) throw new Error("away");
  });
  await assert.rejects(read(), /away/);
  fails = false;
  await read();
});

/** A client whose operations return the answers of a script in order. The test emits its events. */
function scripted(script: Record<string, object[]>) {
  const requests: [string, object | undefined][] = [];
  const listeners = new Map<string, (event: unknown) => void>();
  const operation = (action: string) => async (request?: object) => {
    requests.push([action, request]);
    const answer = script[action]?.shift();
    assert.ok(answer, `${action} is called once too often`);
    return answer;
  };
  const parley = {
    on: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
    friend: {
      list: operation("friend.list"),
      lists: operation("friend.lists"),
      requests: operation("friend.requests"),
      accept: operation("friend.accept"),
    },
    block: { add: operation("block.add"), list: operation("block.list") },
  };
  const people = new People(parley as unknown as Parley, () => {});
  const emit = async (event: string, body: object) => {
    listeners.get(event)?.(body);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { people, requests, emit };
}

const friend = (user: string, remark = "") => ({
  To_Account: user,
  ValueItem: [{ Tag: "Tag_SNS_IM_Remark", Value: remark }],
});

test("friends are read page by page, later only the changes", async () => {
  const { people, requests, emit } = scripted({
    "friend.list": [
      { UserDataItem: [friend("ann")], FriendVersion: 7, Full: true, Cursor: "ann" },
      { UserDataItem: [friend("bob")], FriendVersion: 8, Full: true },
      { UserDataItem: [friend("bob", "Bobby")], Deleted: ["ann"], FriendVersion: 9, Full: false },
      { UserDataItem: [friend("cleo")], FriendVersion: 30, Full: true },
    ],
  });
  const changed = (FriendVersion: number) => emit("friend.changed", { To_Account: [], FriendVersion });
  await changed(7);
  assert.deepEqual([...people.friends.keys()], ["ann", "bob"]);
  await changed(9);
  assert.deepEqual([...people.friends.values()], [{ user: "bob", remark: "Bobby", lists: [] }]);
  await changed(30);
  assert.deepEqual([...people.friends.keys()], ["cleo"]);
  assert.deepEqual(
    requests.map(([, request]) => request),
    [{ Version: 0 }, { Cursor: "ann" }, { Version: 7 }, { Version: 9 }],
  );
});

test("after a sync only lists with another version are read", async () => {
  const none = { RequestItem: [], Requests: 0, RequestsUnread: 0, ReadMs: 0, RequestVersion: 0 };
  const { people, requests, emit } = scripted({
    "friend.list": [{ UserDataItem: [], FriendVersion: 0, Full: true }],
    "friend.lists": [{ ResultItem: [{ GroupName: "work", FriendNumber: 0, To_Account: [] }], ListVersion: 3 }],
    "block.list": [
      { BlackListItem: [{ To_Account: "ann", AddBlackTimeStamp: 1 }], BlockVersion: 5, Cursor: "ann" },
      { BlackListItem: [{ To_Account: "bob", AddBlackTimeStamp: 2 }], BlockVersion: 6 },
      { BlackListItem: [], BlockVersion: 6 },
    ],
    "friend.requests": [
      { ...none, RequestItem: [{ To_Account: "ann", TimeMs: 1 }], RequestsUnread: 2, Cursor: "ann" },
      { ...none, RequestItem: [{ To_Account: "bob", TimeMs: 2 }], RequestsUnread: 2 },
      none,
    ],
  });
  await emit("synced", { FriendVersion: 0, ListVersion: 3, BlockVersion: 5 });
  assert.equal(people.loaded, true);
  assert.deepEqual(people.lists, ["work"]);
  assert.deepEqual([people.blocks("ann"), people.blocks("bob"), people.blocks("cleo")], [true, true, false]);
  assert.deepEqual(
    people.requests.map(({ To_Account }) => To_Account),
    ["bob", "ann"],
  );
  assert.equal(people.unread, 2);
  requests.length = 0;
  await emit("synced", { FriendVersion: 0, ListVersion: 3, BlockVersion: 6 });
  assert.deepEqual(requests.map(([action]) => action).sort(), ["block.list", "friend.requests"]);
  assert.equal(people.blocks("ann"), false);
});

test("an operation succeeds even if the read after it fails", async () => {
  const { people } = scripted({ "friend.accept": [{}] });
  await people.accept("ann");
});

test("an operation rejects if the result for a user is an error", async () => {
  const { people } = scripted({
    "block.add": [{ ResultItem: [{ To_Account: "ann", ResultCode: 30013, ResultInfo: "full" }] }],
  });
  await assert.rejects(people.block("ann"), { code: 30013, message: "full" });
});
