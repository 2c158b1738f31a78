import assert from "node:assert/strict";
import { test } from "node:test";
import { groupPeer } from "../src/peer.ts";
import { formatRoute, parseRoute, type Route } from "../src/route.ts";

test("a route that is formatted and parsed is the same route", () => {
  const routes: Route[] = [
    { view: "chats" },
    { view: "chats", peer: "bob" },
    { view: "chats", peer: "a/b #%", message: "1_2_3" },
    { view: "chats", peer: groupPeer("a/b #%") },
    { view: "chats", peer: groupPeer("chess"), message: "12" },
    { view: "chats", peer: groupPeer("chess"), about: true },
    { view: "contacts" },
    { view: "contacts", user: "жанна" },
    { view: "me" },
  ];
  for (const route of routes) assert.deepEqual(parseRoute(formatRoute(route)), route);
});

test("an unknown address is the list of conversations", () => {
  for (const hash of ["", "#", "#/", "#/nowhere", "#/group", "#%zz"])
    assert.deepEqual(parseRoute(hash), { view: "chats" });
});
