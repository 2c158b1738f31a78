import { ParleyError } from "./errors.ts";

/** What the server says of an operation that was done before. */
const done: Record<string, number> = { "message.recall": 20023, "message.react": 23007, "message.unreact": 23009 };

/** How many calls without an answer are remembered. */
const most = 100;

/**
 * Knows the calls whose answer was lost. A repeat of one that was done says
 * success: the first call did what was asked.
 *
 * Example: a recall is done and its answer is lost. The app calls again, and the
 * server says 20023, recalled already: the second call resolves.
 */
export class Repeats {
  readonly #unanswered = new Set<string>();

  async call<Out>(action: string, body: object, run: () => Promise<Out>): Promise<Out> {
    const code = done[action];
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
        if (this.#unanswered.size <= most) break;
        this.#unanswered.delete(oldest);
      }
      throw error;
    }
  }
}
