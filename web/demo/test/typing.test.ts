import assert from "node:assert/strict";
import { test } from "node:test";
import { Typing } from "../src/typing.ts";

/** A clock that the test moves, and the notifications that were sent. */
function setUp() {
  const w = { now: 1_000_000, notified: [] as string[], changes: 0, typing: undefined as unknown as Typing };
  w.typing = new Typing(
    (to, on) => w.notified.push(`${to} ${on}`),
    () => w.changes++,
    () => w.now,
  );
  return w;
}

test("another user is notified at most once in three seconds", () => {
  const w = setUp();
  for (let i = 0; i < 70; i++, w.now += 100) w.typing.keyPressed("bob");
  assert.deepEqual(w.notified, ["bob true", "bob true", "bob true"]);
  w.typing.keyPressed("carol");
  assert.equal(w.notified.at(-1), "carol true");
});

test("a stop is notified once, and not after the message was sent or the notification has expired", () => {
  const w = setUp();
  w.typing.stop("bob");
  w.typing.keyPressed("bob");
  w.typing.stop("bob");
  w.typing.stop("bob");
  w.typing.keyPressed("bob");
  w.typing.sent("bob");
  w.typing.stop("bob");
  w.typing.keyPressed("bob");
  w.now += 6000;
  w.typing.stop("bob");
  assert.deepEqual(w.notified, ["bob true", "bob false", "bob true", "bob true"]);
});

test("a user without further notifications is not typing any more after six seconds", () => {
  const w = setUp();
  w.typing.received("bob", true);
  w.now += 4000;
  w.typing.received("bob", true);
  w.now += 5999;
  assert.ok(w.typing.has("bob"));
  w.now += 1;
  assert.ok(!w.typing.has("bob"));
  w.typing.received("bob", false);
  w.typing.received("bob", false);
  assert.equal(w.changes, 2);
});
