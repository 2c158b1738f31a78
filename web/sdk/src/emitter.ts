/** Listeners of events, with a type for the value of each event. */
export class Emitter<Map extends object> {
  readonly #listeners = new globalThis.Map<keyof Map, Set<(value: never) => void>>();

  /** Calls `listener` for each event with this name. The returned function ends that. */
  on<Name extends keyof Map>(name: Name, listener: (value: Map[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /**
   * Calls every listener of an event. If a listener throws, the others are called
   * nevertheless, and the host reports the error as an uncaught one.
   */
  emit<Name extends keyof Map>(name: Name, value: Map[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (value: Map[Name]) => void)(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
