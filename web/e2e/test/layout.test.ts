// Every view of the app with data, at every width, in light and dark: no text is cut off, overlaps another, has the wrong
// font, or cannot be read. The screenshots are in .local/screenshots.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { misplacedTexts, withWideText, wrongEmojiFonts } from "./layoutChecks.ts";
import { call } from "./localCloud.ts";
import {
  axeFindings,
  choose,
  device,
  errors,
  message,
  newPage,
  open,
  reaches,
  row,
  say,
  screenshot,
  signIn,
} from "./pages.ts";
import { setUp } from "./setup.ts";

const widths = [390, 820, 1280];

let page: Page;
const long = "maximiliane-von-hohenzollern-sig";

const cloud = setUp(async (cloud) => {
  const { browser, run } = cloud;
  const as = (user: string) => (action: string, body: object) => call(run, user, action, body);
  const [alice, bob, carol] = [as("alice"), as("bob"), as("carol")];
  const name = (Value: string) => ({ ProfileItem: [{ Tag: "Tag_Profile_IM_Nick", Value }] });
  await as(long)("profile.set", name("Maximiliane von Hohenzollern-Sigmaringen"));
  await as("dana")("profile.set", name("דנה לוי"));
  await bob("profile.set", {
    ProfileItem: [
      { Tag: "Tag_Profile_IM_Nick", Value: "Bob 🦊" },
      {
        Tag: "Tag_Profile_IM_SelfSignature",
        Value: "Foxes, mostly, and 12 other animals of the northern woods. ☎ 555 0199",
      },
      { Tag: "Tag_Profile_IM_BirthDay", Value: 19990412 },
      { Tag: "Tag_Profile_IM_Location", Value: "Lund" },
    ],
  });
  await bob("presence.set", { CustomStatus: "In the woods until 17:30 🌲" });
  const friend = async (user: string, GroupName?: string) => {
    await as(user)("profile.set", {
      ProfileItem: [{ Tag: "Tag_Profile_IM_AllowType", Value: "AllowType_Type_AllowAny" }],
    });
    await alice("friend.add", {
      AddFriendItem: [{ To_Account: user, AddSource: "AddSource_Type_Web", ...(GroupName && { GroupName }) }],
    });
  };
  await friend("bob", "Foxes");
  await friend(long, "A list for 2027");
  await friend("dana");
  await alice("profile.set", {
    ProfileItem: [{ Tag: "Tag_Profile_IM_AllowType", Value: "AllowType_Type_NeedConfirm" }],
  });
  for (const user of ["carol", "erik", "user-000000000000000000000001"]) {
    const AddWording = "We met at the climbing hall on the 12th; you asked me for the pictures of that evening.";
    await as(user)("friend.add", {
      AddFriendItem: [{ To_Account: "alice", AddSource: "AddSource_Type_Web", AddWording }],
    });
  }
  await as("mallory")("profile.get", { To_Account: ["mallory"], TagList: ["Tag_Profile_IM_Nick"] });
  await alice("block.add", { To_Account: ["mallory"] });
  await sendEverything(bob, carol, as);
  page = await signIn(await device(browser), run.http, "alice");
  await page.emulateMedia({ reducedMotion: "reduce" }); // an element that is fading in has too little contrast
});

type Caller = (action: string, body: object) => Promise<unknown>;
let random = 1;

/** Sends messages of every kind, in conversations of every kind. */
async function sendEverything(bob: Caller, carol: Caller, as: (user: string) => Caller): Promise<void> {
  const { http } = cloud.run;
  const send = (from: Caller, MsgBody: object[], To_Account = "alice") =>
    from("message.send", { To_Account, MsgSeq: random, MsgRandom: random++, MsgBody });
  const text = (Text: string) => [{ MsgType: "TIMTextElem", MsgContent: { Text } }];
  await send(
    carol,
    text("See you at 07:18 on platform 12, under the clock, and bring the tickets for all of us, please."),
  );
  await send(as(long), text("Could you have a look at the numbers? 1,204 of 3,650 are missing, which is 33 %."));
  for (let i = 1; i <= 120; i++) await send(as("erik"), text(`Number ${i} of 120`));
  await send(as("dana"), text("שלום, מה שלומך? ניפגש ב־18:30"));
  await send(bob, text("It is 12:30 here, 3 hours behind you; the 2 of us are 40 % done."));
  await send(as("alice"), text("Good. The other 60 % can wait until 9:00 tomorrow 👍🏽"), "bob");
  await send(
    as("alice"),
    text("https://example.com/a/very/long/address/that/has/no/place/to/break/0123456789/0123456789"),
    "bob",
  );
  await send(
    bob,
    text(`${"Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(2)}`),
  );
  await send(bob, [
    {
      MsgType: "TIMFileElem",
      MsgContent: {
        Url: `${http}/r.pdf`,
        UUID: "1",
        FileSize: 2_345_678,
        FileName: "Report on the foxes of the northern woods 2026, final (3).pdf",
        Download_Flag: 2,
      },
    },
  ]);
  await send(bob, [
    { MsgType: "TIMSoundElem", MsgContent: { Url: `${http}/a.mp3`, UUID: "2", Size: 9, Second: 67, Download_Flag: 2 } },
  ]);
  await send(bob, [
    {
      MsgType: "TIMLocationElem",
      MsgContent: { Desc: "Café Größenwahn, Lübecker Straße 12", Latitude: 59.9, Longitude: 10.7 },
    },
  ]);
  await send(bob, [{ MsgType: "TIMCustomElem", MsgContent: { Data: "{}", Desc: "A game invitation" } }]);
  await send(bob, [{ MsgType: "TIMFaceElem", MsgContent: { Index: 12, Data: "x" } }]);
  await bob("message.forward", {
    To_Account: "alice",
    MsgRandom: random++,
    Title: "Carol and Bob, on the 12th",
    AbstractList: ["Carol: Psst, have you heard of it? It is 7 or 8 of them.", "Bob: No", "Carol: 🦊🦊🦊"],
    CompatibleText: "Messages",
    MsgList: ["Psst, have you heard of it? It is 7 or 8 of them.", "No"].map((Text, i) => ({
      From_Account: i ? "bob" : "carol",
      MsgSeq: i + 1,
      MsgRandom: 1,
      MsgTimeStamp: 1_700_000_000,
      MsgBody: text(Text),
    })),
  });
  await send(as("alice"), text("🎉"), "bob");
  await send(bob, text("2 + 2 = 4 🦊, 10:00 ✅"));
}

const goTo = (view: string) => page.getByRole("navigation").getByRole("button", { name: view }).click();
const tab = (name: string) => page.getByRole("tab", { name }).click();
const person = (user: string) => page.locator(`[data-person="${user}"] .row`);

type Step = () => Promise<unknown>;

/** A view of the app: the steps that open it, and the steps that close it. */
interface View {
  enter: Step[];
  leave?: Step[];
}

const close = () => page.keyboard.press("Escape");
const chats = () => goTo("Chats");
const contacts = () => goTo("Contacts");
const me = () => goTo("Me");
const thread = async (): Promise<void> => {
  await chats();
  await open(page, "bob");
  await message(page, "2 + 2").waitFor();
  await page.locator(".jump").dispatchEvent("click");
};
const leaveThread = () => page.evaluate(() => location.assign("#"));
const press = (name: string) => () => page.getByRole("button", { name }).first().click();
const danas = () => row(page, "dana").locator(".row");
const dialog = () => page.getByRole("dialog");

const views: Record<string, View> = {
  chats: { enter: [chats, () => row(page, "erik").locator(".badge").getByText("99+").waitFor()] },
  "chat-menu": { enter: [chats, () => danas().click({ button: "right" })], leave: [close] },
  "chat-delete": { enter: [chats, () => choose(page, danas(), "Delete")], leave: [close] },
  thread: { enter: [thread], leave: [leaveThread] },
  "thread-above": {
    enter: [thread, () => message(page, "It is 12:30 here").scrollIntoViewIfNeeded()],
    leave: [leaveThread],
  },
  "message-menu": {
    enter: [thread, () => message(page, "2 + 2").click({ button: "right" })],
    leave: [close, leaveThread],
  },
  emoji: { enter: [thread, press("Emoji")], leave: [close, leaveThread] },
  reply: {
    enter: [thread, () => choose(page, message(page, "2 + 2"), "Reply")],
    leave: [press("Cancel"), leaveThread],
  },
  merged: {
    enter: [thread, () => page.locator(".relay").click(), () => dialog().getByText("Psst").waitFor()],
    leave: [close, leaveThread],
  },
  search: {
    enter: [
      thread,
      leaveThread,
      () => page.getByRole("searchbox").fill("12:30"),
      () => page.getByRole("list", { name: "Messages" }).getByRole("button").first().waitFor(),
    ],
    leave: [() => page.getByRole("searchbox").fill("")],
  },
  contacts: { enter: [contacts, () => tab("Friends"), () => person(long).waitFor()] },
  requests: { enter: [contacts, () => tab("Requests"), () => person("erik").waitFor()] },
  blocked: { enter: [contacts, () => tab("Blocked"), () => person("mallory").waitFor()] },
  card: {
    enter: [
      contacts,
      () => tab("Friends"),
      () => person("bob").click(),
      () => page.getByText("In the woods until 17:30").last().waitFor(),
    ],
    leave: [() => page.evaluate(() => location.assign("#/contacts"))],
  },
  "add-friend": {
    enter: [
      contacts,
      press("Add a friend"),
      () => dialog().getByLabel("User ID").fill("mallory"),
      () => page.keyboard.press("Enter"),
      () => dialog().getByLabel("Greeting").waitFor(),
    ],
    leave: [close],
  },
  me: { enter: [me, () => page.getByRole("region", { name: "Devices" }).getByText("This device").waitFor()] },
  "me-below": { enter: [me, () => page.getByRole("button", { name: "Sign out" }).scrollIntoViewIfNeeded()] },
  "sign-out": { enter: [me, press("Sign out")], leave: [close] },
};

/** Checks what a page shows now, at a width, in light and in dark. */
async function check(of: Page, view: string, width: number): Promise<string[]> {
  const found: string[] = [];
  const add = (what: string, list: string[]) =>
    found.push(...list.map((one) => `${view} at ${width}: ${what}: ${one}`));
  add("text", await misplacedTexts(of));
  add("font", await wrongEmojiFonts(of));
  for (const colorScheme of ["dark", "light"] as const) {
    await of.emulateMedia({ colorScheme });
    if (width !== 820) add(colorScheme, await axeFindings(of)); // this width shows the same as the others
    await screenshot(of, `look-${view}-${width}-${colorScheme}`);
  }
  add("wide text", await withWideText(of, () => misplacedTexts(of)));
  return found;
}

/** Checks a view that stays open, at every width. */
async function everyWidth(of: Page, view: string): Promise<string[]> {
  const found: string[] = [];
  for (const width of widths) {
    await of.setViewportSize({ width, height: 844 });
    found.push(...(await check(of, view, width)));
  }
  return found;
}

test("no view has a layout problem, at every width, in light and dark", async (t) => {
  for (const [view, { enter, leave = [] }] of Object.entries(views)) {
    await t.test(view, async () => {
      const found: string[] = [];
      for (const width of widths) {
        await page.setViewportSize({ width, height: 844 });
        for (const step of enter) await step();
        found.push(...(await check(page, view, width)));
        for (const step of leave) await step();
      }
      assert.deepEqual(found, []);
    });
  }

  await t.test("sign in", async () => {
    const signInPage = await newPage(await device(cloud.browser), "nobody");
    await signInPage.emulateMedia({ reducedMotion: "reduce" });
    await signInPage.goto(cloud.run.http);
    await signInPage.getByRole("button", { name: /Alice/ }).waitFor();
    assert.deepEqual(await everyWidth(signInPage, "sign-in"), []);
    await signInPage.context().close();
  });

  await t.test("a message that is refused", async () => {
    await call(cloud.run, "bob", "block.add", { To_Account: ["alice"] });
    await thread();
    await say(page, "Are you angry, or only busy?");
    await reaches(page, "only busy?", "failed");
    assert.deepEqual(await everyWidth(page, "refused"), []);
  });

  await t.test("another device has taken the slot", async () => {
    const other = await signIn(await device(cloud.browser), cloud.run.http, "alice");
    await page.getByRole("alert").getByText("another device").waitFor();
    assert.deepEqual(await everyWidth(page, "kicked"), []);
    await other.context().close();
  });

  await t.test("no page had an error", () => assert.deepEqual(errors, []));
});
