import { ParleyError } from "../errors.ts";

/**
 * Refuses answers to calls that were made before the user signed out. Example: the app
 * reads a history and signs out before the answer arrives; the messages must not be added.
 */
export class SignOutGuard {
  #signOuts = 0;

  /** The user signs out. */
  signOut(): void {
    this.#signOuts++;
  }

  /** Returns a function that throws if the user has signed out since. */
  begin(): () => void {
    const before = this.#signOuts;
    return () => {
      if (before !== this.#signOuts) throw new ParleyError("signed out meanwhile", 0, 0);
    };
  }
}
