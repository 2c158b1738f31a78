import { indexedStore } from "./indexed.ts";
import { installation } from "./installation.ts";
import { uniqueName } from "./sequence.ts";
import { memoryStore, type Store } from "./store.ts";
import { Tabs } from "./tabs.ts";
import type { Limit } from "./types.ts";

/** What this host has for a client, and what it lacks. */
export class Host {
  readonly #tell: (limit: Limit) => void;
  readonly #untold: Limit[] = [];
  #heard = false;

  constructor(tell: (limit: Limit) => void) {
    this.#tell = tell;
  }

  /** Names this installation. Tabs that cannot agree would replace one another under one name. */
  install(): string {
    const { name, error } = installation();
    if (error !== undefined) this.lacks({ what: "installation", error });
    if (typeof document === "undefined" || Tabs.possible) return name;
    this.lacks({ what: "tabs" });
    return uniqueName();
  }

  storage(name: string): Store {
    try {
      if (typeof indexedDB !== "undefined" && indexedDB) return indexedStore(name);
      if (typeof document !== "undefined") this.lacks({ what: "storage" });
    } catch (error) {
      this.lacks({ what: "storage", error }); // a browser that blocks cookies throws where it is only looked at
    }
    return memoryStore();
  }

  lacks(limit: Limit): void {
    if (this.#heard) this.#tell(limit);
    else this.#untold.push(limit);
  }

  /** Somebody listens from now on. */
  listen(): void {
    this.#heard = true;
    for (const limit of this.#untold.splice(0)) queueMicrotask(() => this.#tell(limit));
  }
}
