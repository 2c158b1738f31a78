import { cutToBytes } from "./fields.ts";

/** An input field with a label. Text beyond `bytes` is cut off. */
export function LabelledField(props: {
  label: string;
  bytes: number;
  value: string;
  set: (value: string) => void;
  placeholder?: string;
  required?: boolean;
  /** An identifier, not a word of a language: no capitals and no spell checking. */
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
          const text = cutToBytes(field.value, props.bytes);
          if (text !== field.value) field.value = text;
          props.set(text);
        }}
      />
    </label>
  );
}
