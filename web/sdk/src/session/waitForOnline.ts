import type { Emitter } from "../emitter.ts";
import { ParleyError } from "../errors.ts";
import type { Events } from "../types.ts";

/** Resolves when the client is online; rejects when it stops its attempts before. */
export function waitForOnline(events: Emitter<Events>): Promise<void> {
  return new Promise((resolve, reject) => {
    const unsubscribe = [
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
      for (const off of unsubscribe) off();
    };
  });
}
