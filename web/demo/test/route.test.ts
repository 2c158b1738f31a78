import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRoute, parseRoute, type Route } from "../src/route.ts";

test("every route has an address that leads to it", () => {
  const routes: Route[] = [
    { view: "chats" },
    { view: "chats", peer: "bob" },
    { view: "chats", peer: "a/b #%", message: "1_2_3" },
    { view: "contacts" },
    { view: "contacts", user: "жанна" },
    { view: "me" },
  ];
  for (const route of routes) assert.deepEqual(parseRoute(formatRoute(route)), route);
});

test("an address that means nothing is the list", () => {
  for (const hash of ["", "#", "#/", "#/nowhere", "#%zz"]) assert.deepEqual(parseRoute(hash), { view: "chats" });
});
