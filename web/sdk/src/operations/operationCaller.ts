import type { ServerEvent } from "../connection/connectionManager.ts";
import { ParleyError } from "../errors.ts";
import type { ParleyOptions } from "../options.ts";
import type { UserSig } from "../session/userSig.ts";
import { jsonCopy } from "../text/json.ts";
import type { ServerClock } from "../time/serverClock.ts";
import { callByHttp } from "./httpCall.ts";
import { hasOwnEvent, ownEvent } from "./ownEvents.ts";
import { RepeatedCalls } from "./repeatedCalls.ts";

/** What an operation caller needs. */
export interface OperationCallerOptions {
  options: ParleyOptions;
  instance: string;
  timeout: number;
  clock: ServerClock;
  userSig: UserSig;
  /** Returns a function that throws if the user has signed out since. */
  signOutGuard(): () => void;
  answered(action: string, request: object, answer: unknown): void;
  /** An operation of this device, as the event that the user's other devices receive. */
  ownEvent(event: ServerEvent): void;
  /** The server may have done an operation of this device. Its answer is lost, and the server sends no event of it. */
  outcomeUnknown(): void;
}

/** Calls operations, and reports what they have changed. */
export class OperationCaller {
  readonly #options: OperationCallerOptions;
  readonly #repeatedCalls = new RepeatedCalls();

  constructor(options: OperationCallerOptions) {
    this.#options = options;
  }

  async call<Out>(action: string, body: object): Promise<Out> {
    const { options, instance, timeout, clock, userSig, answered, outcomeUnknown } = this.#options;
    const { http, sdkappid, identifier } = options;
    const throwIfSignedOut = this.#options.signOutGuard();
    const named = hasOwnEvent(action) || action.startsWith("session.") ? { instance } : {};
    const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    const caller = { http, sdkappid, identifier, ...named, userSig, clock, fetch, timeout };
    let answer: Out;
    try {
      answer = await this.#repeatedCalls.call(action, body, () => callByHttp<Out>(caller, action, body));
    } catch (error) {
      const unanswered = error instanceof ParleyError && error.temporary;
      if (unanswered && hasOwnEvent(action) && action !== "message.send") outcomeUnknown();
      throw error;
    }
    if (action !== "session.logout") throwIfSignedOut();
    answered(action, body, answer);
    const event = ownEvent(action, identifier, body, answer, clock.now() ?? Date.now());
    if (event) this.#options.ownEvent(jsonCopy(event)); // the app may change its objects later
    return answer;
  }
}
