// Bundles the files *.test.ts of one folder of a workspace and runs them with the test runner of Node.
// Usage, in a workspace: test.mjs [--folder name] [part]. The default folder is test. With a part, only the files whose
// names contain it are run.
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
const [part = ""] = positionals;
const out = resolve(`node_modules/.${folder}`);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const files = readdirSync(folder).filter((name) => name.endsWith(".test.ts") && name.includes(part));
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
    "--test-timeout=1800000", // ends a test that hangs; a busy machine is not a failure
    ...files.map((name) => join(out, name.replace(/\.ts$/, ".mjs"))),
  ],
  { stdio: "inherit" },
);
process.exit(run.status ?? 1);
