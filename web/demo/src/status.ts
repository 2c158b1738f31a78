import type { Session } from "./session.ts";

/** A text about the connection, and its colour. */
export interface Connection {
  text: string;
  tone: "good" | "busy" | "bad";
}

export function connection({ parley }: Session): Connection {
  switch (parley.state) {
    case "online":
      return { text: "Online", tone: "good" };
    case "connecting":
      return { text: "Connecting…", tone: "busy" };
    case "reconnecting":
      return { text: navigator.onLine ? "Reconnecting…" : "Waiting for the network…", tone: "busy" };
    case "kicked":
      return { text: "Signed off", tone: "bad" };
    case "refused":
      return { text: "Not accepted", tone: "bad" };
    default:
      return { text: "Offline", tone: "bad" };
  }
}
