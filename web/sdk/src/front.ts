/** What the front needs. */
export interface FrontOptions {
  /** How long the app must be out of sight before the server is told, ms: a reload is not worth a word. */
  delay: number;
  /** Whether the user sees the app in another tab. */
  elsewhere(): boolean;
  /** Whether this client is the one that tells the server. */
  speaks(): boolean;
  say(front: boolean): Promise<unknown>;
}

/** Tells the server whether the user has the app in front: if not, messages are pushed as well. */
export class Front {
  readonly #options: FrontOptions;
  #seen = true;
  #said = true;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: FrontOptions) {
    this.#options = options;
  }

  /** The user sees the app here, or does not. */
  look(seen: boolean): void {
    this.#seen = seen;
    this.review();
  }

  /** A connection is open: the server takes each for one in front. */
  opened(): void {
    this.#said = true;
    this.review();
  }

  /** Something changed elsewhere. */
  review(): void {
    clearTimeout(this.#timer);
    const front = this.#seen || this.#options.elsewhere();
    if (front === this.#said || !this.#options.speaks()) return;
    if (front) this.#say(true);
    else this.#timer = setTimeout(() => this.#say(false), this.#options.delay);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #say(front: boolean): void {
    this.#said = front;
    this.#options.say(front).catch(() => {
      this.#said = !front; // the next change, or the next connection, says it again
    });
  }
}
