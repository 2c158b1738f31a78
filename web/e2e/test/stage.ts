// What the tests of a file play on: a cloud, a browser, and relays that can fail.
import { after, before } from "node:test";
import type { Browser } from "playwright-core";
import { launch } from "./page.ts";
import { Relay } from "./relay.ts";
import { type Run, startStack } from "./stack.ts";

/** What {@link stage} sets up. */
export interface Stage {
  readonly run: Run;
  readonly browser: Browser;
  /** A relay before the WebSocket door, and the port of this machine on which it listens. */
  relay(): Promise<{ relay: Relay; port: number }>;
}

/** Begins before the tests of the file that calls it, and ends after them. `ready` comes between. */
export function stage(ready: (cloud: Stage) => Promise<void> = async () => {}): Stage {
  let stack: { run: Run; stop(): Promise<void> };
  let browser: Browser;
  const relays: Relay[] = [];
  const cloud: Stage = {
    get run() {
      return stack.run;
    },
    get browser() {
      return browser;
    },
    relay: async () => {
      const door = new URL(stack.run.websocket);
      const relay = new Relay(door.hostname, Number(door.port));
      relays.push(relay);
      return { relay, port: await relay.start() };
    },
  };

  before(async () => {
    stack = await startStack();
    browser = await launch();
    await ready(cloud);
  });

  after(async () => {
    await browser?.close();
    for (const relay of relays) relay.stop();
    await stack?.stop();
  });

  return cloud;
}
