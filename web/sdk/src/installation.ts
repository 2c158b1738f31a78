const key = "parley.instance";

/** The name of this installation: a browser keeps the one that it chose at first, a process has a new one. */
export function installation(): string {
  const fresh = crypto.randomUUID();
  try {
    const kept = globalThis.localStorage?.getItem(key);
    if (!kept) globalThis.localStorage?.setItem(key, fresh);
    return kept || fresh;
  } catch {
    return fresh; // storage is forbidden here
  }
}
