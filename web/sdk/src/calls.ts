import type { ServerClock } from "./clock.ts";
import { call } from "./door.ts";
import { echo, echoed } from "./echo.ts";
import { ParleyError } from "./errors.ts";
import type { ServerEvent } from "./link.ts";
import type { ParleyOptions } from "./options.ts";
import { plain } from "./plain.ts";
import { Repeats } from "./repeats.ts";
import type { Signature } from "./signature.ts";

/** What calls need. */
export interface CallsOptions {
  options: ParleyOptions;
  instance: string;
  timeout: number;
  clock: ServerClock;
  signature: Signature;
  /** Begins a call. What it returns throws where the user signed out meanwhile. */
  still(): () => void;
  answered(action: string, answer: unknown): void;
  /** What this device did, as the event that the user's other devices get. */
  echo(event: ServerEvent): void;
  /** An operation of this device may be done, and the server does not tell this device of it. */
  unsure(): void;
}

/** Calls operations and takes in what they did. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #repeats = new Repeats();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  async call<Out>(action: string, body: object): Promise<Out> {
    const { options, instance, timeout, clock, signature, answered, unsure } = this.#options;
    const { http, sdkappid, identifier } = options;
    const still = this.#options.still();
    const named = echoed(action) || action.startsWith("session.") ? { instance } : {};
    const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    const caller = { http, sdkappid, identifier, ...named, signature, clock, fetch, timeout };
    let answer: Out;
    try {
      answer = await this.#repeats.call(action, body, () => call<Out>(caller, action, body));
    } catch (error) {
      const lost = error instanceof ParleyError && error.temporary;
      if (lost && echoed(action) && action !== "message.send") unsure();
      throw error;
    }
    if (action !== "session.logout") still();
    answered(action, answer);
    const event = echo(action, identifier, body, answer, clock.now() ?? Date.now());
    if (event) this.#options.echo(plain(event)); // what the app does to its objects later is its own affair
    return answer;
  }
}
