import assert from "node:assert/strict";
import test from "node:test";
import type { Parley } from "@parley/client";
import { alphabet, letterOf } from "../src/people/alphabet.ts";
import { birthdayOf, changes, genderOf, toBirthday, toDate, within } from "../src/people/fields.ts";
import { outcomeOf } from "../src/people/outcome.ts";
import { People } from "../src/people/people.ts";
import { pull } from "../src/people/pull.ts";
import { birthdayTag, genderTag, locationTag, nickTag } from "../src/profile.ts";

test("a name stands under its letter", () => {
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

test("names are in order, and those without a letter come last", () => {
  const names = ["zoe", "10 Bob", "Ana", "álvaro", "9 Bob", "Bea"];
  assert.deepEqual(
    alphabet(names, (name) => name).map(({ letter, entries }) => [letter, ...entries]),
    [
      ["A", "álvaro", "Ana"],
      ["B", "Bea"],
      ["Z", "zoe"],
      ["#", "9 Bob", "10 Bob"],
    ],
  );
});

test("a text is cut between characters", () => {
  assert.equal(within("hello", 5), "hello");
  assert.equal(within("hello", 4), "hell");
  assert.equal(within("año", 2), "a");
  assert.equal(within("ab👍", 5), "ab");
  assert.equal(within("ab👍", 6), "ab👍");
});

test("birthdays are dates", () => {
  assert.equal(toDate(20000131), "2000-01-31");
  for (const bad of [undefined, 0, 131, 20001331]) assert.equal(toDate(bad), "");
  assert.equal(toBirthday("2000-01-31"), 20000131);
  assert.equal(toBirthday(""), 0);
  assert.match(birthdayOf({ [birthdayTag]: 20000131 }), /2000/);
  assert.equal(birthdayOf({}), "");
});

test("a gender is told where it is said", () => {
  assert.equal(genderOf({ [genderTag]: "Gender_Type_Female" }), "Female");
  assert.equal(genderOf({ [genderTag]: "Gender_Type_Unknown" }), "");
  assert.equal(genderOf({}), "");
});

test("an edit names the fields that it changes", () => {
  const before = { [nickTag]: "Bob", [birthdayTag]: 20000131, [locationTag]: "Rome" };
  assert.deepEqual(changes(before, before), []);
  assert.deepEqual(changes({}, { [nickTag]: "", [genderTag]: "Gender_Type_Unknown", [birthdayTag]: 0 }), []);
  assert.deepEqual(changes(before, { [nickTag]: " Rob ", [birthdayTag]: 0, [locationTag]: "Rome" }), [
    { Tag: nickTag, Value: "Rob" },
    { Tag: birthdayTag, Value: 0 },
  ]);
});

test("what became of a request is told", () => {
  assert.equal(outcomeOf(0).done, true);
  assert.equal(outcomeOf(30539).done, true);
  assert.match(outcomeOf(30516).text, /no friend requests/);
  assert.deepEqual(outcomeOf(12345), { done: false, text: "It did not work (12345)." });
});

test("reads are shared, and a change during a read has another read", async () => {
  let reads = 0;
  let release = () => {};
  const again = pull(() => {
    reads++;
    return new Promise((resolve) => {
      release = resolve;
    });
  });
  const first = again();
  assert.equal(again(), first);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(reads, 1);
  const second = again();
  assert.equal(again(), second);
  release();
  await first;
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(reads, 2);
  release();
  await second;
});

test("a read that fails does not keep the next one from being made", async () => {
  let fails = true;
  const again = pull(async () => {
    if (fails) throw new Error("away");
  });
  await assert.rejects(again(), /away/);
  fails = false;
  await again();
});

/** A client whose operations answer from a script in turn, and whose events are told by hand. */
function scripted(script: Record<string, object[]>) {
  const asked: [string, object | undefined][] = [];
  const listeners = new Map<string, (event: unknown) => void>();
  const operation = (action: string) => async (request?: object) => {
    asked.push([action, request]);
    const answer = script[action]?.shift();
    assert.ok(answer, `${action} is asked once too often`);
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
  const tell = async (event: string, body: object) => {
    listeners.get(event)?.(body);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { people, asked, tell };
}

const friend = (user: string, remark = "") => ({
  To_Account: user,
  ValueItem: [{ Tag: "Tag_SNS_IM_Remark", Value: remark }],
});

test("friends are read page by page, then what changed since", async () => {
  const { people, asked, tell } = scripted({
    "friend.list": [
      { UserDataItem: [friend("ann")], FriendVersion: 7, Full: true, Cursor: "ann" },
      { UserDataItem: [friend("bob")], FriendVersion: 8, Full: true },
      { UserDataItem: [friend("bob", "Bobby")], Deleted: ["ann"], FriendVersion: 9, Full: false },
      { UserDataItem: [friend("cleo")], FriendVersion: 30, Full: true },
    ],
  });
  const changed = (FriendVersion: number) => tell("friend.changed", { To_Account: [], FriendVersion });
  await changed(7);
  assert.deepEqual([...people.friends.keys()], ["ann", "bob"]);
  await changed(9);
  assert.deepEqual([...people.friends.values()], [{ user: "bob", remark: "Bobby", lists: [] }]);
  await changed(30);
  assert.deepEqual([...people.friends.keys()], ["cleo"]);
  assert.deepEqual(
    asked.map(([, request]) => request),
    [{ Version: 0 }, { Cursor: "ann" }, { Version: 7 }, { Version: 9 }],
  );
});

test("a sync reads what is another", async () => {
  const none = { RequestItem: [], Requests: 0, RequestsUnread: 0, ReadMs: 0, RequestVersion: 0 };
  const { people, asked, tell } = scripted({
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
  await tell("synced", { FriendVersion: 0, ListVersion: 3, BlockVersion: 5 });
  assert.equal(people.loaded, true);
  assert.deepEqual(people.lists, ["work"]);
  assert.deepEqual([people.blocks("ann"), people.blocks("bob"), people.blocks("cleo")], [true, true, false]);
  assert.deepEqual(
    people.requests.map(({ To_Account }) => To_Account),
    ["bob", "ann"],
  );
  assert.equal(people.unread, 2);
  asked.length = 0;
  await tell("synced", { FriendVersion: 0, ListVersion: 3, BlockVersion: 6 });
  assert.deepEqual(asked.map(([action]) => action).sort(), ["block.list", "friend.requests"]);
  assert.equal(people.blocks("ann"), false);
});

test("what was done is done, also where the reading after it fails", async () => {
  const { people } = scripted({ "friend.accept": [{}] });
  await people.accept("ann");
});

test("a result that is an error rejects", async () => {
  const { people } = scripted({
    "block.add": [{ ResultItem: [{ To_Account: "ann", ResultCode: 30013, ResultInfo: "full" }] }],
  });
  await assert.rejects(people.block("ann"), { code: 30013, message: "full" });
});
