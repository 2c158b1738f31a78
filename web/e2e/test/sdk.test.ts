// The SDK in a real browser: its store, tabs that share a connection, and messages that are sent after a reload.
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import type { BrowserContext, Page } from "playwright-core";
import type { Parley } from "../../sdk/src/index.ts";
import type { Relay } from "./relay.ts";
import { setUp } from "./setup.ts";

/** The globals that this test adds to a page. */
interface TestWindow {
  sdk: typeof import("../../sdk/src/index.ts") & {
    storeContract: typeof import("../../sdk/test/storeContract.ts").storeContract;
  };
  parley: Parley;
  received: string[];
}

let relay: Relay;
let script: string;
let websocket: string;

const cloud = setUp(async (cloud) => {
  const { relay: made, port } = await cloud.relay();
  relay = made;
  const address = new URL(cloud.run.websocket);
  address.hostname = "127.0.0.1";
  address.port = String(port);
  websocket = address.href;
  const sdk = resolve("../sdk");
  const bundle = await build({
    stdin: { contents: 'export * from "./src/index.ts"; export * from "./test/storeContract.ts";', resolveDir: sdk },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "sdk",
  });
  script = bundle.outputFiles[0]?.text ?? "";
});

/** A browser profile of its own. Its tabs share their storage. */
async function device(): Promise<BrowserContext> {
  const context = await cloud.browser.newContext();
  context.setDefaultTimeout(20_000);
  return context;
}

/** A tab with a client that is signed in. */
async function tab(context: BrowserContext, user: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${cloud.run.http}/_local/demo`); // any page of the cloud that has no client of its own
  await login(page, user);
  return page;
}

async function login(page: Page, user: string): Promise<void> {
  await page.addScriptTag({ content: script });
  const { http, sdkappid } = cloud.run;
  await page.evaluate(
    async ({ http, websocket, sdkappid, user }) => {
      const globals = window as unknown as TestWindow;
      const usersig = async () => (await (await fetch(`/_local/usersig?user=${user}`)).json()).usersig;
      const parley = new globals.sdk.Parley({ http, websocket, sdkappid, identifier: user, usersig });
      globals.parley = parley;
      globals.received = [];
      parley.on("message", (m) => globals.received.push(globals.sdk.words(m.MsgBody)));
      const synced = new Promise((done) => parley.on("synced", done));
      await parley.login();
      await synced;
    },
    { http, websocket, sdkappid, user },
  );
}

const say = (page: Page, to: string, text: string) =>
  page.evaluate(async ([to, text]) => void (await (window as unknown as TestWindow).parley.send(to, text)), [
    to,
    text,
  ] as const);
const receives = (page: Page, text: string) =>
  page.waitForFunction((text) => (window as unknown as TestWindow).received.includes(text), text);
const state = (page: Page) => page.evaluate(() => (window as unknown as TestWindow).parley.state);
const reaches = (page: Page, state: string) =>
  page.waitForFunction((state) => (window as unknown as TestWindow).parley.state === state, state);
const timeline = (page: Page, peer: string) =>
  page.evaluate((peer) => {
    const { parley, sdk } = window as unknown as TestWindow;
    return parley.timeline(peer).map((m) => sdk.words(m.MsgBody));
  }, peer);
const devices = (page: Page) =>
  page.evaluate(async () => (await (window as unknown as TestWindow).parley.session.devices()).Devices);

test("the store in IndexedDB fulfils the contract of a store", async (t) => {
  const context = await device();
  const page = await tab(context, "dave");
  const names = await page.evaluate(() => (window as unknown as TestWindow).sdk.storeContract.map(([name]) => name));
  assert.ok(names.length > 5);
  for (const [i, name] of names.entries()) {
    await t.test(name, () =>
      page.evaluate(async (i) => {
        const { storeContract, indexedStore } = (window as unknown as TestWindow).sdk;
        await storeContract[i]?.[1](indexedStore(`contract.${i}`));
      }, i),
    );
  }
  await context.close();
});

test("tabs of one user share one connection, and the next tab takes it over", async (t) => {
  const [alices, bobs] = [await device(), await device()];
  const [one, two, three] = [await tab(alices, "alice"), await tab(alices, "alice"), await tab(alices, "alice")];
  const bob = await tab(bobs, "bob");

  await t.test("each tab receives messages to the user, and messages of another tab", async () => {
    await say(bob, "alice", "to all tabs");
    for (const page of [one, two, three]) await receives(page, "to all tabs");
    await say(two, "bob", "from the second");
    for (const page of [one, three, bob]) await receives(page, "from the second");
    assert.equal((await devices(one)).length, 1);
    assert.deepEqual(await timeline(one, "bob"), await timeline(two, "bob"));
  });

  await t.test("a change in one tab is shown in the others", async () => {
    const key = await two.evaluate(async () => {
      const { parley } = window as unknown as TestWindow;
      const m = await parley.send("bob", "a mistake");
      await parley.message.recall({ To_Account: "bob", MsgKey: m.MsgKey });
      return m.MsgKey;
    });
    for (const page of [one, three, bob]) {
      const peer = page === bob ? "alice" : "bob";
      await page.waitForFunction(
        ([peer, key]) =>
          (window as unknown as TestWindow).parley.timeline(peer).some((m) => m.MsgKey === key && m.MsgFlagBits === 8),
        [peer, key] as const,
      );
    }
  });

  await t.test("if the leader is closed, the others miss no message", async () => {
    await one.close();
    await say(bob, "alice", "while it changes");
    for (const page of [two, three]) {
      await page.waitForFunction(() => {
        const { parley, sdk } = window as unknown as TestWindow;
        return parley.timeline("bob").some((m) => sdk.words(m.MsgBody) === "while it changes");
      });
      await reaches(page, "online");
    }
    await say(bob, "alice", "to the new first");
    for (const page of [two, three]) await receives(page, "to the new first");
    assert.equal((await devices(two)).length, 1);
  });

  await t.test("the server is notified when the user sees no tab any more", async () => {
    const setVisible = (page: Page, visible: boolean) =>
      page.evaluate((visible) => {
        Object.defineProperty(document, "visibilityState", {
          value: visible ? "visible" : "hidden",
          configurable: true,
        });
        document.dispatchEvent(new Event("visibilitychange"));
      }, visible);
    const untilBackground = async (wanted: boolean) => {
      for (const end = Date.now() + 120_000; (await devices(bob2))[0]?.Background !== wanted; ) {
        assert.ok(Date.now() < end, `the device is not ${wanted ? "in the background" : "in front"}`);
      }
    };
    const bob2 = two;
    await setVisible(two, false);
    await setVisible(three, false);
    await untilBackground(true);
    await setVisible(three, true);
    await untilBackground(false);
  });

  await t.test("another device takes the slot of all tabs, and no tab takes it back", async () => {
    const elsewhere = await device();
    const other = await tab(elsewhere, "alice");
    for (const page of [two, three]) await reaches(page, "kicked");
    await say(bob, "alice", "to the other device");
    await receives(other, "to the other device");
    assert.equal(await state(other), "online");
    assert.deepEqual(await Promise.all([state(two), state(three)]), ["kicked", "kicked"]);
    await elsewhere.close();
  });

  await t.test("logout in one tab signs out all tabs and deletes everything", async () => {
    await two.evaluate(() => (window as unknown as TestWindow).parley.login());
    await three.evaluate(() => (window as unknown as TestWindow).parley.login());
    await say(bob, "alice", "before the end");
    await receives(three, "before the end");
    await two.evaluate(() => (window as unknown as TestWindow).parley.logout());
    await reaches(three, "offline");
    for (const page of [two, three]) assert.deepEqual(await timeline(page, "bob"), []);
    await three.reload();
    await login(three, "alice");
    assert.deepEqual(await timeline(three, "bob"), []);
  });

  await Promise.all([alices.close(), bobs.close()]);
});

test("a message that is written offline is sent once, after the page was reloaded", async () => {
  const [carols, daves] = [await device(), await device()];
  const carol = await tab(carols, "carol");
  const dave = await tab(daves, "dave");
  await say(dave, "carol", "are you there?");
  await receives(carol, "are you there?");
  relay.up(false);
  await carols.route("**/client/message.send", (route) => route.abort());
  await carol.evaluate(() => {
    for (const text of ["yes", "one moment"])
      void (window as unknown as TestWindow).parley.send("dave", text).catch(() => {});
  });
  await carol.waitForFunction(isStored, ["yes", "one moment"]);
  await carol.reload();
  await carols.unroute("**/client/message.send");
  relay.up(true);
  await login(carol, "carol");
  for (const text of ["yes", "one moment"]) await receives(dave, text);
  assert.deepEqual(await timeline(dave, "carol"), ["are you there?", "yes", "one moment"]);
  await carol.waitForFunction(() => (window as unknown as TestWindow).parley.pending("dave").length === 0);
  const found = await carol.evaluate(
    async () => (await (window as unknown as TestWindow).parley.search("MOMENT")).length,
  );
  assert.equal(found, 1);
  await Promise.all([carols.close(), daves.close()]);
});

test("three users of a group have the same messages, see its changes, and keep it after a reload", async (t) => {
  const contexts = [await device(), await device(), await device()];
  const [alice, bob, carol] = [
    await tab(contexts[0] as BrowserContext, "alice"),
    await tab(contexts[1] as BrowserContext, "bob"),
    await tab(contexts[2] as BrowserContext, "carol"),
  ];
  const GroupId = await alice.evaluate(async () => {
    const { parley } = window as unknown as TestWindow;
    const request = { Type: "Public", Name: "Chess", InviteJoinOption: "FreeAccess", MemberList: ["bob"] };
    return (await parley.group.create(request)).GroupId;
  });
  const members = (page: Page) =>
    page.evaluate((GroupId) => {
      const { parley } = window as unknown as TestWindow;
      return parley.members(GroupId).map(({ Member_Account, Role }) => `${Member_Account} ${Role}`);
    }, GroupId);
  /** Texts of a group's timeline; a tip is its type and the users. */
  const lines = (page: Page) =>
    page.evaluate((GroupId) => {
      const { parley, sdk } = window as unknown as TestWindow;
      return parley
        .timeline({ GroupId })
        .map((m) => (m.Tip ? `tip ${m.Tip.Type} ${m.Tip.MemberList ?? ""}` : sdk.words(m.MsgBody)));
    }, GroupId);
  const has = (page: Page, line: string) =>
    page.waitForFunction(
      ([GroupId, line]) => {
        const { parley, sdk } = window as unknown as TestWindow;
        return parley
          .timeline({ GroupId })
          .some((m) => (m.Tip ? `tip ${m.Tip.Type} ${m.Tip.MemberList ?? ""}` : sdk.words(m.MsgBody)) === line);
      },
      [GroupId, line] as const,
    );
  const sayInGroup = (page: Page, text: string, at?: string) =>
    page.evaluate(
      async ([GroupId, text, at]) => {
        const options = at ? { GroupAtInfo: [{ GroupAtAllFlag: 0, GroupAt_Account: at }] } : {};
        await (window as unknown as TestWindow).parley.send({ GroupId }, text, options);
      },
      [GroupId, text, at] as const,
    );
  const row = (page: Page) =>
    page.evaluate((GroupId) => {
      const { parley } = window as unknown as TestWindow;
      const { Unread, AtMe, Role } = parley.find({ GroupId }) ?? {};
      return { Unread, AtMe, Role };
    }, GroupId);

  await t.test("members who were added have the group, and a member who is invited gets it", async () => {
    await bob.waitForFunction((GroupId) => (window as unknown as TestWindow).parley.groupInfo(GroupId), GroupId);
    await sayInGroup(alice, "welcome");
    await has(bob, "welcome");
    await bob.evaluate(async (GroupId) => {
      const { parley } = window as unknown as TestWindow;
      await parley.history({ GroupId });
      while (!(await parley.loadMembers(GroupId)).Complete);
    }, GroupId);
    assert.deepEqual(await members(bob), ["alice Owner", "bob Member"]);
    await alice.evaluate(async (GroupId) => {
      const { parley } = window as unknown as TestWindow;
      await parley.group.invite({ GroupId, MemberList: ["carol"] });
    }, GroupId);
    await carol.waitForFunction(
      (GroupId) => (window as unknown as TestWindow).parley.find({ GroupId })?.Role === "Member",
      GroupId,
    );
    for (const page of [alice, bob]) await has(page, "tip 1 carol");
    assert.deepEqual(await members(bob), ["alice Owner", "bob Member", "carol Member"]);
  });

  await t.test(
    "messages come to all, once, in order, and what mentions a user is marked until it is read",
    async () => {
      const rounds = [1, 2, 3, 4, 5];
      await Promise.all(
        [alice, bob, carol].map(async (page, i) => {
          for (const n of rounds) await sayInGroup(page, `${["alice", "bob", "carol"][i]} ${n}`);
        }),
      );
      await sayInGroup(alice, "@carol", "carol");
      for (const page of [alice, bob, carol]) {
        await has(page, "@carol");
        await page.evaluate(
          (GroupId) => (window as unknown as TestWindow).parley.history({ GroupId }, { limit: 100 }),
          GroupId,
        );
      }
      const all = await lines(alice);
      assert.deepEqual(await lines(bob), all);
      const joined = all.indexOf("tip 1 carol");
      assert.ok(joined >= 0);
      assert.deepEqual((await lines(carol)).slice(-16), all.slice(-16));
      for (const name of ["alice", "bob", "carol"]) {
        const own = all.filter((line) => line.startsWith(name));
        assert.deepEqual(
          own,
          rounds.map((n) => `${name} ${n}`),
        );
      }
      const { Unread, AtMe } = await row(carol);
      assert.deepEqual([Unread, AtMe?.length], [11, 1]);
      await carol.evaluate((GroupId) => (window as unknown as TestWindow).parley.read({ GroupId }), GroupId);
      assert.deepEqual(await row(carol), { Unread: 0, AtMe: undefined, Role: "Member" });
    },
  );

  await t.test("after a reload the group is there, and what was missed is pulled", async () => {
    await bob.waitForFunction(isStored, ["@carol", "Chess"]);
    relay.up(false);
    await bob.reload();
    await sayInGroup(alice, "while bob was away");
    relay.up(true);
    await login(bob, "bob");
    await bob.evaluate((GroupId) => (window as unknown as TestWindow).parley.history({ GroupId }), GroupId);
    await has(bob, "while bob was away");
    assert.equal(new Set(await lines(bob)).size, (await lines(bob)).length);
    const found = await bob.evaluate(
      async (GroupId) => (await (window as unknown as TestWindow).parley.search("carol 3", { to: { GroupId } })).length,
      GroupId,
    );
    assert.equal(found, 1);
  });

  await t.test("who is removed does not have the group any more", async () => {
    await alice.evaluate(async (GroupId) => {
      const { parley } = window as unknown as TestWindow;
      await parley.group.setRole({ GroupId, Member_Account: "bob", Role: "Admin" });
      await parley.group.remove({ GroupId, MemberToDel_Account: ["carol"] });
    }, GroupId);
    await bob.waitForFunction(
      (GroupId) => (window as unknown as TestWindow).parley.find({ GroupId })?.Role === "Admin",
      GroupId,
    );
    await carol.waitForFunction((GroupId) => {
      const { parley } = window as unknown as TestWindow;
      const listed = parley.conversations.some((row) => row.GroupId === GroupId);
      return !listed && !parley.groups.some((group) => group.GroupId === GroupId);
    }, GroupId);
  });
  for (const context of contexts) await context.close();
});

/** Whether texts are in the databases of the browser, so that they are there after a reload. */
async function isStored(texts: readonly string[]): Promise<boolean> {
  const answer = <Out>(request: IDBRequest<Out>) =>
    new Promise<Out>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  let all = "";
  for (const { name = "" } of await indexedDB.databases()) {
    const db = await answer(indexedDB.open(name));
    const tables = [...db.objectStoreNames];
    if (tables.length > 0) {
      const tx = db.transaction(tables);
      for (const table of tables) all += JSON.stringify(await answer(tx.objectStore(table).getAll()));
    }
    db.close();
  }
  return texts.every((text) => all.includes(JSON.stringify(text)));
}
