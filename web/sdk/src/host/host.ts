import { randomName } from "../random.ts";
import { indexedStore } from "../storage/indexedDbStore.ts";
import { memoryStore } from "../storage/memoryStore.ts";
import type { Store } from "../storage/store.ts";
import { TabGroup } from "../tabs/tabGroup.ts";
import type { Limit } from "../types.ts";
import { storedInstance } from "./instance.ts";

/** What the host (a browser or Node) offers to a client, and what it lacks. */
export class Host {
  readonly #report: (limit: Limit) => void;
  readonly #unreported: Limit[] = [];
  #reporting = false;

  /** @param report is called for everything that the host lacks, but not before {@link startReporting} */
  constructor(report: (limit: Limit) => void) {
    this.#report = report;
  }

  /**
   * Chooses the instance of this installation. If the tabs of this browser cannot
   * coordinate, each gets an instance of its own: with the same one they would replace each
   * other's connections.
   */
  instance(): string {
    const { name, error } = storedInstance();
    if (error !== undefined) this.addLimit({ what: "installation", error });
    if (typeof document === "undefined" || TabGroup.possible) return name;
    this.addLimit({ what: "tabs" });
    return randomName();
  }

  /** Makes the store of a client: an IndexedDB of this name if the host has it, otherwise memory. */
  store(name: string): Store {
    try {
      if (typeof indexedDB !== "undefined" && indexedDB) return indexedStore(name);
      if (typeof document !== "undefined") this.addLimit({ what: "storage" });
    } catch (error) {
      this.addLimit({ what: "storage", error }); // a browser that blocks cookies throws at the mere access
    }
    return memoryStore();
  }

  addLimit(limit: Limit): void {
    if (this.#reporting) this.#report(limit);
    else this.#unreported.push(limit);
  }

  /** From now on the app has its listeners: reports the limits that were found so far, and later ones at once. */
  startReporting(): void {
    this.#reporting = true;
    for (const limit of this.#unreported.splice(0)) queueMicrotask(() => this.#report(limit));
  }
}
