// Bundles the workspace's test/*.test.ts and runs them with Node's test runner.
// Run in a workspace; a name given as an argument picks files by substring.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const pick = process.argv[2] ?? "";
const out = resolve("node_modules/.test");
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const files = readdirSync("test").filter((name) => name.endsWith(".test.ts") && name.includes(pick));
await build({
  entryPoints: files.map((name) => join("test", name)),
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
    "--test-timeout=200000",
    ...files.map((name) => join(out, name.replace(/\.ts$/, ".mjs"))),
  ],
  { stdio: "inherit" },
);
process.exit(run.status ?? 1);
