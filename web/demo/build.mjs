// Builds dist/: index.html, app.js, style.css, and prints their sizes. A file over the limit fails the build.
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist", { recursive: true });
await build({
  entryPoints: { app: "src/main.tsx", style: "src/css/style.css" },
  outdir: "dist",
  bundle: true,
  minify: true,
  sourcemap: "linked",
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  target: ["es2022", "chrome123", "firefox121", "safari17.5"],
  alias: { "@parley/client": resolve("../sdk/src/index.ts") },
});
copyFileSync("src/index.html", "dist/index.html");
const limit = 68_000; // bytes, gzipped: a phone on a slow network loads them in about a second
for (const name of ["app.js", "style.css"]) {
  const bytes = readFileSync(join("dist", name));
  const size = gzipSync(bytes, { level: 9 }).length;
  console.log(`demo/dist/${name} ${bytes.length} bytes, ${size} gzipped`);
  if (size > limit) throw new Error(`${name} is over ${limit} bytes`);
}
