import { randomName } from "../random.ts";

const key = "parley.instance";

/**
 * The instance of this installation. A browser stores the first one that was chosen; a
 * process chooses a new one each time. With an `error` it could not be stored, so the next
 * page is another installation.
 */
export function storedInstance(): { name: string; error?: unknown } {
  const fresh = randomName();
  try {
    const storage = globalThis.localStorage;
    const stored = storage?.getItem(key);
    if (!stored) storage?.setItem(key, fresh);
    return { name: stored || fresh };
  } catch (error) {
    return { name: fresh, error }; // the storage is forbidden here, or full
  }
}
