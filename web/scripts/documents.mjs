// Validates the generated descriptions of the APIs with the parsers of those who made the
// formats: docs/reference/asyncapi.yaml, and each file of docs/reference/openapi.
import { readdirSync, readFileSync } from "node:fs";
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
const documents = readdirSync(file("openapi")).filter((name) => name.endsWith(".yaml"));
if (documents.length === 0) problems.push("docs/reference/openapi has no documents");
for (const name of documents) {
  for (const p of await lint({ ref: file(`openapi/${name}`), config })) {
    problems.push(`openapi/${name}: ${p.location[0]?.pointer}: ${p.message}`);
  }
}

for (const p of problems.slice(0, 20)) console.error(p);
console.log(`the API descriptions have ${problems.length} errors`);
process.exit(problems.length ? 1 : 0);
