/** A random number of 32 bits. */
export function random32(): number {
  const made = globalThis.crypto?.getRandomValues?.(new Uint32Array(1))[0];
  return made ?? Math.floor(Math.random() * 2 ** 32);
}

/** A random name that is unique in practice. Pages without https have no `crypto.randomUUID`. */
export function randomName(): string {
  return globalThis.crypto?.randomUUID?.() ?? [1, 2, 3, 4].map(() => random32().toString(16).padStart(8, "0")).join("");
}
