import type { Emitter } from "./emitter.ts";
import { ParleyError } from "./errors.ts";
import type { Events } from "./types.ts";

/** Resolves when a client is online next; rejects when it has stopped trying before. */
export function firstOnline(events: Emitter<Events>): Promise<void> {
  return new Promise((resolve, reject) => {
    const ends = [
      events.on("refused", (error) => {
        end();
        reject(error);
      }),
      events.on("state", (state) => {
        if (state === "connecting" || state === "reconnecting" || state === "refused") return;
        end();
        if (state === "online") resolve();
        else reject(new ParleyError(`${state} before the client was online`, 0, 0));
      }),
    ];
    const end = () => {
      for (const off of ends) off();
    };
  });
}
