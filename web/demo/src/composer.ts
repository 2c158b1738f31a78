import { h, icon } from "./dom.ts";

/** The field to write a message in. Enter sends; with Shift, or on a touch keyboard, it begins a line. */
export class Composer {
  readonly element: HTMLElement;
  readonly #input: HTMLTextAreaElement;
  readonly #button: HTMLButtonElement;

  constructor(name: string, send: (text: string) => void) {
    const submit = () => {
      const text = this.#input.value.trim();
      if (!text) return;
      this.#input.value = "";
      this.#typed();
      this.#input.focus();
      send(text);
    };
    this.#input = h("textarea", {
      class: "write",
      rows: 1,
      placeholder: `Message ${name}`,
      "aria-label": `Message to ${name}`,
      dir: "auto",
      enterkeyhint: "send",
      oninput: () => this.#typed(),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches)
          return;
        event.preventDefault();
        submit();
      },
    });
    this.#button = h("button", { class: "send", type: "submit", "aria-label": "Send", disabled: true }, icon("send"));
    this.element = h(
      "form",
      {
        class: "composer",
        onsubmit: (event: SubmitEvent) => {
          event.preventDefault();
          submit();
        },
      },
      h("div", { class: "write-box" }, this.#input, this.#button),
    );
  }

  focus(): void {
    this.#input.focus({ preventScroll: true });
  }

  #typed(): void {
    this.#button.disabled = this.#input.value.trim() === "";
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight}px`;
  }
}
