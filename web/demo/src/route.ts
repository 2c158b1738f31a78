import { useLayoutEffect, useState } from "preact/hooks";
import { groupOf, groupPeer } from "./peer.ts";

/**
 * What the part of the address after `#` names: `#bob`, `#bob/MSGKEY`, `#/group/chess`, `#/group/chess/12`,
 * `#/group/chess/about`, `#/contacts`, `#/contacts/bob`, `#/me`.
 */
export type Route =
  | { view: "chats"; peer?: string; message?: string; about?: true }
  | { view: "contacts"; user?: string }
  | { view: "me" };

export function parseRoute(hash: string): Route {
  const [first = "", second = "", third = "", fourth = ""] = hash.replace(/^#/, "").split("/").map(decode);
  if (first) return { view: "chats", peer: first, ...(second ? { message: second } : {}) };
  if (second === "group" && third) {
    const peer = groupPeer(third);
    if (fourth === "about") return { view: "chats", peer, about: true };
    return { view: "chats", peer, ...(fourth ? { message: fourth } : {}) };
  }
  if (second === "contacts") return { view: "contacts", ...(third ? { user: third } : {}) };
  if (second === "me") return { view: "me" };
  return { view: "chats" };
}

/** The address of a route, from `#`; empty for the list of conversations. */
export function formatRoute(route: Route): string {
  const parts = route.view === "chats" ? partsOf(route) : ["", route.view, route.view === "contacts" && route.user];
  const given = parts.filter((part) => part !== undefined && part !== false);
  return given.length > 0 ? `#${given.map((part) => encodeURIComponent(String(part))).join("/")}` : "";
}

function partsOf({ peer, message, about }: Route & { view: "chats" }): (string | undefined)[] {
  const GroupId = peer === undefined ? undefined : groupOf(peer);
  if (GroupId === undefined) return [peer, peer && message];
  return ["", "group", GroupId, about ? "about" : message];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text).trim();
  } catch {
    return "";
  }
}

/** Goes to a route. The back button of the browser returns from it. */
export function go(route: Route): void {
  const hash = formatRoute(route);
  if (hash !== location.hash) history.pushState(null, "", hash || location.pathname + location.search);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** The route of the present address. It is a new object at each visit, also of the same address. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useLayoutEffect(() => {
    const changed = () => setRoute(parseRoute(location.hash));
    addEventListener("popstate", changed);
    return () => removeEventListener("popstate", changed);
  }, []);
  return route;
}
