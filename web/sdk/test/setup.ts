// The setup of every test of the client.
import assert from "node:assert/strict";
import { after } from "node:test";
import { WebSocket } from "ws";
import {
  type AnyMessage,
  type Message,
  Parley,
  type ParleyOptions,
  type SocketClass,
  type Timing,
} from "../src/index.ts";
import { FakeServer } from "./fakeServer.ts";

const realNow = performance.now.bind(performance);

export const fast: Partial<Timing> = { gap: 40, backoffMin: 10, backoffMax: 40, probeTimeout: 60, hidden: 30 };

/** A fake server, and functions that make clients of it. All of it ends with the test file. */
export async function setUp() {
  const server = new FakeServer();
  const addresses = await server.start();
  const clients: Parley[] = [];
  after(async () => {
    for (const client of clients) client.close();
    await server.stop();
  });
  const client = (identifier: string, more: Partial<ParleyOptions> = {}) => {
    const parley = new Parley({
      ...addresses,
      identifier,
      usersig: `sig-${identifier}`,
      WebSocket: WebSocket as unknown as SocketClass,
      ...more,
      timing: { ...fast, ...more.timing },
    });
    clients.push(parley);
    return parley;
  };
  /** A client that is online and has made a sync. */
  const online = async (identifier: string, more?: Partial<ParleyOptions>) => {
    const parley = client(identifier, more);
    await parley.login();
    await until(() => server.calls.some((c) => c.action === "session.sync" && c.user === identifier));
    await sleep(20);
    return parley;
  };
  return { server, client, online };
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until a check is true. */
export async function until(check: () => boolean, ms = 60_000): Promise<void> {
  const end = realNow() + ms; // some tests set the clocks of the device
  for (; !check(); await sleep(5)) {
    if (realNow() > end) assert.fail(`not in ${ms} ms: ${check}`);
  }
}

export function text(m: Pick<AnyMessage, "MsgBody">): string {
  return String(m.MsgBody[0]?.MsgContent.Text);
}

export function texts(list: readonly Pick<AnyMessage, "MsgBody">[]): string[] {
  return list.map(text);
}

/** Collects the events `message` of a client, in a test of one-to-one messages. */
export function collectMessages(parley: Parley): Message[] {
  const list: Message[] = [];
  parley.on("message", (m) => list.push(m as Message));
  return list;
}
