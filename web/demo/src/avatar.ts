import { h } from "./dom.ts";
import { hue, initials } from "./text.ts";

/** A round picture of a user: initials on the user's colour. */
export function avatar(id: string, name: string, size: "s" | "m" | "l" = "m"): HTMLElement {
  const element = h("span", { class: `avatar avatar-${size}`, "aria-hidden": "true" }, initials(name));
  element.style.setProperty("--hue", String(hue(id)));
  return element;
}
