import { test } from "node:test";
import { sleep, world } from "./world.ts";

test("one", async () => {
  console.log("start");
  const { cloud, client } = await world();
  console.log("world");
  const bob = client("bob");
  bob.on("state", (s) => console.log(s));
  bob.on("refused", (s) => console.log(s));
  await bob.connect();
  console.log("connected", cloud.calls);
  await sleep(100);
  console.log(cloud.calls);
});
