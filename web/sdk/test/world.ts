// What every test of the client begins with.
import assert from "node:assert/strict";
import { after } from "node:test";
import { WebSocket } from "ws";
import { type Message, Parley, type ParleyOptions, type SocketClass, type Timing } from "../src/index.ts";
import { Cloud } from "./cloud.ts";

const realNow = performance.now.bind(performance);

export const fast: Partial<Timing> = { gap: 40, backoffMin: 10, backoffMax: 40, probeTimeout: 60, hidden: 30 };

/** A cloud and what makes clients of it; all of it ends with the test file. */
export async function world() {
  const cloud = new Cloud();
  const doors = await cloud.start();
  const clients: Parley[] = [];
  after(async () => {
    for (const client of clients) client.close();
    await cloud.stop();
  });
  const client = (identifier: string, more: Partial<ParleyOptions> = {}) => {
    const parley = new Parley({
      ...doors,
      identifier,
      usersig: `sig-${identifier}`,
      WebSocket: WebSocket as unknown as SocketClass,
      ...more,
      timing: { ...fast, ...more.timing },
    });
    clients.push(parley);
    return parley;
  };
  /** A client that is online and in sync. */
  const online = async (identifier: string, more?: Partial<ParleyOptions>) => {
    const parley = client(identifier, more);
    await parley.login();
    await until(() => cloud.calls.some((c) => c.action === "session.sync" && c.user === identifier));
    await sleep(20);
    return parley;
  };
  return { cloud, doors, client, online };
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for something to become true. */
export async function until(check: () => boolean, ms = 60_000): Promise<void> {
  const end = realNow() + ms; // tests set the clocks of the device
  for (; !check(); await sleep(5)) {
    if (realNow() > end) assert.fail(`not in ${ms} ms: ${check}`);
  }
}

export function text(m: Message): string {
  return String(m.MsgBody[0]?.MsgContent.Text);
}

export function texts(list: readonly Message[]): string[] {
  return list.map(text);
}

/** Collects what a client announces. */
export function heard(parley: Parley): Message[] {
  const list: Message[] = [];
  parley.on("message", (m) => list.push(m));
  return list;
}
