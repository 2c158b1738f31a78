import { ParleyError } from "./errors.ts";

/** Who calls, and where. */
export interface Caller {
  http: string;
  sdkappid: number;
  identifier: string;
  /** The installation, where it must be named: then the server does not tell it what it did. */
  instance?: string;
  usersig(): Promise<string>;
  fetch: typeof fetch;
  timeout: number;
}

/**
 * Calls an operation at the HTTP door and returns the body of its answer.
 * Throws a {@link ParleyError} for every other outcome.
 */
export async function call<Out>(caller: Caller, action: string, body: object): Promise<Out> {
  const usersig = await caller.usersig();
  const sent = JSON.stringify(body); // what cannot be written is the caller's error, not the network's
  let response: Response;
  let answer: { code?: number; error?: string; body?: Out };
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), caller.timeout);
  try {
    response = await caller.fetch(`${caller.http.replace(/\/+$/, "")}/client/${action}`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Authorization: `UserSig ${caller.sdkappid} ${bytes(caller.identifier)} ${usersig}`,
        ...(caller.instance === undefined ? {} : { "Parley-Instance": bytes(caller.instance) }),
      },
      body: sent,
      signal: late.signal,
    });
    answer = JSON.parse(await response.text());
  } catch (cause) {
    throw new ParleyError(`${action}: no answer`, 0, 0, { cause });
  } finally {
    clearTimeout(timer);
  }
  if (response.ok && answer?.code === 0) return (answer.body ?? {}) as Out;
  throw new ParleyError(answer?.error ?? `${action}: status ${response.status}`, answer?.code ?? 0, response.status);
}

/** A header carries bytes: those of the text in UTF-8. */
function bytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
