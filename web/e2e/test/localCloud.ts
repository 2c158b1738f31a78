// The local cloud of the tests: the one that PARLEY_RUN_JSON names, or one that the tests start.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The content of run.json. */
export interface Run {
  http: string;
  websocket: string;
  sdkappid: number;
  admin: string;
}

/** The top of the repository: npm runs this in web/e2e. */
export const top = resolve("../..");

/** Starts a local cloud in memory. Resolves when it is ready. */
export async function startLocalCloud(): Promise<{ run: Run; stop(): Promise<void> }> {
  const given = process.env.PARLEY_RUN_JSON;
  if (given) return { run: JSON.parse(readFileSync(given, "utf8")), stop: async () => {} };
  const state = mkdtempSync(join(tmpdir(), "parley-browser-"));
  const child = spawn("go", ["run", "./infra/local/cmd/parley-local", "-memory", "-state", state], {
    cwd: top,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (log += text));
  const kill = () => {
    try {
      if (child.exitCode === null && child.pid) process.kill(-child.pid, "SIGINT");
    } catch {
      // The process has ended.
    }
  };
  process.on("exit", kill); // an interrupted run also ends the cloud
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));
  const stop = async () => {
    await end(child);
    process.off("exit", kill);
    rmSync(state, { recursive: true, force: true });
  };
  const file = join(state, "run.json");
  for (const deadline = Date.now() + 600_000; !existsSync(file); await sleep(100)) {
    if (child.exitCode === null && Date.now() < deadline) continue;
    await stop();
    throw new Error(`the local cloud did not start:\n${log}`);
  }
  await sleep(50);
  return { run: JSON.parse(readFileSync(file, "utf8")), stop };
}

/** Makes a UserSig of a user. */
export async function signature(run: Run, user: string): Promise<string> {
  const answer = await fetch(`${run.http}/_local/usersig?user=${encodeURIComponent(user)}`);
  return ((await answer.json()) as { usersig: string }).usersig;
}

/** Calls an operation as a user, without a page. */
export async function call(run: Run, user: string, action: string, body: object): Promise<unknown> {
  const usersig = await signature(run, user);
  const answer = await fetch(`${run.http}/client/${action}`, {
    method: "POST",
    headers: { Authorization: `UserSig ${run.sdkappid} ${user} ${usersig}` },
    body: JSON.stringify(body),
  });
  const { code, error, body: out } = (await answer.json()) as { code: number; error?: string; body?: unknown };
  if (code !== 0) throw new Error(`${action}: ${code} ${error}`);
  return out;
}

/** Calls an operation of the operator. The local cloud does not check the signature. */
export async function operate(run: Run, action: string, body: object): Promise<void> {
  const credential = "Credential=operator/20000101/us-east-1/execute-api/aws4_request";
  const answer = await fetch(`${run.http}/operator/${action}`, {
    method: "POST",
    headers: { Authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0` },
    body: JSON.stringify(body),
  });
  const { code, error } = (await answer.json()) as { code: number; error?: string };
  if (code !== 0) throw new Error(`${action}: ${code} ${error}`);
}

/** Interrupts the process group of a child and waits for its end. */
async function end(child: ChildProcess): Promise<void> {
  const over = () => child.exitCode !== null || child.signalCode !== null;
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    try {
      if (child.pid && !over()) process.kill(-child.pid, signal);
    } catch {
      return; // the process has ended
    }
    for (const deadline = Date.now() + 60_000; !over() && Date.now() < deadline; ) await sleep(50);
  }
}

export const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
