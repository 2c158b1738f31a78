import assert from "node:assert/strict";
import { test } from "node:test";
import { Typing } from "../src/typing.ts";

/** A clock that a test moves, and what was told. */
function world() {
  const w = { now: 1_000_000, told: [] as string[], changes: 0, typing: undefined as unknown as Typing };
  w.typing = new Typing(
    (to, on) => w.told.push(`${to} ${on}`),
    () => w.changes++,
    () => w.now,
  );
  return w;
}

test("others are told at most once in three seconds", () => {
  const w = world();
  for (let i = 0; i < 70; i++, w.now += 100) w.typing.write("bob");
  assert.deepEqual(w.told, ["bob true", "bob true", "bob true"]);
  w.typing.write("carol");
  assert.equal(w.told.at(-1), "carol true");
});

test("stopping is told once, not after the message was sent, and not when it is old", () => {
  const w = world();
  w.typing.stop("bob");
  w.typing.write("bob");
  w.typing.stop("bob");
  w.typing.stop("bob");
  w.typing.write("bob");
  w.typing.sent("bob");
  w.typing.stop("bob");
  w.typing.write("bob");
  w.now += 6000;
  w.typing.stop("bob");
  assert.deepEqual(w.told, ["bob true", "bob false", "bob true", "bob true"]);
});

test("who says nothing more is not writing after six seconds", () => {
  const w = world();
  w.typing.heard("bob", true);
  w.now += 4000;
  w.typing.heard("bob", true);
  w.now += 5999;
  assert.ok(w.typing.has("bob"));
  w.now += 1;
  assert.ok(!w.typing.has("bob"));
  w.typing.heard("bob", false);
  w.typing.heard("bob", false);
  assert.equal(w.changes, 2);
});
