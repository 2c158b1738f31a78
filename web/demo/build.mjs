// Builds dist/: index.html, app.js, app.css. Their sizes are printed.
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist", { recursive: true });
await build({
  entryPoints: { app: "src/main.ts", style: "src/css/style.css" },
  outdir: "dist",
  bundle: true,
  minify: true,
  sourcemap: "linked",
  format: "esm",
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  alias: { "@parley/client": resolve("../sdk/src/index.ts") },
});
copyFileSync("src/index.html", "dist/index.html");
for (const name of ["app.js", "style.css"]) {
  const bytes = readFileSync(join("dist", name));
  console.log(`demo/dist/${name} ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`);
}
