import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import {
  device,
  errors,
  message,
  newPage,
  online,
  open,
  reaches,
  row,
  say,
  screenshot,
  signIn,
  texts,
} from "./pages.ts";
import { setUp } from "./setup.ts";

const cloud = setUp();

test("two people chat, one loses the network, and another device takes over", async (t) => {
  const { browser } = cloud;
  const { http } = cloud.run;
  const { relay, port } = await cloud.relay();
  const alices = await device(browser);
  const bobs = await device(browser, { relay: port });
  let alice: Page;
  let bob: Page;

  await t.test("a user signs in with a card", async () => {
    alice = await newPage(alices, "alice");
    await alice.goto(http);
    await alice.getByRole("button", { name: /Alice/ }).waitFor();
    await screenshot(alice, "sign-in");
    await alice.getByRole("button", { name: /Alice/ }).click();
    await online(alice);
    assert.match(alice.url(), /\?user=alice$/);
    bob = await signIn(bobs, http, "bob");
  });

  await t.test("an unread badge appears and is removed, and the sender sees that the message was read", async () => {
    await open(alice, "bob");
    await alice.getByText("The first word is yours.").waitFor();
    await screenshot(alice, "empty-conversation");
    await say(alice, "Hello Bob, this is Alice.");
    await reaches(alice, "Hello Bob", "sent");
    await row(bob, "alice").locator(".badge", { hasText: "1" }).waitFor();
    await bob.waitForFunction(() => document.title.startsWith("(1)"));
    await say(alice, "Are you <b>there</b>?");
    await row(bob, "alice").locator(".badge", { hasText: "2" }).waitFor();
    await open(bob, "alice");
    await reaches(alice, "Are you <b>there</b>?", "read");
    await row(bob, "alice").locator(".badge").waitFor({ state: "detached" });
    await bob.locator(".new-line").waitFor();
  });

  await t.test("messages are shown to both users, in order, as plain text", async () => {
    await say(bob, "Here I am.");
    await message(alice, "Here I am.").waitFor();
    await say(alice, "Good. The numbers are at https://example.com/numbers");
    await message(bob, "The numbers").waitFor();
    await say(bob, "👍");
    await message(alice, "👍").waitFor();
    const wanted = [
      "Hello Bob, this is Alice.",
      "Are you <b>there</b>?",
      "Here I am.",
      "Good. The numbers are at https://example.com/numbers",
      "👍",
    ];
    assert.deepEqual(await texts(alice), wanted);
    assert.deepEqual(await texts(bob), wanted);
    await screenshot(alice, "conversation");
  });

  await t.test("a reload keeps the history and the conversation", async () => {
    const before = await texts(alice);
    await alice.reload();
    await message(alice, "Here I am.").waitFor();
    await alice.locator(".beginning").waitFor({ state: "attached" });
    assert.deepEqual(await texts(alice), before);
    await reaches(alice, "Hello Bob", "read");
  });

  await t.test("messages missed offline arrive, and messages written offline are sent", async () => {
    relay.up(false);
    await bobs.setOffline(true);
    await bob.locator('.sidebar .status[data-tone="busy"]').waitFor({ state: "attached" });
    for (const n of ["one", "two", "three"]) await say(alice, `Missed ${n}`);
    await reaches(alice, "Missed three", "sent");
    await say(bob, "Written in a tunnel");
    await reaches(bob, "Written in a tunnel", "sending");
    assert.equal(await message(bob, "Missed one").count(), 0);
    await screenshot(bob, "offline");
    relay.up(true);
    await bobs.setOffline(false);
    await online(bob);
    for (const n of ["one", "two", "three"]) await message(bob, `Missed ${n}`).waitFor();
    await message(alice, "Written in a tunnel").waitFor();
    await reaches(alice, "Missed three", "read");
    const missed = (await texts(bob)).filter((text) => text.startsWith("Missed"));
    assert.deepEqual(missed, ["Missed one", "Missed two", "Missed three"]);
  });

  await t.test("another device of the same kind takes the slot, and the first one can take it back", async () => {
    const other = await device(browser, { width: 390, dark: true });
    const third = await signIn(other, http, "alice");
    await alice.getByRole("alert").getByText("another device").waitFor();
    await row(third, "bob").locator("time").waitFor();
    await screenshot(third, "list-narrow-dark");
    await open(third, "bob");
    await message(third, "Missed three").waitFor();
    await screenshot(third, "conversation-narrow-dark");
    await screenshot(alice, "kicked");
    await say(bob, "To the other device");
    await message(third, "To the other device").waitFor();
    assert.equal(await message(alice, "To the other device").count(), 0);
    await alice.getByRole("button", { name: "Use here" }).click();
    await message(alice, "To the other device").waitFor();
    await third.getByRole("alert").getByText("another device").waitFor();
    await other.close();
  });

  await t.test("no page had an error", () => assert.deepEqual(errors, []));
});
