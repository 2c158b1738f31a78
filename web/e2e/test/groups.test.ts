// Three people in a group: Alice makes it, Bob and Carol are in it. Every check waits for what a person would see.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { misplacedTexts, smallTargets } from "./layoutChecks.ts";
import { call, operate } from "./localCloud.ts";
import { axeFindings, choose, device, errors, message, say, screenshot, signIn } from "./pages.ts";
import { setUp } from "./setup.ts";

const widths = [390, 820, 1280];

let alice: Page;
let bob: Page;
let carol: Page;

const cloud = setUp(async ({ browser, run }) => {
  await operate(run, "app.update", { SdkAppId: run.sdkappid, Edition: "premium" }); // others have no receipts in groups
  alice = await signIn(await device(browser), run.http, "alice");
  bob = await signIn(await device(browser, { dark: true }), run.http, "bob");
  carol = await signIn(await device(browser), run.http, "carol");
});

const button = (of: Page | Locator, name: string) => of.getByRole("button", { name, exact: true });
const dialog = (page: Page, name: string) => page.getByRole("dialog", { name });
const groupRow = (page: Page, name: string) => page.locator("[data-group]", { hasText: name });
const openGroup = (page: Page, name: string) => groupRow(page, name).locator(".row").click();
const tip = (page: Page, text: string) => page.locator(".tip", { hasText: text });
const showPage = (page: Page, name: string) => page.getByTitle(`About ${name}`).click();
const back = (page: Page) => button(page, "Back to the conversation").click();
const member = (page: Page, user: string) => page.locator(`[data-member="${user}"]`);
const groupId = async (page: Page, name: string) => (await groupRow(page, name).getAttribute("data-group")) ?? "";

/** Opens the menu of a member and chooses an item. */
async function chooseFor(page: Page, user: string, item: string): Promise<void> {
  await member(page, user).getByRole("button").click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

/** The items of the menu of a member. */
async function itemsFor(page: Page, user: string): Promise<string[]> {
  await member(page, user).getByRole("button").click();
  await page.getByRole("menuitem").first().waitFor();
  const items = await page.getByRole("menuitem").allTextContents();
  await page.keyboard.press("Escape");
  return items;
}

/** Makes a group in the dialog. */
async function create(page: Page, name: string, type: string, people: string[]): Promise<void> {
  await button(page, "New group, or join one").click();
  await page.getByRole("menuitem", { name: "New group" }).click();
  const form = dialog(page, "New group");
  await form.getByLabel("Name", { exact: true }).fill(name);
  await form.getByRole("radio", { name: type }).check();
  for (const one of people) await form.getByRole("checkbox", { name: one }).check();
  if (!new URL(page.url()).hash) await looks(page, `new-${type}`); // with a thread, a narrow screen has no list
  await button(form, "Create").click();
  await page.getByRole("region", { name: `Conversation with ${name}` }).waitFor();
}

/** Checks how a page looks, at every width, in light and dark. */
async function looks(page: Page, view: string): Promise<void> {
  const found: string[] = [];
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 800 };
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const wide of widths) {
    await page.setViewportSize({ width: wide, height: 844 });
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      found.push(...(await axeFindings(page)).map((one) => `${wide} ${colorScheme}: ${one}`));
      await screenshot(page, `group-${view}-${wide}-${colorScheme}`);
    }
    found.push(...(await misplacedTexts(page)).map((one) => `${wide}: ${one}`));
  }
  await page.setViewportSize({ width, height });
  assert.deepEqual(found, [], view);
}

test("a Work group of three people", async (t) => {
  await t.test("is made with its people, who see its first message", async () => {
    await create(alice, "Hiking", "Work", ["Bob", "Carol"]);
    await alice.locator(".thread-head .status", { hasText: "3 members" }).waitFor();
    await say(alice, "Saturday at eight?");
    for (const page of [bob, carol]) await groupRow(page, "Hiking").locator(".badge", { hasText: "1" }).waitFor();
    await groupRow(bob, "Hiking").getByText("Saturday at eight?").waitFor();
    assert.match((await groupRow(bob, "Hiking").locator(".row-lead").textContent()) ?? "", /^Alice:/);
    await openGroup(bob, "Hiking");
    await bob.locator(".sender", { hasText: "Alice" }).waitFor();
    await groupRow(bob, "Hiking").locator(".badge").waitFor({ state: "detached" });
    assert.equal(await groupRow(bob, "Hiking").locator(".avatar-group .avatar").count(), 3);
  });

  await t.test("messages are answered, edited, recalled and reacted to", async () => {
    await openGroup(carol, "Hiking");
    await say(bob, "I can be there at nine");
    await message(carol, "I can be there at nine").waitFor();
    await choose(carol, message(carol, "Saturday at eight?"), "Reply");
    await say(carol, "Eight is fine");
    await message(alice, "Eight is fine").locator(".quote strong", { hasText: "You" }).waitFor();
    await message(bob, "Eight is fine").locator(".quote strong", { hasText: "Alice" }).waitFor();
    await choose(bob, message(bob, "I can be there at nine"), "Edit");
    await bob.getByLabel("Edit the message").fill("I can be there at half past eight");
    await bob.keyboard.press("Enter");
    await message(carol, "half past eight").getByText("edited").waitFor();
    await message(alice, "Eight is fine").click({ button: "right" });
    await alice.getByRole("button", { name: "React with 👍" }).click();
    await message(carol, "Eight is fine").locator(".reactions .chip").waitFor();
    await say(carol, "Oops, the wrong group");
    await message(bob, "Oops").waitFor();
    await choose(carol, message(carol, "Oops"), "Recall for everyone");
    await bob.locator(".recalled", { hasText: "Carol recalled a message" }).waitFor();
    const twice = message(carol, "half past eight");
    await choose(carol, twice, "Delete for me");
    await button(dialog(carol, "Delete this message for you?"), "Delete").click();
    await twice.waitFor({ state: "detached" });
    assert.equal(await message(bob, "half past eight").count(), 1);
  });

  await t.test("the sender sees who has read a message", async () => {
    const own = alice.locator('.message[data-state="read"]', { hasText: "Saturday at eight?" });
    await choose(alice, own, "Who has read it");
    const readers = dialog(alice, "Read by");
    await readers.getByText("Bob").waitFor();
    await readers.getByText("Carol").waitFor();
    await screenshot(alice, "group-readers");
    assert.deepEqual(await axeFindings(alice), []);
    await button(readers, "Close").click();
  });

  await t.test("a member is mentioned with a completion, and marked in the list", async () => {
    await bob.goto(`${cloud.run.http}/?user=bob`);
    const field = carol.getByRole("textbox", { name: "Message to Hiking" });
    await field.pressSequentially("Hey @b");
    await carol.getByRole("option", { name: "Bob" }).waitFor();
    await screenshot(carol, "group-mention");
    assert.deepEqual(await axeFindings(carol), []);
    await carol.keyboard.press("Enter");
    await carol.keyboard.type("bring the map");
    assert.equal(await field.inputValue(), "Hey @Bob bring the map");
    await carol.keyboard.press("Enter");
    await groupRow(bob, "Hiking").locator(".row-at", { hasText: "@me" }).waitFor();
    assert.equal(await groupRow(alice, "Hiking").locator(".row-at").count(), 0);
    await field.pressSequentially("@al");
    await carol.getByRole("option", { name: /^all/ }).click();
    await carol.keyboard.type("good night");
    await carol.keyboard.press("Enter");
    await groupRow(bob, "Hiking").locator(".row-at", { hasText: "@all" }).waitFor();
    await screenshot(bob, "group-list-marks");
    assert.deepEqual(await axeFindings(bob), []);
    await openGroup(bob, "Hiking");
    await bob.locator(".new-line").waitFor();
    await groupRow(bob, "Hiking").locator(".row-at").first().waitFor({ state: "detached" });
  });

  await t.test("its page shows members, and every member may name it", async () => {
    await showPage(bob, "Hiking");
    await member(bob, "alice").getByText("Owner").waitFor();
    assert.deepEqual(await itemsFor(bob, "alice"), ["Message", "Show the card"]);
    const settings = bob.getByRole("region", { name: "Settings" });
    await settings.getByLabel("Name", { exact: true }).fill("Hiking club");
    await settings.getByLabel("Notice").fill("Boots are a must.");
    await button(settings, "Save").click();
    await tip(alice, "named the group “Hiking club”").waitFor();
    await groupRow(carol, "Hiking club").waitFor();
    const own = bob.getByRole("region", { name: "For you" });
    await own.getByLabel("Your name in the group").fill("Bobby of the Hills");
    await button(own, "Set").click();
    await member(bob, "bob").getByText("Bobby of the Hills").waitFor();
    await call(cloud.run, "bob", "message.send", {
      GroupId: await groupId(bob, "Hiking club"),
      MsgRandom: 1,
      MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text: "I have a name here now" } }],
    });
    await alice.locator(".sender", { hasText: "Bobby of the Hills" }).waitFor();
    await own.getByLabel("Messages of the group").selectOption("Notify only if I am mentioned");
    await groupRow(bob, "Hiking club").getByRole("img", { name: "muted" }).waitFor();
    await bob.reload();
    await own.locator("select").evaluate(
      (select: HTMLSelectElement) =>
        new Promise<void>((done) => {
          const look = () => (select.value === "AcceptNotNotifyExceptAt" ? done() : requestAnimationFrame(look));
          look();
        }),
    );
    await bob.getByRole("region", { name: "Notice" }).getByText("Boots are a must.").waitFor();
    await looks(bob, "page");
    await bob.setViewportSize({ width: 390, height: 844 });
    assert.deepEqual(await smallTargets(bob), []);
    await bob.setViewportSize({ width: 1280, height: 800 });
    await back(bob);
    await looks(bob, "thread");
  });

  await t.test("a member adds people, the owner removes one, a member leaves", async () => {
    await call(cloud.run, "dave", "profile.set", { ProfileItem: [{ Tag: "Tag_Profile_IM_Nick", Value: "Dave" }] });
    await showPage(carol, "Hiking club");
    await button(carol, "Add people").click();
    const invite = dialog(carol, "Add people");
    await invite.getByLabel("Add by user ID").fill("nobody-at-all");
    await button(invite, "Add").click();
    await invite.getByText("There is no such user.").waitFor();
    await invite.getByLabel("Add by user ID").fill("dave");
    await button(invite, "Add").click();
    assert.ok(await invite.getByRole("checkbox", { name: "Dave" }).isChecked());
    await button(invite, "Add to the group").click();
    await tip(alice, "Carol added Dave").waitFor();
    await member(carol, "dave").waitFor();
    await showPage(alice, "Hiking club");
    await chooseFor(alice, "dave", "Remove from the group");
    await button(dialog(alice, "Remove Dave"), "Remove").click();
    await member(alice, "dave").waitFor({ state: "detached" });
    await member(carol, "dave").waitFor({ state: "detached" });
    await button(carol, "Leave the group").click();
    await button(dialog(carol, "Leave Hiking club"), "Leave").click();
    await groupRow(carol, "Hiking club").waitFor({ state: "detached" });
    await back(alice);
    await tip(alice, "Carol left the group").waitFor();
  });
});

test("a Public group", async (t) => {
  await t.test("is joined by its ID, if an admin accepts", async () => {
    await create(alice, "Chess", "Public", ["Bob"]);
    await say(alice, "Welcome");
    const id = await groupId(alice, "Chess");
    await button(carol, "New group, or join one").click();
    await carol.getByRole("menuitem", { name: "Join a group by its ID" }).click();
    const join = dialog(carol, "Join a group");
    await join.getByLabel("Group ID").fill("no-such-group");
    await button(join, "Find").click();
    await join.getByRole("status").filter({ hasText: /./ }).waitFor();
    await join.getByLabel("Group ID").fill(id);
    await button(join, "Find").click();
    await join.getByText("Chess").waitFor();
    await join.getByLabel("A word to the admins").fill("I play since I was six");
    await screenshot(carol, "group-join");
    assert.deepEqual(await axeFindings(carol), []);
    await button(join, "Ask to join").click();
    await carol.getByText("Your request is sent.").waitFor();
    await alice.evaluate(() => location.assign("#")); // a narrow screen shows the list or the conversation
    await alice.getByRole("button", { name: "Requests to groups 1" }).click();
    const requests = dialog(alice, "Requests to groups");
    await requests.getByText("I play since I was six").waitFor();
    await looks(alice, "requests");
    await button(requests, "Accept Carol").click();
    await requests.getByText("Nobody is waiting").waitFor();
    await button(requests, "Close").click();
    await openGroup(alice, "Chess");
    await tip(alice, "Carol joined the group").or(tip(alice, "added Carol")).waitFor();
    await groupRow(carol, "Chess").waitFor();
  });

  await t.test("what one may not do is not shown", async () => {
    await openGroup(bob, "Chess");
    await showPage(bob, "Chess");
    await member(bob, "carol").waitFor();
    assert.equal(await bob.getByRole("region", { name: "Settings" }).count(), 0);
    assert.equal(await button(bob, "Add people").count(), 0);
    assert.equal(await button(bob, "Disband the group").count(), 0);
    assert.deepEqual(await itemsFor(bob, "carol"), ["Message", "Show the card"]);
  });

  await t.test("the owner makes an admin, who mutes a member", async () => {
    await showPage(alice, "Chess");
    assert.equal(await button(alice, "Leave the group").count(), 0);
    await chooseFor(alice, "bob", "Make an admin");
    await member(bob, "bob").getByText("Admin").waitFor();
    await bob.getByRole("region", { name: "Settings" }).waitFor();
    await openGroup(carol, "Chess");
    await chooseFor(bob, "carol", "Mute for an hour");
    await carol.getByText("You are muted until").waitFor();
    await chooseFor(bob, "carol", "Unmute");
    await carol.getByRole("textbox", { name: "Message to Chess" }).waitFor();
    await bob.getByLabel("Only the owner and the admins can write").check();
    await carol.getByText("Only the owner and the admins can write now.").waitFor();
    await screenshot(carol, "group-muted");
    await bob.getByLabel("Only the owner and the admins can write").uncheck();
    await carol.getByRole("textbox", { name: "Message to Chess" }).waitFor();
  });

  await t.test("the owner gives it away, and the next owner disbands it", async () => {
    await chooseFor(alice, "bob", "Make the owner");
    await button(dialog(alice, "Make Bob the owner"), "Give away").click();
    await member(alice, "bob").getByText("Owner").waitFor();
    await looks(alice, "public-page");
    await button(bob, "Disband the group").click();
    await button(dialog(bob, "Disband Chess"), "Disband").click();
    for (const page of [alice, bob, carol]) await groupRow(page, "Chess").waitFor({ state: "detached" });
  });
});

test("no page had an error", () => assert.deepEqual(errors, []));
