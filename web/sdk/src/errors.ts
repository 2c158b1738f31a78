/** An operation was answered with an error, or with nothing. */
export class ParleyError extends Error {
  override readonly name = "ParleyError";

  /**
   * @param code the number of the v4 tables; 0 where nothing was heard from the server
   * @param status the HTTP status; 0 where nothing was heard
   */
  constructor(
    message: string,
    readonly code: number,
    readonly status: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** The same call may succeed later: nothing was heard, a limit was reached, or the fault is the server's. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** The server does not accept this user or signature. */
  get refused(): boolean {
    return this.status === 401 || this.status === 403;
  }
}
