import { ParleyError } from "./errors.ts";

/** The user's signature: fetched when it is needed first, and again when it is not accepted. */
export class Signature {
  readonly #source: string | (() => string | Promise<string>);
  #held: Promise<string> | undefined;

  constructor(source: string | (() => string | Promise<string>)) {
    this.#source = source;
  }

  get(): Promise<string> {
    if (!this.#held) {
      const held = Promise.resolve(typeof this.#source === "string" ? this.#source : this.#source());
      this.#held = held;
      held.catch(() => {
        if (this.#held === held) this.#held = undefined;
      });
    }
    return this.#held;
  }

  /**
   * Finds out by a call why a connection is not opened, which a WebSocket does not
   * say: the refusal, also of a signature that is fetched anew; undefined for
   * anything that may pass.
   */
  async refusal(call: () => Promise<unknown>): Promise<ParleyError | undefined> {
    for (const last of typeof this.#source === "string" ? [true] : [false, true]) {
      try {
        await call();
        return undefined;
      } catch (error) {
        if (!(error instanceof ParleyError) || !error.refused) return undefined;
        if (last) return error;
        this.#held = undefined;
      }
    }
    return undefined;
  }
}
