import assert from "node:assert/strict";
import { test } from "node:test";
import { Lookup } from "../src/lookup.ts";

const settled = () => new Promise((done) => setTimeout(done, 5));

test("users that are looked up at the same time are read in one call, once", async () => {
  const calls: string[][] = [];
  let changes = 0;
  const names = new Lookup<string | undefined>(
    undefined,
    async (users) => {
      calls.push(users);
      return new Map(users.filter((user) => user !== "nobody").map((user) => [user, user.toUpperCase()]));
    },
    () => changes++,
  );
  for (const user of ["alice", "bob", "alice", "nobody"]) assert.equal(names.get(user), undefined);
  await settled();
  assert.deepEqual(calls, [["alice", "bob", "nobody"]]);
  assert.equal(names.get("alice"), "ALICE");
  assert.equal(names.get("nobody"), undefined);
  await settled();
  assert.equal(calls.length, 1);
  assert.equal(changes, 1);
});

test("more than a hundred users are read in several calls", async () => {
  const sizes: number[] = [];
  const names = new Lookup<string>(
    "",
    async (users) => {
      sizes.push(users.length);
      return new Map();
    },
    () => {},
  );
  for (let i = 0; i < 230; i++) names.get(`u${i}`);
  await settled();
  await settled();
  assert.deepEqual(sizes, [100, 100, 30]);
});

test("after a failure there is no other call at once", async () => {
  let calls = 0;
  const names = new Lookup<string>(
    "?",
    async () => {
      calls++;
      throw new Error("no network");
    },
    () => {},
  );
  names.get("alice");
  await settled();
  assert.equal(names.get("alice"), "?");
  await settled();
  assert.equal(calls, 1);
  names.stop();
});

test("a value that was set stays until it is read again", async () => {
  const names = new Lookup<string>(
    "",
    async (users) => new Map(users.map((user) => [user, "read"])),
    () => {},
  );
  names.set("alice", "told");
  assert.equal(names.get("alice"), "told");
  names.refreshAll();
  assert.equal(names.get("alice"), "told");
  await settled();
  assert.equal(names.get("alice"), "read");
});
