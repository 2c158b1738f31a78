import { avatar } from "./avatar.ts";
import { h, icon, mark } from "./dom.ts";
import type { Demo } from "./session.ts";

/** The page that asks who is there. */
export function signIn(demo: Demo, choose: (user: string) => void): HTMLElement {
  const input = h("input", {
    class: "field",
    id: "name",
    name: "user",
    placeholder: "Any name",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    maxlength: 32,
    dir: "auto",
    "aria-label": "Another user ID",
  });
  const form = h(
    "form",
    {
      class: "signin-form",
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        const name = input.value.trim();
        if (name) choose(name);
        else input.focus();
      },
    },
    input,
    h("button", { class: "button", type: "submit" }, "Sign in"),
  );
  const cards = demo.users.map(({ id, nick }) =>
    h(
      "li",
      {},
      h(
        "button",
        { class: "card", type: "button", onclick: () => choose(id) },
        avatar(id, nick, "m"),
        h("span", { class: "card-text" }, h("strong", { dir: "auto" }, nick), h("span", { class: "muted" }, id)),
        icon("back"),
      ),
    ),
  );
  return h(
    "main",
    { class: "signin" },
    h(
      "div",
      { class: "signin-box" },
      mark(),
      h("h1", {}, "Who are you today?"),
      h("p", { class: "muted" }, "Sign in here, then open a second window as somebody else and start talking."),
      h("ul", { class: "cards" }, ...cards),
      h("p", { class: "or muted" }, h("span", {}, "or come as")),
      form,
    ),
  );
}
