/** Calls `wake` when a browser says that the network or the page is back, or that the network went. Returns the end of it. */
export function watchNetwork(wake: () => void): () => void {
  if (typeof document === "undefined" || typeof window === "undefined") return () => {};
  const shown = () => {
    if (document.visibilityState === "visible") wake();
  };
  document.addEventListener("visibilitychange", shown);
  for (const name of ["online", "offline", "pageshow"]) window.addEventListener(name, wake);
  return () => {
    document.removeEventListener("visibilitychange", shown);
    for (const name of ["online", "offline", "pageshow"]) window.removeEventListener(name, wake);
  };
}
