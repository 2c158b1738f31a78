// The setup of the fault tests: the local cloud, the faulty network in front of it, and clients whose events and calls
// are recorded.
import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { type AnyMessage, Parley, type SocketClass, type State, type Timing } from "@parley/client";
import { WebSocket } from "ws";
import { type Run, sleep, startLocalCloud } from "../test/localCloud.ts";
import { FaultyNetwork } from "./faultyNetwork.ts";
import { seededRandom } from "./seededRandom.ts";

/**
 * The seed of all random numbers. Two runs with one seed have the same numbers, but which frame or call gets which number
 * depends on timing.
 */
export const seed = Number(process.env.PARLEY_E2E_SEED ?? randomInt(1, 2 ** 31));

/** A rule of the local cloud's faults (infra/local/fault). */
export interface Rule {
  on: "dynamodb" | "sqs" | "post";
  do: string;
  function?: string;
  rate: number;
  delay_ms?: number;
}

const allClients = new Set<Parley>();

/** Notifies every client that the network is back. In a browser the client finds this out itself. */
export const networkIsBack = () => {
  for (const parley of allClients) parley.foreground();
};

/** A client, with its events and its calls. */
export interface RecordedClient {
  parley: Parley;
  /** The events `message`. */
  received: AnyMessage[];
  states: State[];
  /** The operations that the client has called, in order. */
  calls: string[];
}

/** Starts the local cloud. `client` makes clients of it, `closeClients` closes them, `end` ends everything. */
export async function setUp() {
  const cloud = await startLocalCloud();
  const random = seededRandom(seed);
  const network = new FaultyNetwork(cloud.run.websocket, random);
  const websocket = await network.start();
  const run = randomBytes(3).toString("hex"); // so that the users of an earlier run on this cloud are not used again

  /** Makes a client of a user. The user ID is the name and the run. */
  const client = (name: string, timing: Partial<Timing> = {}): RecordedClient => {
    const { http, sdkappid } = cloud.run;
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
    allClients.add(parley);
    const recorded: RecordedClient = { parley, received: [], states: [], calls };
    parley.on("message", (m) => recorded.received.push(m as AnyMessage));
    parley.on("state", (state) => recorded.states.push(state));
    return recorded;
  };

  const closeClients = () => {
    for (const parley of allClients) parley.close();
    allClients.clear();
  };
  const end = async () => {
    closeClients();
    network.stop();
    await cloud.stop();
  };
  return { run: cloud.run, network, random, client, closeClients, end };
}

/** Signs a client in. Resolves when it is online and its first sync is done. */
export async function signIn({ parley, states }: RecordedClient): Promise<void> {
  const synced = new Promise((done) => parley.on("synced", done));
  await parley.login();
  await synced;
  states.length = 0;
}

async function usersig(http: string, user: string): Promise<string> {
  const response = await fetch(`${http}/_local/usersig?user=${user}`);
  return ((await response.json()) as { usersig: string }).usersig;
}

/**
 * Starts the faults of the local cloud: its rules, and the life of its connections. Resolves with a function that returns
 * how often each rule was applied.
 */
export async function startFaults({ http }: Run, rules: Rule[], lifeMs: number): Promise<() => Promise<number[]>> {
  const faults = `${http}/_local/faults`;
  const put = await fetch(faults, { method: "PUT", body: JSON.stringify({ seed, rules, life_ms: lifeMs }) });
  assert.equal(put.status, 200, await put.text());
  return async () => ((await (await fetch(faults)).json()) as { fired: number[] }).fired;
}

/** Ends the faults of the local cloud. */
export async function endFaults({ http }: Run): Promise<void> {
  await fetch(`${http}/_local/faults`, { method: "DELETE" });
}

/** Waits until an assertion holds. If it never does, throws its error. */
export async function eventually(assertion: () => void, ms = 180_000): Promise<void> {
  for (const end = Date.now() + ms; ; await sleep(20)) {
    try {
      return assertion();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
