import { elapsedSince, moment } from "../time/serverClock.ts";

/** Receives what a browser reports about its page. */
export interface PageListener {
  /** The network or the page is back, or the network was lost. */
  wake(): void;
  /** Whether the user sees the page; undefined: the page is being closed. */
  visible(visible: boolean | undefined): void;
}

/** How often the clock is checked, ms. */
const interval = 20_000;

/** If a check comes later than expected by this time, the machine has slept, ms. */
const sleepThreshold = 60_000;

/**
 * Listens to the events of a browser's page. On every host it also checks the clock, to
 * find out that the machine has slept. The returned function ends both.
 */
export function watchPageEvents({ wake, visible }: PageListener): () => void {
  const ended = new AbortController();
  let last = moment();
  const clock = setInterval(() => {
    if (elapsedSince(last) > interval + sleepThreshold) wake();
    last = moment();
  }, interval);
  if (typeof document !== "undefined" && typeof window !== "undefined") {
    const update = () => {
      const isVisible = document.visibilityState === "visible";
      visible(isVisible);
      if (isVisible) wake();
    };
    const { signal } = ended;
    document.addEventListener("visibilitychange", update, { signal });
    document.addEventListener("resume", update, { signal });
    window.addEventListener("pageshow", update, { signal });
    window.addEventListener("pagehide", () => visible(undefined), { signal });
    for (const name of ["online", "offline"]) window.addEventListener(name, wake, { signal });
    visible(document.visibilityState === "visible");
  }
  return () => {
    clearInterval(clock);
    ended.abort();
  };
}
