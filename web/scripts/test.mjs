// Bundles the *.test.ts of the workspace's folder test, or another, and runs them with Node's test runner.
// Run in a workspace: test.mjs [--folder name] [pick]. Pick is part of the names of the files to run.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values, positionals } = parseArgs({
  options: { folder: { type: "string", default: "test" } },
  allowPositionals: true,
});
const { folder } = values;
const [pick = ""] = positionals;
const out = resolve(`node_modules/.${folder}`);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const files = readdirSync(folder).filter((name) => name.endsWith(".test.ts") && name.includes(pick));
await build({
  entryPoints: files.map((name) => join(folder, name)),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
  external: ["ws", "playwright-core", "esbuild"],
  alias: { "@parley/client": resolve("../sdk/src/index.ts") },
});
const run = spawnSync(
  process.execPath,
  [
    "--enable-source-maps",
    "--test",
    "--test-reporter=spec",
    "--test-timeout=1800000", // an end for what hangs; a busy machine is not a failure
    ...files.map((name) => join(out, name.replace(/\.ts$/, ".mjs"))),
  ],
  { stdio: "inherit" },
);
process.exit(run.status ?? 1);
