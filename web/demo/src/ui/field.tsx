import type { InputHTMLAttributes, Ref } from "preact";

/** An input field for one line of text. */
export function Field({
  label,
  class: more,
  ...props
}: InputHTMLAttributes & { label: string; ref?: Ref<HTMLInputElement> }) {
  return <input class={more ? `field ${more}` : "field"} autocomplete="off" dir="auto" aria-label={label} {...props} />;
}
