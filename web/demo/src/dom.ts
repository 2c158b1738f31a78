type Child = Node | string | false | null | undefined;
type Props = { [name: string]: string | number | boolean | undefined | ((event: never) => void) };

/**
 * Makes an element. A property that is a function listens (`onclick`); every
 * other one is an attribute, left out where undefined or false. Text is always text.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

const paths = {
  back: "M15 5l-7 7 7 7",
  check: "M4 12.5l5 5L19.5 7",
  checks: "M2 12.8l4.4 4.4L16 7.4M11.6 16.2l1 1L22 7.4",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.5V12l3 2",
  alert: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 8v4.6M12 15.9v.2",
  down: "M12 5v14M6 13l6 6 6-6",
  leave: "M14 4.5H7a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h7M10.5 12H21M17.5 8.5L21 12l-3.5 3.5",
  search: "M10.8 4.2a6.6 6.6 0 1 0 0 13.2 6.6 6.6 0 0 0 0-13.2zM15.8 15.8l4.4 4.4",
  send: "M12 19.5V5M5.8 11L12 4.8l6.2 6.2",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
} as const;

export type Icon = keyof typeof paths;

const svgSpace = "http://www.w3.org/2000/svg";

/** A line icon; without a label it is decoration. */
export function icon(name: Icon, label?: string): SVGSVGElement {
  const svg = document.createElementNS(svgSpace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  if (label === undefined) {
    svg.setAttribute("aria-hidden", "true");
  } else {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  }
  const path = document.createElementNS(svgSpace, "path");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}

/** The mark of Parley: two who talk. */
export function mark(): SVGSVGElement {
  const svg = document.createElementNS(svgSpace, "svg");
  svg.setAttribute("viewBox", "0 0 48 48");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  for (const [d, name] of [
    ["M19 17h18a6 6 0 0 1 6 6v9a6 6 0 0 1-6 6h-1v6l-7-6H19a6 6 0 0 1-6-6v-9a6 6 0 0 1 6-6z", "mark-back"],
    ["M11 5h18a6 6 0 0 1 6 6v9a6 6 0 0 1-6 6H19l-7 6v-6h-1a6 6 0 0 1-6-6v-9a6 6 0 0 1 6-6z", "mark-front"],
  ] as const) {
    const path = document.createElementNS(svgSpace, "path");
    path.setAttribute("d", d);
    path.setAttribute("class", name);
    svg.append(path);
  }
  return svg;
}

/**
 * Makes a parent hold exactly these children, in this order. Those that are in
 * place stay untouched, so focus, scroll and animations survive.
 */
export function arrange(parent: Element, children: readonly Element[]): void {
  const keep = new Set(children);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}

/** Keeps one element per key, and makes it again when what it shows has changed. */
export class Keyed {
  #held = new Map<string, { shows: string; element: HTMLElement }>();
  #next = new Map<string, { shows: string; element: HTMLElement }>();

  /** The element of a key, which shows `shows`. */
  get(key: string, shows: string, make: () => HTMLElement): HTMLElement {
    let entry = this.#held.get(key);
    if (entry?.shows !== shows) {
      const element = make();
      if (entry) element.classList.add("again");
      entry = { shows, element };
    }
    this.#next.set(key, entry);
    return entry.element;
  }

  /** Forgets what was not asked for since the last time. */
  done(): void {
    this.#held = this.#next;
    this.#next = new Map();
  }
}
