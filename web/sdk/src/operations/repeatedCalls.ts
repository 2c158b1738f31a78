import { ParleyError } from "../errors.ts";

/** The error code with which the server refuses an operation that was done before. */
const doneBefore: Record<string, number> = {
  "message.recall": 20023,
  "message.react": 23007,
  "message.unreact": 23009,
};

/** How many calls without an answer are remembered. */
const maxRemembered = 100;

/**
 * Remembers the calls whose answer was lost. If such a call is repeated and the server
 * says that it was done before, the repeat succeeds: the first call has done it.
 *
 * Example: the server recalls a message and its answer is lost. The app calls again, and
 * the server says 20023 (recalled already): the second call resolves.
 */
export class RepeatedCalls {
  readonly #unanswered = new Set<string>();

  async call<Out>(action: string, body: object, run: () => Promise<Out>): Promise<Out> {
    const code = doneBefore[action];
    if (code === undefined) return run();
    const name = `${action} ${JSON.stringify(body)}`;
    try {
      const answer = await run();
      this.#unanswered.delete(name);
      return answer;
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      if (error.code === code && this.#unanswered.delete(name)) return {} as Out;
      if (error.temporary) this.#unanswered.add(name);
      for (const oldest of this.#unanswered) {
        if (this.#unanswered.size <= maxRemembered) break;
        this.#unanswered.delete(oldest);
      }
      throw error;
    }
  }
}
