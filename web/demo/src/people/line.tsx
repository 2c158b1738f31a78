import { within } from "./fields.ts";

/** A line of text under its label; what is over `bytes` is not taken. */
export function Line(props: {
  label: string;
  bytes: number;
  value: string;
  set: (value: string) => void;
  placeholder?: string;
  required?: boolean;
  /** A name as the server has it, not a word of a language. */
  exact?: boolean;
  /** A web address. */
  address?: boolean;
}) {
  return (
    <label class="line">
      <span class="line-label">{props.label}</span>
      <input
        class="field"
        dir="auto"
        autocomplete="off"
        inputMode={props.address ? "url" : "text"}
        placeholder={props.placeholder ?? ""}
        required={props.required ?? false}
        autocapitalize={props.exact ? "none" : "sentences"}
        spellcheck={!props.exact}
        value={props.value}
        onInput={(event) => {
          const field = event.currentTarget;
          const text = within(field.value, props.bytes);
          if (text !== field.value) field.value = text;
          props.set(text);
        }}
      />
    </label>
  );
}
