import assert from "node:assert/strict";
import { test } from "node:test";
import { Parley, type SocketClass } from "@parley/client";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { WebSocket } from "ws";
import { misplacedTexts, smallTargets } from "./layoutChecks.ts";
import { call, signature } from "./localCloud.ts";
import { axeFindings, device, errors, message, open, reaches, row, say, screenshot, signIn } from "./pages.ts";
import { setUp } from "./setup.ts";

let alices: BrowserContext;
let alice: Page;
let bob: Page;

const cloud = setUp(async (cloud) => {
  alices = await device(cloud.browser);
  alice = await signIn(alices, cloud.run.http, "alice");
  bob = await signIn(await device(cloud.browser, { dark: true }), cloud.run.http, "bob");
});

/** Sets who may add a user as a friend. */
const allows = (user: string, type: string) =>
  call(cloud.run, user, "profile.set", {
    ProfileItem: [{ Tag: "Tag_Profile_IM_AllowType", Value: `AllowType_Type_${type}` }],
  });

const goTo = (page: Page, place: string) => page.getByRole("navigation").getByRole("button", { name: place }).click();
const person = (page: Page, user: string): Locator => page.locator(`[data-person="${user}"]`);
const tab = (page: Page, name: string) => page.getByRole("tab", { name }).click();
const card = (page: Page, name: string) => page.getByRole("article", { name: `About ${name}` });
const button = (of: Page | Locator, name: string) => of.getByRole("button", { name, exact: true });

test("contacts", async (t) => {
  await t.test("a user chooses who may add them", async () => {
    await goTo(bob, "Me");
    await bob.getByLabel("Who may add you as a friend").selectOption("Whom I accept");
    await button(bob, "Save").click();
    await bob.getByText("Your profile is saved.").waitFor();
    assert.ok(await button(bob, "Save").isDisabled());
  });

  await t.test("a friend request is sent to a user ID, with a greeting", async () => {
    await goTo(alice, "Contacts");
    await alice.getByText("No friends yet.").waitFor();
    await screenshot(alice, "contacts-none");
    await alice.getByRole("button", { name: "Add a friend" }).first().click();
    const dialog = alice.getByRole("dialog", { name: "Add a friend" });
    const find = async (user: string) => {
      await dialog.getByLabel("User ID").fill(user);
      await alice.keyboard.press("Enter");
    };
    await find("alice");
    await dialog.getByText("That is you.").waitFor();
    await find("nobody-at-all");
    await dialog.getByText("There is no such user.").waitFor();
    await find("bob");
    await dialog.getByText("Bob", { exact: true }).waitFor();
    assert.equal(await alice.evaluate(() => document.activeElement?.closest("label")?.textContent), "Greeting");
    assert.deepEqual(await axeFindings(alice), []);
    await dialog.getByLabel("Greeting").fill("It is me, Alice");
    await screenshot(alice, "add-friend");
    await button(dialog, "Add friend").click();
    await alice.getByText("The request is sent.").waitFor();
    await button(card(alice, "Bob"), "Add friend").waitFor();
  });

  await t.test("a friend request is counted, shown and accepted", async () => {
    const places = bob.getByRole("navigation");
    await places.getByRole("button", { name: "Contacts 1 unread" }).click();
    await tab(bob, "Requests");
    await person(bob, "alice").getByText("It is me, Alice").waitFor();
    await places.locator(".badge").waitFor({ state: "detached" });
    await screenshot(bob, "requests");
    assert.deepEqual(await axeFindings(bob), []);
    await button(bob, "Accept Alice").click();
    await bob.getByText("Nobody is waiting").waitFor();
    await tab(bob, "Friends");
    await person(bob, "alice").waitFor();
    await person(alice, "bob").waitFor();
  });

  await t.test("a friend request that is rejected disappears", async () => {
    const carol = await signIn(await device(cloud.browser, { width: 390 }), cloud.run.http, "carol");
    await carol.goto(`${cloud.run.http}/?user=carol#/contacts/bob`);
    await button(card(carol, "Bob"), "Add friend").click();
    await button(carol.getByRole("dialog"), "Add friend").click();
    await carol.getByText("The request is sent.").waitFor();
    await bob.getByRole("navigation").getByRole("button", { name: "Contacts 1 unread" }).waitFor();
    await tab(bob, "Requests");
    await button(bob, "Reject Carol").click();
    await bob.getByText("Nobody is waiting").waitFor();
    await tab(bob, "Friends");
    assert.equal(await person(bob, "carol").count(), 0);
    await carol.context().close();
  });

  await t.test("a user who accepts no friend requests receives none", async () => {
    await allows("carol", "DenyAny");
    await alice.getByRole("button", { name: "Add a friend" }).click();
    const dialog = alice.getByRole("dialog", { name: "Add a friend" });
    await dialog.getByLabel("User ID").fill("carol");
    await button(dialog, "Find").click();
    await button(dialog, "Add friend").click();
    await dialog.getByText("This user takes no friend requests.").waitFor();
    await alice.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  await t.test("a dot shows who is online, and the card shows when a user was last online", async () => {
    const dot = person(alice, "bob").locator(".avatar-dot");
    await dot.waitFor();
    await bob.context().close();
    await dot.waitFor({ state: "detached" });
    await person(alice, "bob").locator(".row").click();
    await card(alice, "Bob").getByText("Last seen just now").waitFor();
    bob = await signIn(await device(cloud.browser, { dark: true }), cloud.run.http, "bob");
    await dot.waitFor();
    await card(alice, "Bob").getByText("Online", { exact: true }).waitFor();
  });

  await t.test("the header of a conversation opens the card, and a remark changes the name everywhere", async () => {
    await button(card(alice, "Bob"), "Message").click();
    await say(alice, "Hello, friend");
    await alice.getByTitle("About Bob").click();
    await alice.getByLabel("Your name for them").fill("Bobby 🦊");
    await button(alice, "Save").click();
    await card(alice, "Bobby 🦊").getByText("Name", { exact: true }).waitFor();
    await person(alice, "bob").getByText("Bobby 🦊").waitFor();
    await goTo(alice, "Chats");
    await row(alice, "bob").getByText("Bobby 🦊").waitFor();
    await goTo(alice, "Contacts");
  });

  await t.test("friend lists are made, used as filters, renamed and deleted", async () => {
    await person(alice, "bob").locator(".row").click();
    const settings = alice.getByRole("region", { name: "How you keep this friend" });
    const lists = alice.getByRole("group", { name: "Friend lists" });
    const name = async (text: string) => {
      await alice.getByRole("dialog").getByLabel("Name").fill(text);
      await alice.keyboard.press("Enter");
    };
    await button(settings, "New list").click();
    await name("Foxes");
    await settings.getByRole("button", { name: "Foxes", pressed: true }).waitFor();
    await button(lists, "New list").click();
    await name("Bears");
    await alice.getByText("Nobody is in this list.").waitFor();
    assert.equal(await person(alice, "bob").count(), 0);
    await button(settings, "Bears").click();
    await person(alice, "bob").waitFor();
    await button(alice, "More about the list Bears").click();
    await alice.getByRole("menuitem", { name: "Rename" }).click();
    await name("Wolves");
    await settings.getByRole("button", { name: "Wolves", pressed: true }).waitFor();
    await screenshot(alice, "friend-lists");
    await button(alice, "More about the list Wolves").click();
    await alice.getByRole("menuitem", { name: "Delete" }).click();
    await button(alice.getByRole("dialog"), "Delete").click();
    await button(settings, "Wolves").waitFor({ state: "detached" });
    await person(alice, "bob").waitFor();
    await alice.getByRole("searchbox", { name: "Find a friend" }).fill("nob");
    await alice.getByText("No friend matches.").waitFor();
    await alice.getByRole("searchbox", { name: "Find a friend" }).fill("bobby");
    await person(alice, "bob").waitFor();
    await alice.getByRole("searchbox", { name: "Find a friend" }).fill("");
  });

  await t.test("a friend sees the profile and the status that a user sets", async () => {
    await goTo(bob, "Me");
    await bob.getByLabel("Name").fill("בוב לוי");
    await bob.getByLabel("About you").fill("Foxes, mostly.");
    await bob.getByLabel("Birthday").fill("1999-04-12");
    await bob.getByLabel("Location").fill("A place far too long to keep");
    assert.equal(await bob.getByLabel("Location").inputValue(), "A place far too ");
    await button(bob, "Save").click();
    const about = card(alice, "Bobby 🦊");
    await about.getByText("בוב לוי").waitFor();
    await about.getByText("Foxes, mostly.").waitFor();
    await about.getByText("12 April 1999").waitFor();
    await bob.getByRole("textbox", { name: "Status" }).fill("In the woods");
    await button(bob, "Set").click();
    await about.getByText("In the woods").waitFor();
    await person(alice, "bob").getByText("In the woods").waitFor();
  });

  await t.test(
    "contacts have no layout problem on a phone, a tablet and a desktop, and axe finds nothing serious",
    async () => {
      await allows("alice", "NeedConfirm");
      const ask = { To_Account: "alice", AddSource: "AddSource_Type_Web", AddWording: "We met at the climbing hall." };
      await call(cloud.run, "carol", "friend.add", { AddFriendItem: [ask] });
      await alice.getByRole("tab", { name: "Requests 1" }).waitFor();
      for (const width of [1280, 820, 390]) {
        await alice.setViewportSize({ width, height: 844 });
        if (width === 390) await alice.reload(); // on a phone the card replaces the list
        await card(alice, "Bobby 🦊").getByText("Online", { exact: true }).waitFor();
        assert.deepEqual(await misplacedTexts(alice), [], `the card at ${width}`);
        await screenshot(alice, `card-${width}`);
        if (width === 390) {
          await alice.keyboard.press("Tab");
          assert.equal(await focused(alice), "Back to contacts");
          await alice.keyboard.press("Enter");
          await person(alice, "bob").locator(".row:focus").waitFor();
        }
        await person(alice, "bob").waitFor();
        assert.deepEqual(await misplacedTexts(alice), [], `contacts at ${width}`);
        assert.deepEqual(await smallTargets(alice), [], `contacts at ${width}`);
        await screenshot(alice, `contacts-${width}`);
        await bob.setViewportSize({ width, height: 844 });
        assert.deepEqual(await misplacedTexts(bob), [], `me at ${width}`);
        assert.deepEqual(await smallTargets(bob), [], `me at ${width}`);
        await screenshot(bob, `me-${width}`);
      }
      await alice.keyboard.press("Enter");
      assert.deepEqual(await axeFindings(alice), []);
      assert.deepEqual(await smallTargets(alice), []);
      assert.deepEqual(await axeFindings(bob), []);
      for (const page of [alice, bob]) await page.setViewportSize({ width: 1280, height: 800 });
    },
  );

  await t.test("a message of a blocked user is refused, until they are unblocked", async () => {
    await button(alice, "Block").click();
    await button(alice.getByRole("dialog"), "Block").click();
    await button(alice, "Unblock").waitFor();
    await tab(alice, "Blocked");
    await person(alice, "bob").waitFor();
    await screenshot(alice, "blocked");
    assert.deepEqual(await axeFindings(alice), []);
    await goTo(bob, "Contacts");
    await bob.getByText("No friends yet.").waitFor();
    await goTo(bob, "Chats");
    await open(bob, "alice");
    await say(bob, "Can you hear me?");
    await reaches(bob, "Can you hear me?", "failed");
    await button(alice, "Unblock בוב לוי").click();
    await alice.getByText("Nobody is blocked.").waitFor();
    await button(message(bob, "Can you hear me?"), "Retry").click();
    await reaches(bob, "Can you hear me?", "sent");
    await button(card(alice, "בוב לוי"), "Add friend").waitFor();
  });

  await t.test("other devices are listed and can be signed off", async () => {
    const { http, websocket, sdkappid } = cloud.run;
    const usersig = await signature(cloud.run, "bob");
    const phone = new Parley({
      http,
      websocket,
      sdkappid,
      identifier: "bob",
      usersig,
      platform: "Android",
      WebSocket: WebSocket as unknown as SocketClass,
    });
    const kicked = new Promise<string>((resolve) => phone.on("kicked", ({ Reason }) => resolve(Reason)));
    await phone.login();
    await goTo(bob, "Me");
    const devices = bob.getByRole("region", { name: "Devices" });
    await devices.getByText("This device").waitFor();
    await button(devices, "Sign off Android").click();
    await devices.getByText("Android").waitFor({ state: "detached" });
    assert.equal(await kicked, "kicked");
    await phone.login();
    const { Devices } = await phone.session.devices();
    for (const { Platform, Instance } of Devices) if (Platform === "Web") await phone.session.kick({ Instance });
    await bob.getByRole("alert").getByText("signed off from another one").waitFor();
    await button(bob, "Use here").click();
    await devices.getByText("Android").waitFor();
    phone.close();
  });

  await t.test("signing out deletes what the device has stored", async () => {
    assert.ok((await storedRecords(alice)) > 0);
    await goTo(alice, "Me");
    await button(alice, "Sign out").click();
    const dialog = alice.getByRole("dialog", { name: "Sign out?" });
    await button(dialog, "Cancel").click();
    await button(alice, "Sign out").click();
    await screenshot(alice, "sign-out");
    await button(dialog, "Sign out").click();
    await alice.getByText("Who are you today?").waitFor();
    assert.equal(await storedRecords(alice), 0);
    assert.equal(new URL(alice.url()).search, "");
  });

  await t.test("no page had an error", () => assert.deepEqual(errors, []));
});

/** The label of the element that has the focus. */
const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));

/** How many records the databases of the browser have. */
const storedRecords = (page: Page) =>
  page.evaluate(async () => {
    const answer = <Out>(request: IDBRequest<Out>) =>
      new Promise<Out>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    let records = 0;
    for (const { name = "" } of await indexedDB.databases()) {
      const db = await answer(indexedDB.open(name));
      const tables = [...db.objectStoreNames];
      const tx = db.transaction(tables);
      for (const table of tables) records += await answer(tx.objectStore(table).count());
      db.close();
    }
    return records;
  });
