// The guide docs/sdk.md is correct: its examples compile, and it names every event and every builder.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import * as sdk from "../src/index.ts";

const guide = readFileSync(resolve("../../docs/sdk.md"), "utf8");

test("the examples of the guide compile", () => {
  const folder = resolve("node_modules/.docs");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const examples = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
  assert.ok(examples.length >= 5);
  for (const [i, example] of examples.entries()) writeFileSync(join(folder, `example${i}.ts`), example);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: resolve("../tsconfig.base.json"),
      compilerOptions: { paths: { "@parley/client": [resolve("src/index.ts")] } },
      include: ["*.ts"],
    }),
  );
  const run = spawnSync("npx", ["--no-install", "tsc", "-p", folder], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stdout + run.stderr);
});

test("the guide names every event and every builder", () => {
  const types = readFileSync("src/types.ts", "utf8");
  const own = types.slice(types.indexOf("export interface Events"));
  const api = readFileSync("src/api/events.ts", "utf8");
  const server = api.slice(api.indexOf("export interface ServerEvents"));
  const events = [
    ...[...own.matchAll(/^ {2}(\w+):/gm)].map((match) => match[1]),
    ...[...server.matchAll(/^ {2}"([\w.]+)":/gm)].map((match) => match[1]),
  ].filter((name) => name !== "session.kick" && name !== "message.new"); // the client emits kicked and message
  assert.ok(events.length > 20);
  const builders = Object.keys(sdk).filter((name) => name.endsWith("Element"));
  assert.equal(builders.length, 9);
  for (const name of [...events, ...builders])
    assert.ok(guide.includes(`\`${name}\``), `the guide does not name ${name}`);
});

test("the package has less than 25 KB, gzipped", () => {
  const size = gzipSync(new Uint8Array(readFileSync("dist/index.js")), { level: 9 }).length;
  assert.ok(size < 25 * 1024, `${size} bytes gzipped`);
});
