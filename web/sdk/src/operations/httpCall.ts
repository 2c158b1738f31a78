import { ParleyError } from "../errors.ts";
import type { UserSig } from "../session/userSig.ts";
import { encodeRequest } from "../text/json.ts";
import type { ServerClock } from "../time/serverClock.ts";
import { withTimeout } from "../time/wait.ts";

/** Who calls an operation, and where. */
export interface Caller {
  http: string;
  sdkappid: number;
  identifier: string;
  /** The installation, if the call names it: then the server does not send the event of the operation to it. */
  instance?: string;
  userSig: UserSig;
  clock: ServerClock;
  fetch: typeof fetch;
  timeout: number;
}

/**
 * Calls an operation by HTTP and returns the body of its answer. If the server does not
 * accept the signature, the call is repeated once with another one. Throws a
 * {@link ParleyError} for every other outcome, and a TypeError if JSON cannot express the
 * body.
 */
export async function callByHttp<Out>(caller: Caller, action: string, body: object): Promise<Out> {
  const encoded = encodeRequest(action, body);
  const usersig = await caller.userSig.get();
  try {
    return await post(caller, action, encoded, usersig);
  } catch (error) {
    if (!(error instanceof ParleyError && error.refused)) throw error;
    const next = await caller.userSig.replace(usersig).catch(() => undefined);
    if (next === undefined) throw error;
    return post(caller, action, encoded, next);
  }
}

async function post<Out>(caller: Caller, action: string, encoded: string, usersig: string): Promise<Out> {
  let response: Response;
  let answer: { code?: number; error?: string; body?: Out };
  const timedOut = new AbortController();
  try {
    [response, answer] = await withTimeout(caller.timeout, action, async () => {
      const response = await caller.fetch(`${caller.http.replace(/\/+$/, "")}/client/${action}`, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          Authorization: `UserSig ${caller.sdkappid} ${headerValue(caller.identifier)} ${usersig}`,
          ...(caller.instance === undefined ? {} : { "Parley-Instance": headerValue(caller.instance) }),
        },
        body: encoded,
        signal: timedOut.signal,
      });
      return [response, JSON.parse(await response.text())] as const;
    });
  } catch (cause) {
    timedOut.abort();
    throw new ParleyError(`${action}: no answer`, 0, 0, { cause });
  }
  if (typeof answer?.code === "number") caller.clock.set(Date.parse(response.headers?.get("Date") ?? ""));
  if (response.ok && answer?.code === 0) return (answer.body ?? {}) as Out;
  throw new ParleyError(answer?.error ?? `${action}: status ${response.status}`, answer?.code ?? 0, response.status);
}

/** A text as the value of a header: its bytes in UTF-8, one character for each byte. */
function headerValue(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
