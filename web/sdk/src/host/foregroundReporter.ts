/** What a foreground reporter needs. */
export interface ForegroundReporterOptions {
  /** How long the app must be out of sight before the server is notified, ms: a reload should not notify the server. */
  delay: number;
  /** Whether the user sees the app in another tab. */
  visibleInOtherTab(): boolean;
  /** Whether this client is the one that reports: it is online, and no other tab does it. */
  reports(): boolean;
  report(foreground: boolean): Promise<unknown>;
}

/** Reports to the server whether the app is in the foreground. If it is not, messages are pushed as well. */
export class ForegroundReporter {
  readonly #options: ForegroundReporterOptions;
  #visible = true;
  #reported = true;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ForegroundReporterOptions) {
    this.#options = options;
  }

  /** Sets whether the user sees the app in this client. */
  setVisible(visible: boolean): void {
    this.#visible = visible;
    this.update();
  }

  /** A connection is open. The server takes every new connection for one in the foreground. */
  connected(): void {
    this.#reported = true;
    this.update();
  }

  /** Reports if the state differs from the last report. */
  update(): void {
    clearTimeout(this.#timer);
    const foreground = this.#visible || this.#options.visibleInOtherTab();
    if (foreground === this.#reported || !this.#options.reports()) return;
    if (foreground) this.#report(true);
    else this.#timer = setTimeout(() => this.#report(false), this.#options.delay);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #report(foreground: boolean): void {
    this.#reported = foreground;
    this.#options.report(foreground).catch(() => {
      this.#reported = !foreground; // the next change or the next connection reports it again
    });
  }
}
