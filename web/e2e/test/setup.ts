// The setup of a test file: a local cloud, a browser, and relays that can fail.
import { after, before } from "node:test";
import type { Browser } from "playwright-core";
import { type Run, startLocalCloud } from "./localCloud.ts";
import { launch } from "./pages.ts";
import { Relay } from "./relay.ts";

/** What {@link setUp} starts. */
export interface Environment {
  readonly run: Run;
  readonly browser: Browser;
  /** Starts a relay in front of the WebSocket address, and returns the local port on which it listens. */
  relay(): Promise<{ relay: Relay; port: number }>;
}

/** Starts everything before the tests of the calling file, calls `ready`, and stops everything after the tests. */
export function setUp(ready: (cloud: Environment) => Promise<void> = async () => {}): Environment {
  let local: { run: Run; stop(): Promise<void> };
  let browser: Browser;
  const relays: Relay[] = [];
  const cloud: Environment = {
    get run() {
      return local.run;
    },
    get browser() {
      return browser;
    },
    relay: async () => {
      const address = new URL(local.run.websocket);
      const relay = new Relay(address.hostname, Number(address.port));
      relays.push(relay);
      return { relay, port: await relay.start() };
    },
  };

  before(async () => {
    local = await startLocalCloud();
    browser = await launch();
    await ready(cloud);
  });

  after(async () => {
    await browser?.close();
    for (const relay of relays) relay.stop();
    await local?.stop();
  });

  return cloud;
}
