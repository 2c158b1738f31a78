import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../ui/icon.tsx";

/** The field to write a message in. Enter sends; with Shift, or on a touch keyboard, it begins a line. */
export function Composer({ name, send }: { name: string; send: (text: string) => void }) {
  const input = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");
  useLayoutEffect(() => {
    if (input.current) fit(input.current);
  }, [text]);
  useLayoutEffect(() => {
    if (matchMedia("(pointer: fine)").matches) input.current?.focus({ preventScroll: true });
  }, []);
  const submit = () => {
    if (!text.trim()) return;
    setText("");
    input.current?.focus();
    send(text.trim());
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="write-box">
        <textarea
          ref={input}
          class="write"
          rows={1}
          placeholder={`Message ${name}`}
          aria-label={`Message to ${name}`}
          dir="auto"
          enterkeyhint="send"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            if (matchMedia("(pointer: coarse)").matches) return;
            event.preventDefault();
            submit();
          }}
        />
        <button class="send" type="submit" aria-label="Send" disabled={!text.trim()}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

/** Makes a text area as high as its text. */
function fit(area: HTMLTextAreaElement): void {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}
