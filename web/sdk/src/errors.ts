/**
 * The code of a call that met another one, or a service that did not answer in time. Example: the first call of a send to
 * a group has died, and for twelve seconds the server cannot know that.
 */
const conflict = 60008;

/** An operation was answered with an error, or was not answered. */
export class ParleyError extends Error {
  override readonly name = "ParleyError";

  /**
   * @param code the error code (docs/reference/errors.md); 0 if the server did not answer
   * @param status the HTTP status; 0 if the server did not answer
   */
  constructor(
    message: string,
    readonly code: number,
    readonly status: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** The same call may succeed later: there was no answer, a limit was reached, the server failed, or another call ran. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500 || this.code === conflict;
  }

  /** The server does not accept this user or this signature. */
  get refused(): boolean {
    return this.status === 401 || this.status === 403;
  }
}
