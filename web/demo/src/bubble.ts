import { h, icon } from "./dom.ts";
import type { Pending, Session } from "./session.ts";
import { clock, jumbo, pieces } from "./text.ts";

/** What of a message is shown. */
export interface Shown {
  key: string;
  mine: boolean;
  text: string;
  time: number;
  state: "in" | "sending" | "sent" | "read" | "failed";
  ordinal?: number;
  pending?: Pending;
}

/** A message. `first` and `last`: of those that stand together. */
export function bubble(item: Shown, first: boolean, last: boolean, session: Session, peer: string): HTMLElement {
  const big = jumbo(item.text);
  const body = h("p", { class: "text", dir: "auto" });
  for (const piece of pieces(item.text)) {
    body.append(
      piece.href ? h("a", { href: piece.href, target: "_blank", rel: "noopener noreferrer" }, piece.text) : piece.text,
    );
  }
  const name = item.mine ? "You" : session.name(peer);
  const classes = ["message", item.mine ? "mine" : "theirs", first && "first", last && "last", big && "jumbo"];
  return h(
    "article",
    {
      class: classes.filter(Boolean).join(" "),
      "aria-label": `${name}, ${clock(item.time)}`,
      "data-state": item.state,
      "data-ordinal": item.mine ? undefined : item.ordinal,
    },
    h(
      "div",
      { class: "bubble" },
      body,
      h(
        "span",
        { class: "meta" },
        h("time", { title: new Date(item.time).toLocaleString() }, clock(item.time)),
        tick(item),
      ),
    ),
    item.pending?.error !== undefined && failure(item.pending, session),
  );
}

function tick({ state }: Shown): SVGSVGElement | undefined {
  switch (state) {
    case "sending":
      return icon("clock", "Sending");
    case "sent":
      return icon("check", "Sent");
    case "read":
      return icon("checks", "Read");
    case "failed":
      return icon("alert", "Not sent");
    default:
      return undefined;
  }
}

function failure(pending: Pending, session: Session): HTMLElement {
  return h(
    "div",
    { class: "failure" },
    h("span", { class: "failure-why" }, `Not sent. ${pending.error ?? ""}`),
    h("button", { class: "link", type: "button", onclick: () => void session.retry(pending) }, "Retry"),
    h("button", { class: "link quiet", type: "button", onclick: () => session.discard(pending) }, "Delete"),
  );
}
