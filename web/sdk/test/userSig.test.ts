// The signature: it is requested before it expires, and once after a refusal. A login always ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import type { ParleyError } from "../src/index.ts";
import { setUp, sleep, until } from "./setup.ts";

/** A signature that was made `ago` seconds ago and is valid for `life` seconds. */
function token(ago: number, life: number, sig: string): string {
  const fields = { "TLS.time": Math.floor(Date.now() / 1000) - ago, "TLS.expire": life, "TLS.sig": sig };
  const packed = deflateSync(JSON.stringify(fields)).toString("base64");
  return packed.replace(/\+/g, "*").replace(/\//g, "-").replace(/=/g, "_");
}

test("calls whose signature is refused are repeated with another one, requested once", async () => {
  const { server, online } = await setUp();
  let asked = 0;
  const bob = await online("bob", { usersig: () => `sig-${++asked}` });
  server.revoked = "sig-1";
  await Promise.all([bob.conversation.list(), bob.conversation.list(), bob.send("alice", "hi")]);
  assert.equal(asked, 2);
  assert.equal(bob.state, "online");
});

test("a call whose second signature is refused too fails with the error of the server", async () => {
  const { server, online } = await setUp();
  let asked = 0;
  const bob = await online("bob", { usersig: () => `sig-${asked++ && 1}` });
  server.revoked = "sig-1";
  await bob.conversation.list(); // sig-0 is still valid
  server.refuse = (usersig) => usersig.startsWith("sig-");
  await assert.rejects(bob.conversation.list(), (e: ParleyError) => e.code === 70001);
  assert.equal(asked, 2);
});

test("a signature is requested before the old one expires, by the server's clock", async () => {
  const { online } = await setUp();
  let asked = 0;
  const bob = await online("bob", { usersig: () => (asked++ === 0 ? token(3_560, 3_600, "a") : token(0, 3_600, "b")) });
  await bob.conversation.list();
  assert.equal(asked, 2);
  const wall = Date.now;
  Date.now = () => wall.call(Date) + 86_400_000;
  try {
    await bob.conversation.list();
    assert.equal(asked, 2, "a device whose clock is a day fast makes no more requests");
  } finally {
    Date.now = wall;
  }
});

test("if the app returns the same signature again, it is not requested at each call", async () => {
  const { online } = await setUp();
  let asked = 0;
  const old = token(3_560, 3_600, "a");
  const bob = await online("bob", {
    usersig: () => {
      asked++;
      return old;
    },
  });
  const before = asked;
  for (let i = 0; i < 5; i++) await bob.conversation.list();
  assert.ok(asked <= before + 5 && asked < 8, `${asked} times`);
});

test("a login after a kick requests a new signature: the old one is void", async () => {
  const { server, online } = await setUp();
  let asked = 0;
  const bob = await online("bob", { usersig: () => `sig-${++asked}` });
  server.emit("bob", { event: "session.kick", body: { Reason: "kicked", Platform: "Web", Time: 1 } });
  await until(() => bob.state === "kicked");
  await bob.login();
  assert.equal(asked, 2);
});

test("a login ends: for a user who is refused, after a close, and if the app gives no signature", async () => {
  const { server, client } = await setUp();
  server.refuse = () => true;
  const refused = client("bob", { usersig: async () => `sig-${Math.random()}` });
  await assert.rejects(refused.login(), (e: ParleyError) => e.refused);
  assert.equal(refused.state, "refused");
  await assert.rejects(refused.login(), (e: ParleyError) => e.refused, "and again");
  server.refuse = () => false;
  const closed = client("bob");
  const login = closed.login();
  closed.close();
  await assert.rejects(login, /offline/);
  let asked = 0;
  const slow = client("bob", {
    usersig: () =>
      asked++ === 0 ? new Promise<string>(() => {}) : asked === 2 ? Promise.reject(new Error("down")) : "s",
    timing: { callTimeout: 40 },
  });
  await slow.login();
  assert.ok(asked >= 3);
  await sleep(10);
});
