import type { ServerClock } from "./clock.ts";
import { ParleyError } from "./errors.ts";
import { write } from "./plain.ts";
import type { Signature } from "./signature.ts";
import { within } from "./timing.ts";

/** Who calls, and where. */
export interface Caller {
  http: string;
  sdkappid: number;
  identifier: string;
  /** The installation, where it must be named: then the server does not tell it what it did. */
  instance?: string;
  signature: Signature;
  clock: ServerClock;
  fetch: typeof fetch;
  timeout: number;
}

/**
 * Calls an operation at the HTTP door and returns the body of its answer. A call
 * whose signature is not accepted is repeated once with another one.
 * Throws a {@link ParleyError} for every other outcome.
 */
export async function call<Out>(caller: Caller, action: string, body: object): Promise<Out> {
  const sent = write(action, body); // what cannot be written is the caller's error, not the network's
  const usersig = await caller.signature.get();
  try {
    return await post(caller, action, sent, usersig);
  } catch (error) {
    if (!(error instanceof ParleyError && error.refused)) throw error;
    const next = await caller.signature.renew(usersig).catch(() => undefined);
    if (next === undefined) throw error;
    return post(caller, action, sent, next);
  }
}

async function post<Out>(caller: Caller, action: string, sent: string, usersig: string): Promise<Out> {
  let response: Response;
  let answer: { code?: number; error?: string; body?: Out };
  const late = new AbortController();
  try {
    [response, answer] = await within(caller.timeout, action, async () => {
      const response = await caller.fetch(`${caller.http.replace(/\/+$/, "")}/client/${action}`, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          Authorization: `UserSig ${caller.sdkappid} ${bytes(caller.identifier)} ${usersig}`,
          ...(caller.instance === undefined ? {} : { "Parley-Instance": bytes(caller.instance) }),
        },
        body: sent,
        signal: late.signal,
      });
      return [response, JSON.parse(await response.text())] as const;
    });
  } catch (cause) {
    late.abort();
    throw new ParleyError(`${action}: no answer`, 0, 0, { cause });
  }
  if (typeof answer?.code === "number") caller.clock.hear(Date.parse(response.headers?.get("Date") ?? ""));
  if (response.ok && answer?.code === 0) return (answer.body ?? {}) as Out;
  throw new ParleyError(answer?.error ?? `${action}: status ${response.status}`, answer?.code ?? 0, response.status);
}

/** A header carries bytes: those of the text in UTF-8. */
function bytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
