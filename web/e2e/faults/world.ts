// What the fault tests begin with: the local cloud, the network before it, and clients that are seen through.
import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { type Message, Parley, type SocketClass, type State, type Timing } from "@parley/client";
import { WebSocket } from "ws";
import { type Run, sleep, startStack } from "../test/stack.ts";
import { dice } from "./dice.ts";
import { Network } from "./network.ts";

/** What all chance comes from. Two runs of one seed roll the same dice; what they strike depends on what happens when. */
export const seed = Number(process.env.PARLEY_E2E_SEED ?? randomInt(1, 2 ** 31));

/** A rule of the local cloud's faults (infra/local/fault). */
export interface Rule {
  on: "dynamodb" | "sqs" | "post";
  do: string;
  function?: string;
  rate: number;
  delay_ms?: number;
}

const everybody = new Set<Parley>();

/** Tells every client that the network is back, as a page does by itself. */
export const networkIsBack = () => {
  for (const parley of everybody) parley.foreground();
};

/** A client, and what it said and did. */
export interface Watched {
  parley: Parley;
  /** Each event `message`. */
  heard: Message[];
  states: State[];
  /** The operations that were called, in order. */
  calls: string[];
}

/** The cloud, started, and what makes clients of it. `dismiss` ends the clients, `end` everything. */
export async function startWorld() {
  const stack = await startStack();
  const random = dice(seed);
  const network = new Network(stack.run.websocket, random);
  const websocket = await network.start();
  const run = randomBytes(3).toString("hex"); // users of an earlier run on this cloud are other people

  /** A client of a user of that name in this run. */
  const client = (name: string, timing: Partial<Timing> = {}): Watched => {
    const { http, sdkappid } = stack.run;
    const identifier = `${name}-${run}`;
    const calls: string[] = [];
    const parley = new Parley({
      http,
      websocket,
      sdkappid,
      identifier,
      usersig: () => usersig(http, identifier),
      WebSocket: WebSocket as unknown as SocketClass,
      fetch: (url, init) => {
        calls.push(String(url).replace(/^.*\/client\//, ""));
        return network.fetch(String(url), init);
      },
      timing,
    });
    everybody.add(parley);
    const watched: Watched = { parley, heard: [], states: [], calls };
    parley.on("message", (m) => watched.heard.push(m));
    parley.on("state", (state) => watched.states.push(state));
    return watched;
  };

  const dismiss = () => {
    for (const parley of everybody) depart(parley);
    everybody.clear();
  };
  const end = async () => {
    dismiss();
    network.stop();
    await stack.stop();
  };
  return { run: stack.run, network, random, client, dismiss, end };
}

/** Signs a client in and resolves when it is online and has caught up. */
export async function arrive({ parley, states }: Watched): Promise<void> {
  const synced = new Promise((done) => parley.on("synced", done));
  await parley.login();
  await synced;
  states.length = 0;
}

const depart = (parley: Parley) => parley.close();

async function usersig(http: string, user: string): Promise<string> {
  const response = await fetch(`${http}/_local/usersig?user=${user}`);
  return ((await response.json()) as { usersig: string }).usersig;
}

/** Lets the cloud's own faults begin: rules, and connections that live so long. Resolves with what tells how often each rule struck. */
export async function startFaults({ http }: Run, rules: Rule[], lifeMs: number): Promise<() => Promise<number[]>> {
  const faults = `${http}/_local/faults`;
  const put = await fetch(faults, { method: "PUT", body: JSON.stringify({ seed, rules, life_ms: lifeMs }) });
  assert.equal(put.status, 200, await put.text());
  return async () => ((await (await fetch(faults)).json()) as { fired: number[] }).fired;
}

/** Ends the cloud's own faults. */
export async function endFaults({ http }: Run): Promise<void> {
  await fetch(`${http}/_local/faults`, { method: "DELETE" });
}

/** Waits for an assertion to hold, and fails as it does if it never does. */
export async function eventually(assertion: () => void, ms = 180_000): Promise<void> {
  for (const end = Date.now() + ms; ; await sleep(20)) {
    try {
      return assertion();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
