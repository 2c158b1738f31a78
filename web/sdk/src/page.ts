import { moment, passed } from "./clock.ts";

/** What a page tells of itself. */
export interface PageListener {
  /** The network or the page is back, or the network went. */
  wake(): void;
  /** The user sees the page, does not, or (undefined) it goes. */
  seen(seen: boolean | undefined): void;
}

/** How often the clock is looked at, and how far ahead it says that the machine slept, ms. */
const tick = 20_000;
const slept = 60_000;

/** Listens to what a browser tells of its page, and anywhere to a clock that jumps. Returns the end of it. */
export function watchPage({ wake, seen }: PageListener): () => void {
  const left = new AbortController();
  let last = moment();
  const clock = setInterval(() => {
    if (passed(last) > tick + slept) wake();
    last = moment();
  }, tick);
  if (typeof document !== "undefined" && typeof window !== "undefined") {
    const look = () => {
      const visible = document.visibilityState === "visible";
      seen(visible);
      if (visible) wake();
    };
    const { signal } = left;
    document.addEventListener("visibilitychange", look, { signal });
    document.addEventListener("resume", look, { signal });
    window.addEventListener("pageshow", look, { signal });
    window.addEventListener("pagehide", () => seen(undefined), { signal });
    for (const name of ["online", "offline"]) window.addEventListener(name, wake, { signal });
    seen(document.visibilityState === "visible");
  }
  return () => {
    clearInterval(clock);
    left.abort();
  };
}
