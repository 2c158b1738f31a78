import { ParleyError } from "./errors.ts";

/** The time between two sign-outs: an answer to a call made before one is not taken in. */
export class Era {
  #now = 0;

  /** The user signs out. */
  end(): void {
    this.#now++;
  }

  /** What it returns throws where the user signed out meanwhile. */
  still(): () => void {
    const begun = this.#now;
    return () => {
      if (begun !== this.#now) throw new ParleyError("signed out meanwhile", 0, 0);
    };
  }
}
