// Validates the generated descriptions of the APIs with the parsers of those who
// made the formats: docs/reference/openapi.yaml and docs/reference/asyncapi.yaml.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Parser } from "@asyncapi/parser";
import { createConfig, lint } from "@redocly/openapi-core";

const file = (name) => fileURLToPath(new URL(`../../docs/reference/${name}`, import.meta.url));

const error = 0; // the severity
const asyncapi = await new Parser().parse(readFileSync(file("asyncapi.yaml"), "utf8"));
const problems = asyncapi.diagnostics
  .filter((d) => d.severity === error)
  .map((d) => `asyncapi.yaml: ${d.path.join(".")}: ${d.message}`);

const config = await createConfig({ extends: ["spec"] });
for (const p of await lint({ ref: file("openapi.yaml"), config })) {
  problems.push(`openapi.yaml: ${p.location[0]?.pointer}: ${p.message}`);
}

for (const p of problems.slice(0, 20)) console.error(p);
console.log(`the API descriptions have ${problems.length} errors`);
process.exit(problems.length ? 1 : 0);
