import type { InputHTMLAttributes, Ref } from "preact";

/** A field for a line of text that a user writes. */
export function Field({
  label,
  class: more,
  ...props
}: InputHTMLAttributes & { label: string; ref?: Ref<HTMLInputElement> }) {
  return <input class={more ? `field ${more}` : "field"} autocomplete="off" dir="auto" aria-label={label} {...props} />;
}
