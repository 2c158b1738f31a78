import assert from "node:assert/strict";
import { test } from "node:test";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { misplacedTexts } from "./layoutChecks.ts";
import { call, signature, sleep } from "./localCloud.ts";
import {
  axeFindings,
  choose,
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

let alices: BrowserContext;
let alice: Page;
let bob: Page;

const cloud = setUp(async (cloud) => {
  alices = await device(cloud.browser);
  alice = await signIn(alices, cloud.run.http, "alice", "bob");
  bob = await signIn(await device(cloud.browser, { dark: true }), cloud.run.http, "bob", "alice");
});

/** Sends a body of any kind from bob. */
const bobSends = (MsgBody: object[]) =>
  call(cloud.run, "bob", "message.send", { To_Account: "alice", MsgSeq: seq++, MsgRandom: random(), MsgBody });
let seq = 1;
const text = (Text: string) => [{ MsgType: "TIMTextElem", MsgContent: { Text } }];
const random = () => Math.floor(Math.random() * 2 ** 32);

/** Scrolls to the newest message, also if the page is there already and hides the button. */
const toEnd = (page: Page) => page.locator(".jump").dispatchEvent("click");

/** Waits until a part of a thread is in view. */
async function inView(page: Page, part: Locator): Promise<void> {
  const view = await page.locator(".thread-scroll").boundingBox();
  for (const deadline = Date.now() + 120_000; ; await sleep(50)) {
    const box = await part.boundingBox();
    if (view && box && box.y >= view.y && box.y + box.height <= view.y + view.height) return;
    assert.ok(Date.now() < deadline, "it is not in view");
  }
}

test("messages and their actions", async (t) => {
  await t.test("a reply shows a quote, and a click on it scrolls to the message", async () => {
    await say(alice, "Shall we meet at noon?");
    await say(alice, "Or later?");
    await message(bob, "Or later?").waitFor();
    await choose(bob, message(bob, "at noon"), "Reply");
    await bob.getByText("Reply to Alice").waitFor();
    await say(bob, "Noon is fine");
    const quote = message(alice, "Noon is fine").locator(".quote");
    await quote.waitFor();
    assert.equal(await quote.textContent(), "YouShall we meet at noon?");
    for (let i = 1; i <= 30; i++) await bobSends(text(`Line ${i}.`));
    await message(alice, "Line 30.").waitFor();
    await quote.click();
    await inView(alice, message(alice, "Shall we meet at noon?").first().locator(".text"));
  });

  await t.test("reactions are counted, and a click adds or removes one", async () => {
    const noon = message(alice, "Noon is fine");
    await noon.hover();
    await noon.getByRole("button", { name: "React", exact: true }).click();
    await alice.getByRole("button", { name: "🎉" }).click();
    const chip = message(bob, "Noon is fine").locator(".chip");
    await chip.getByText("1").waitFor();
    await chip.click();
    await noon.locator(".chip", { hasText: "2" }).waitFor();
    assert.equal(await noon.locator(".chip").getAttribute("aria-pressed"), "true");
    await screenshot(bob, "thread-dark");
    await noon.locator(".chip").click();
    await chip.getByText("1").waitFor();
    await toEnd(bob);
    await choose(alice, message(alice, "Line 30."), "Copy text");
    assert.equal(await alice.evaluate(() => navigator.clipboard.readText()), "Line 30.");
  });

  await t.test("the arrow-up key edits the last message", async () => {
    await say(alice, "See you at nooon");
    await message(bob, "nooon").waitFor();
    await reaches(alice, "nooon", "read");
    await alice.keyboard.press("ArrowUp");
    const field = alice.getByRole("textbox", { name: "Edit the message" });
    assert.equal(await field.inputValue(), "See you at nooon");
    await screenshot(alice, "editing");
    await field.fill("See you at noon");
    await alice.keyboard.press("Enter");
    await message(bob, "See you at noon").getByText("edited").waitFor();
    assert.equal(await message(bob, "nooon").count(), 0);
  });

  await t.test("a recalled message leaves a line, and its text can be edited again", async () => {
    await say(alice, "Wrong window");
    await message(bob, "Wrong window").waitFor();
    await reaches(alice, "Wrong window", "read");
    await choose(alice, message(alice, "Wrong window"), "Recall for everyone");
    await bob.getByText("Alice recalled a message").waitFor();
    await row(bob, "alice").getByText("Message recalled").waitFor();
    await alice.getByRole("button", { name: "Edit again" }).click();
    assert.equal(await alice.getByRole("textbox", { name: "Message to Bob" }).inputValue(), "Wrong window");
    await alice.getByRole("textbox", { name: "Message to Bob" }).fill("");
  });

  await t.test("a deletion is confirmed, and is for the user only", async () => {
    await choose(alice, message(alice, "Line 29."), "Delete for me");
    await alice.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await message(alice, "Line 29.").waitFor({ state: "detached" });
    assert.equal(await message(bob, "Line 29.").count(), 1);
  });

  await t.test("the thread and the list show who is typing", async () => {
    await bob.getByRole("textbox", { name: /^Message to/ }).pressSequentially("He");
    await alice.locator(".thread-head").getByText("typing…").waitFor();
    await row(alice, "bob").getByText("typing…").waitFor();
    await bob.getByRole("textbox", { name: /^Message to/ }).fill("");
    await alice.locator(".thread-head").getByText("Online").waitFor();
  });

  await t.test("a refused message can be tried again or discarded", async () => {
    await call(cloud.run, "bob", "block.add", { To_Account: ["alice"] });
    await say(alice, "Are you angry?");
    await reaches(alice, "Are you angry?", "failed");
    await row(alice, "bob").getByText("Not sent").waitFor();
    await screenshot(alice, "refused");
    await call(cloud.run, "bob", "block.remove", { To_Account: ["alice"] });
    await message(alice, "Are you angry?").getByRole("button", { name: "Retry" }).click();
    await message(bob, "Are you angry?").waitFor();
    await reaches(alice, "Are you angry?", "read");
  });

  await t.test("the keyboard moves between messages and opens their menu", async () => {
    await alice.getByRole("textbox", { name: "Message to Bob" }).focus();
    await alice.locator('.message[tabindex="0"]').focus();
    await alice.keyboard.press("ArrowUp");
    await alice.keyboard.press("Enter");
    await alice.getByRole("menu").waitFor();
    await screenshot(alice, "message-menu");
    await alice.keyboard.press("Escape");
    await alice.getByRole("menu").waitFor({ state: "detached" });
    assert.ok(await alice.evaluate(() => document.activeElement?.matches(".message")));
    await row(alice, "bob").locator(".row").focus();
    await alice.keyboard.press("ContextMenu");
    await alice.getByRole("menuitem", { name: "Pin to the top" }).waitFor();
    await alice.keyboard.press("Escape");
  });

  await t.test("elements that are not text are shown by their kind", async () => {
    const { http } = cloud.run;
    const image = { Type: 1, Size: 1, Width: 320, Height: 180, URL: `${http}/picture.svg` };
    await toEnd(alice);
    await alice.route("**/picture.svg", (route) => route.fulfill({ contentType: "image/svg+xml", body: sky }));
    await bobSends([{ MsgType: "TIMFileElem", MsgContent: file(http) }]);
    await bobSends([
      {
        MsgType: "TIMSoundElem",
        MsgContent: { Url: `${http}/a.mp3`, UUID: "2", Size: 9, Second: 7, Download_Flag: 2 },
      },
    ]);
    await bobSends([{ MsgType: "TIMLocationElem", MsgContent: { Desc: "Café", Latitude: 59.9, Longitude: 10.7 } }]);
    await bobSends([{ MsgType: "TIMCustomElem", MsgContent: { Data: "{}", Desc: "A game invitation" } }]);
    await bobSends([{ MsgType: "TIMImageElem", MsgContent: { UUID: "1", ImageFormat: 3, ImageInfoArray: [image] } }]);
    const merged = [
      { From_Account: "carol", MsgSeq: 1, MsgRandom: 1, MsgTimeStamp: 1_700_000_000, MsgBody: text("Psst") },
    ];
    await call(cloud.run, "bob", "message.forward", {
      To_Account: "alice",
      MsgRandom: random(),
      Title: "Carol and Bob",
      AbstractList: ["Carol: Psst"],
      CompatibleText: "Messages",
      MsgList: merged,
    });
    await message(alice, "Voice message, 0:07").locator("audio").waitFor();
    assert.match((await message(alice, "report.pdf").textContent()) ?? "", /2 KB/);
    const place = message(alice, "Café").getByRole("link");
    assert.match((await place.getAttribute("href")) ?? "", /mlat=59\.9&mlon=10\.7/);
    await message(alice, "A game invitation").waitFor();
    await alice.waitForFunction(() => document.querySelector<HTMLImageElement>(".picture img")?.naturalWidth === 320);
    await alice.locator(".relay").click();
    await alice.getByRole("dialog", { name: "Carol and Bob" }).getByText("Psst").waitFor();
    await alice.getByRole("button", { name: "Close" }).click();
    await screenshot(alice, "elements");
  });
});

const sky = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="180"><rect width="320" height="180" fill="#8ec5e8"/>
  <circle cx="250" cy="48" r="24" fill="#fff3b0"/><path d="M0 180V130l70-50 60 44 50-30 140 86z" fill="#4d7c5a"/></svg>`;

const file = (http: string) => ({
  Url: `${http}/report.pdf`,
  UUID: "1",
  FileSize: 2048,
  FileName: "report.pdf",
  Download_Flag: 2,
});

test("the list of conversations", async (t) => {
  await t.test("a draft is shown in the list, and is there after a reload", async () => {
    await alice.getByRole("textbox", { name: "Message to Bob" }).fill("Not yet finished");
    await alice.keyboard.press("Escape");
    await row(alice, "bob").getByText("Draft:").waitFor();
    await alice.reload();
    await online(alice);
    await row(alice, "bob").getByText("Not yet finished").waitFor();
    await open(alice, "bob");
    assert.equal(await alice.getByRole("textbox", { name: "Message to Bob" }).inputValue(), "Not yet finished");
    await alice.getByRole("textbox", { name: "Message to Bob" }).fill("");
    await alice.keyboard.press("Escape");
    await row(alice, "bob").getByText("Draft:").waitFor({ state: "detached" });
  });

  await t.test("pinned conversations are first, and muted ones do not count", async () => {
    await call(cloud.run, "carol", "message.send", { To_Account: "alice", MsgRandom: random(), MsgBody: text("Hi!") });
    await row(alice, "carol").locator(".badge", { hasText: "1" }).waitFor();
    await alice.waitForFunction(() => document.title.startsWith("(1)"));
    await choose(alice, row(alice, "bob").locator(".row"), "Pin to the top");
    await alice.locator('.item:first-child[data-peer="bob"][data-pinned]').waitFor();
    await choose(alice, row(alice, "carol").locator(".row"), "Mute");
    await row(alice, "carol").locator(".badge.quiet").waitFor();
    await alice.waitForFunction(() => !document.title.startsWith("("));
    await screenshot(alice, "list");
    await row(alice, "carol").hover();
    await row(alice, "carol").getByRole("button", { name: /^More/ }).click();
    await alice.getByRole("menuitem", { name: "Mark as read" }).click();
    await row(alice, "carol").locator(".badge").waitFor({ state: "detached" });
  });

  await t.test("the search finds messages, and a click scrolls to them", async () => {
    await alice.keyboard.press("Control+k");
    await alice.keyboard.type("at noon?");
    const hit = alice.getByRole("list", { name: "Messages" }).getByRole("button").first();
    await hit.waitFor();
    await screenshot(alice, "search");
    await hit.click();
    await alice.waitForFunction(() => /#bob\/\d+_\d+_\d+$/.test(location.href));
    const shown = message(alice, "Shall we meet at noon?").first().locator(".text");
    await inView(alice, shown);
    await toEnd(alice);
    await hit.click();
    await inView(alice, shown);
    await alice.getByRole("searchbox").fill("");
  });

  await t.test("a conversation is deleted with its history", async () => {
    await choose(alice, row(alice, "carol").locator(".row"), "Delete");
    await alice.getByRole("checkbox", { name: "Also clear the history" }).check();
    await screenshot(alice, "delete");
    await alice.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await row(alice, "carol").getByText("Say hello").waitFor();
    await open(alice, "carol");
    await alice.getByText("The first word is yours.").waitFor();
  });
});

test("layout at every width and in every script", async (t) => {
  await t.test("the history is loaded while the user scrolls up", async () => {
    for (let i = 1; i <= 70; i++) await bobSends(text(`Older ${i}.`));
    await alice.goto(`${cloud.run.http}/?user=alice`);
    await open(alice, "bob");
    await message(alice, "Older 70.").waitFor();
    await alice.locator(".thread-scroll").hover();
    for (let tries = 0; tries < 60 && (await message(alice, "Shall we meet").count()) === 0; tries++) {
      await alice.mouse.wheel(0, -2000);
      await alice.waitForTimeout(50);
    }
    await message(alice, "Shall we meet").first().waitFor();
    const all = (await texts(alice)).filter((one) => one.startsWith("Older"));
    assert.deepEqual(
      all,
      Array.from({ length: 70 }, (_, i) => `Older ${i + 1}.`),
    );
  });

  await t.test("right-to-left texts and long words stay within the page", async () => {
    await bobSends(text("שלום, מה שלומך? (טוב!)"));
    await bobSends(text(`مرحبا ${"و".repeat(120)}`));
    await bobSends(text(`https://example.com/${"a".repeat(200)}`));
    await message(alice, "שלום").waitFor();
    await toEnd(alice);
    for (const width of [390, 820, 1280]) {
      await alice.setViewportSize({ width, height: 844 });
      await message(alice, "example.com/aaa").waitFor();
      assert.deepEqual(await misplacedTexts(alice), [], `at ${width}`);
      await screenshot(alice, `thread-${width}`);
      const text = await message(alice, "שלום").locator(".text").boundingBox();
      const time = await message(alice, "שלום").locator("time").boundingBox();
      assert.ok(text && time && time.x < text.x, "the time is at the end of the text");
    }
    await alice.setViewportSize({ width: 390, height: 844 });
    await alice.getByRole("button", { name: "Back to conversations" }).click();
    await row(alice, "bob").waitFor();
    assert.deepEqual(await misplacedTexts(alice), []);
    await screenshot(alice, "list-390");
    await alice.setViewportSize({ width: 820, height: 844 });
    await screenshot(alice, "list-820");
    await alice.setViewportSize({ width: 1280, height: 800 });
  });

  await t.test("a long press opens a menu on a phone", async () => {
    const phone = await signIn(
      await device(cloud.browser, { width: 390, touch: true }),
      cloud.run.http,
      "carol",
      "bob",
    );
    await say(phone, "From my phone");
    await phone.getByRole("button", { name: "Send" }).click();
    const bubble = message(phone, "From my phone");
    await reaches(phone, "From my phone", "sent");
    await bubble.dispatchEvent("pointerdown", { pointerType: "touch", clientX: 300, clientY: 700 });
    await phone.getByRole("menuitem", { name: "Reply" }).waitFor();
    await screenshot(phone, "menu-390");
    await phone.context().close();
  });

  await t.test("axe finds nothing serious, in light and dark", async () => {
    await alice.emulateMedia({ reducedMotion: "reduce" }); // an element that is fading in has too little contrast
    await open(alice, "bob");
    await message(alice, "שלום").waitFor();
    assert.deepEqual(await axeFindings(alice), []);
    assert.deepEqual(await axeFindings(bob), []);
    await message(alice, "Older 70.").click({ button: "right" });
    await alice.getByRole("menu").waitFor();
    assert.deepEqual(await axeFindings(alice), []);
    await alice.keyboard.press("Escape");
  });

  await t.test("the chosen appearance is there after a reload", async () => {
    const background = () => alice.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await alice.getByRole("button", { name: "Me", exact: true }).click();
    await alice.getByRole("radio", { name: "Dark" }).check();
    const dark = await background();
    assert.notEqual(dark, light);
    await alice.reload();
    await alice.getByRole("radio", { name: "Dark" }).waitFor();
    assert.equal(await background(), dark);
  });

  await t.test("with a config.json of another cloud the user pastes a UserSig", async () => {
    const context = await device(cloud.browser);
    const { http, websocket, sdkappid } = cloud.run;
    await context.route("**/config.json", (route) => route.fulfill({ json: { http, websocket, sdkappid } }));
    const page = await newPage(context, "pasted");
    await page.goto(http);
    await page.getByRole("textbox", { name: "User ID" }).fill("carol");
    await page.getByRole("textbox", { name: "UserSig" }).fill(await signature(cloud.run, "carol"));
    await screenshot(page, "sign-in-usersig");
    await page.getByRole("button", { name: "Sign in" }).click();
    await online(page);
    await page.reload();
    await online(page);
    await page.getByRole("button", { name: "Me", exact: true }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByRole("textbox", { name: "User ID" }).fill("carol");
    await page.getByRole("textbox", { name: "UserSig" }).fill("of somebody else");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("not accepted").waitFor();
    await context.close();
  });

  await t.test("no page had an error", () => assert.deepEqual(errors, []));
});
