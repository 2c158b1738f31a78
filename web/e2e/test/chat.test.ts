import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { Relay } from "./relay.ts";
import { type Run, startStack, top } from "./stack.ts";

const pictures = join(top, ".local/screenshots");
const patience = 20_000;

let stack: { run: Run; stop(): Promise<void> };
let browser: Browser;
let relay: Relay;
let relayed: number;
const errors: string[] = [];

before(async () => {
  mkdirSync(pictures, { recursive: true });
  stack = await startStack();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const door = new URL(stack.run.websocket);
  relay = new Relay(door.hostname, Number(door.port));
  relayed = await relay.start();
});

after(async () => {
  await browser?.close();
  relay?.stop();
  await stack?.stop();
});

/** A browser of its own, with storage of its own. */
async function device(look: { dark?: boolean; narrow?: boolean; relay?: boolean } = {}): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: look.narrow ? { width: 390, height: 844 } : { width: 1280, height: 800 },
    colorScheme: look.dark ? "dark" : "light",
    locale: "en-GB",
  });
  context.setDefaultTimeout(patience);
  if (look.relay) {
    await context.route("**/_local/demo", async (route) => {
      const demo = await (await route.fetch()).json();
      const websocket = new URL(demo.websocket);
      websocket.hostname = "127.0.0.1";
      websocket.port = String(relayed);
      await route.fulfill({ json: { ...demo, websocket: websocket.href } });
    });
  }
  return context;
}

async function signIn(context: BrowserContext, user: string, peer?: string): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => errors.push(`${user}: ${error.stack ?? error}`));
  await page.goto(`${stack.run.http}/?user=${user}${peer ? `#${peer}` : ""}`);
  await page.locator('.sidebar .status[data-tone="good"]').waitFor({ state: "attached" });
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: /^Message to/ }).fill(text);
  await page.keyboard.press("Enter");
}

const message = (page: Page, text: string): Locator => page.locator(".message", { hasText: text });
const row = (page: Page, peer: string): Locator => page.locator(`[data-peer="${peer}"]`);
const texts = (page: Page): Promise<string[]> => page.locator(".message .text").allTextContents();
const picture = (page: Page, name: string) =>
  page.screenshot({ path: join(pictures, `${name}.png`), animations: "disabled" });

/** Waits for a message to be in a state. */
const reaches = (page: Page, text: string, state: string) =>
  page.locator(`.message[data-state="${state}"]`, { hasText: text }).waitFor();

test("two people chat, one loses the network, and another device takes over", { timeout: 170_000 }, async (t) => {
  const alices = await device();
  const bobs = await device({ relay: true });
  let alice: Page;
  let bob: Page;

  await t.test("sign in with a card", async () => {
    alice = await alices.newPage();
    alice.on("pageerror", (error) => errors.push(`alice: ${error.stack ?? error}`));
    await alice.goto(stack.run.http);
    await alice.getByRole("button", { name: /Alice/ }).waitFor();
    await picture(alice, "sign-in");
    await alice.getByRole("button", { name: /Alice/ }).click();
    await alice.locator('.sidebar .status[data-tone="good"]').waitFor();
    assert.match(alice.url(), /\?user=alice$/);
    bob = await signIn(bobs, "bob");
  });

  await t.test("an unread badge appears and clears, and a read mark appears", async () => {
    await row(alice, "bob").getByRole("button").click();
    await alice.getByText("The first word is yours.").waitFor();
    await picture(alice, "empty-conversation");
    await say(alice, "Hello Bob, this is Alice.");
    await reaches(alice, "Hello Bob", "sent");
    await row(bob, "alice").locator(".badge", { hasText: "1" }).waitFor();
    assert.match(await bob.title(), /^\(1\)/);
    await say(alice, "Are you <b>there</b>?");
    await row(bob, "alice").locator(".badge", { hasText: "2" }).waitFor();
    await row(bob, "alice").getByRole("button").click();
    await reaches(alice, "Are you <b>there</b>?", "read");
    await row(bob, "alice").locator(".badge").waitFor({ state: "detached" });
    await bob.locator(".new-line").waitFor();
  });

  await t.test("both ways, in order, as text", async () => {
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
    await picture(alice, "conversation");
  });

  await t.test("a reload keeps the history and the conversation", async () => {
    const before = await texts(alice);
    await alice.reload();
    await message(alice, "Here I am.").waitFor();
    await alice.locator(".beginning").waitFor({ state: "attached" });
    assert.deepEqual(await texts(alice), before);
    await reaches(alice, "Hello Bob", "read");
  });

  await t.test("what was missed offline arrives, and what was written offline is sent", async () => {
    relay.up(false);
    await bobs.setOffline(true);
    await bob.locator('.sidebar .status[data-tone="busy"]').waitFor({ state: "attached" });
    for (const n of ["one", "two", "three"]) await say(alice, `Missed ${n}`);
    await reaches(alice, "Missed three", "sent");
    await say(bob, "Written in a tunnel");
    await reaches(bob, "Written in a tunnel", "sending");
    assert.equal(await message(bob, "Missed one").count(), 0);
    await picture(bob, "offline");
    relay.up(true);
    await bobs.setOffline(false);
    await bob.locator('.sidebar .status[data-tone="good"]').waitFor({ state: "attached" });
    for (const n of ["one", "two", "three"]) await message(bob, `Missed ${n}`).waitFor();
    await message(alice, "Written in a tunnel").waitFor();
    await reaches(alice, "Missed three", "read");
    const missed = (await texts(bob)).filter((text) => text.startsWith("Missed"));
    assert.deepEqual(missed, ["Missed one", "Missed two", "Missed three"]);
  });

  await t.test("another device of the same kind takes over, and can be taken over", async () => {
    const other = await device({ narrow: true, dark: true });
    const third = await signIn(other, "alice");
    await alice.getByRole("alert").getByText("another device").waitFor();
    await row(third, "bob").locator("time").waitFor();
    await picture(third, "list-narrow-dark");
    await row(third, "bob").getByRole("button").click();
    await message(third, "Missed three").waitFor();
    await picture(third, "conversation-narrow-dark");
    await picture(alice, "kicked");
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
