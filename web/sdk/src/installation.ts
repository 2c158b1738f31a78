import { uniqueName } from "./sequence.ts";

const key = "parley.instance";

/**
 * The name of this installation: a browser keeps the one that it chose at first, a
 * process has a new one. `error`: it could not be kept, so the next page is another
 * installation.
 */
export function installation(): { name: string; error?: unknown } {
  const fresh = uniqueName();
  try {
    const storage = globalThis.localStorage;
    const kept = storage?.getItem(key);
    if (!kept) storage?.setItem(key, fresh);
    return { name: kept || fresh };
  } catch (error) {
    return { name: fresh, error }; // storage is forbidden here, or full
  }
}
