// Five pages of three users who all send messages at the same time. One page is reloaded, one sleeps, one loses its network.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { device, errors, online, reaches, say, signIn, texts } from "./pages.ts";
import type { Relay } from "./relay.ts";
import { setUp } from "./setup.ts";

const run = randomBytes(3).toString("hex"); // so that the users of an earlier run on this cloud are not used again
const [alice, bob, carol] = [`alice-${run}`, `bob-${run}`, `carol-${run}`];

const cloud = setUp();

/** A browser profile whose WebSocket goes through a relay of its own. */
async function person(): Promise<{ context: BrowserContext; relay: Relay }> {
  const { relay, port } = await cloud.relay();
  return { context: await device(cloud.browser, { relay: port }), relay };
}

/** Checks that all pages of a conversation show the same messages in the end. */
async function assertSame(pages: Page[], wanted: string[]): Promise<void> {
  for (const page of pages) {
    await page.waitForFunction((count) => document.querySelectorAll(".message .text").length >= count, wanted.length);
    const shown = await texts(page);
    assert.deepEqual([...shown].sort(), [...wanted].sort(), "each message once");
    for (const who of ["Alice", "Bob", "Carol"]) {
      const of = (list: string[]) => list.filter((text) => text.startsWith(who));
      assert.deepEqual(of(shown), of(wanted), `messages of ${who} are in the order in which they were written`);
    }
  }
  const [first, ...others] = await Promise.all(pages.map(texts));
  for (const other of others) assert.deepEqual(other, first, "all pages have the same order");
}

test("five pages of three users show the same messages, each once and in order", async () => {
  const [alices, bobs, carols] = [await person(), await person(), await person()];
  const [withBob, withCarol] = [
    await signIn(alices.context, cloud.run.http, alice, bob),
    await signIn(alices.context, cloud.run.http, alice, carol),
  ];
  const bobsPage = await signIn(bobs.context, cloud.run.http, bob, alice);
  const carolsPage = await signIn(carols.context, cloud.run.http, carol, alice);
  const second = await signIn(bobs.context, cloud.run.http, bob, alice);
  const wanted: { bob: string[]; carol: string[] } = { bob: [], carol: [] };
  const talk = async (page: Page, pair: "bob" | "carol", who: string, from: number, to: number) => {
    for (let n = from; n <= to; n++) {
      wanted[pair].push(`${who} ${n} to ${pair}`);
      await say(page, `${who} ${n} to ${pair}`);
    }
  };

  // All users send at the same time; alice and bob have two tabs each.
  await Promise.all([
    talk(withBob, "bob", "Alice", 1, 5),
    talk(withCarol, "carol", "Alice", 1, 5),
    talk(bobsPage, "bob", "Bob", 1, 5),
    talk(carolsPage, "carol", "Carol", 1, 5),
  ]);
  await reaches(carolsPage, "Carol 5", "read");

  // Carol loses the network and goes on writing. Bob's machine sleeps. Alice reloads one tab.
  carols.relay.up(false);
  await carols.context.setOffline(true);
  const cdp = await bobs.context.newCDPSession(second);
  await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
  bobs.relay.silence();
  await Promise.all([
    talk(withBob, "bob", "Alice", 6, 10),
    talk(carolsPage, "carol", "Carol", 6, 8),
    withCarol.reload().then(() => talk(withCarol, "carol", "Alice", 6, 8)),
  ]);
  await reaches(withBob, "Alice 10", "sent");
  assert.ok(!(await texts(bobsPage)).includes("Alice 10 to bob"), "a machine that sleeps receives nothing");

  // Bob's machine wakes, and carol's network is back.
  await cdp.send("Page.setWebLifecycleState", { state: "active" });
  await bobsPage.evaluate(() => document.dispatchEvent(new Event("resume")));
  carols.relay.up(true);
  await carols.context.setOffline(false);
  await Promise.all([online(carolsPage), online(bobsPage), online(withCarol)]);
  await Promise.all([
    talk(bobsPage, "bob", "Bob", 6, 10),
    talk(withCarol, "carol", "Alice", 9, 10),
    talk(carolsPage, "carol", "Carol", 9, 10),
  ]);

  await assertSame([withBob, bobsPage, second], wanted.bob);
  await assertSame([withCarol, carolsPage], wanted.carol);
  for (const page of [withBob, withCarol, bobsPage, carolsPage, second]) {
    await page.locator('.message[data-state="sending"]').waitFor({ state: "detached" });
    assert.equal(await page.locator('.message[data-state="failed"]').count(), 0);
  }
  assert.deepEqual(errors, []);
});
