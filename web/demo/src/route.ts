import { useLayoutEffect, useState } from "preact/hooks";

/** What the part of the address after `#` names: `#bob`, `#bob/MSGKEY`, `#/contacts`, `#/contacts/bob`, `#/me`. */
export type Route =
  | { view: "chats"; peer?: string; message?: string }
  | { view: "contacts"; user?: string }
  | { view: "me" };

export function parseRoute(hash: string): Route {
  const [first = "", second = "", third = ""] = hash.replace(/^#/, "").split("/").map(decode);
  if (first) return { view: "chats", peer: first, ...(second ? { message: second } : {}) };
  if (second === "contacts") return { view: "contacts", ...(third ? { user: third } : {}) };
  if (second === "me") return { view: "me" };
  return { view: "chats" };
}

/** The address of a route, from `#`; empty for the list of conversations. */
export function formatRoute(route: Route): string {
  const parts =
    route.view === "chats"
      ? [route.peer, route.peer && route.message]
      : ["", route.view, route.view === "contacts" && route.user];
  const given = parts.filter((part) => part !== undefined && part !== false);
  return given.length > 0 ? `#${given.map((part) => encodeURIComponent(String(part))).join("/")}` : "";
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
