import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** A point of the window. */
export interface Point {
  x: number;
  y: number;
}

/** How far from the edges of the window a dialog stays, px. */
const edge = 8;

/**
 * A dialog in front of the page, at a point where one is given: it has the keyboard,
 * Escape and a click beside it close it, and the focus returns to where it was.
 */
export function Dialog(props: {
  title: string;
  class?: string;
  at?: Point;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const { at } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close(); // which gives the focus back
  }, []);
  useLayoutEffect(() => {
    if (!at || !dialog.current) return;
    const { offsetWidth, offsetHeight, style } = dialog.current;
    const within = (place: number, size: number, room: number) => Math.max(edge, Math.min(place, room - size - edge));
    style.setProperty("--x", `${within(at.x, offsetWidth, innerWidth)}px`);
    style.setProperty("--y", `${within(at.y, offsetHeight, innerHeight)}px`);
  }, [at]);
  return (
    <dialog
      ref={dialog}
      class={`dialog ${props.class ?? ""}`}
      aria-label={props.title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => event.target === dialog.current && props.onClose()}
    >
      {props.children}
    </dialog>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: {
  title: string;
  action: string;
  onConfirm: () => void;
  onClose: () => void;
  children?: ComponentChildren;
}) {
  return (
    <Dialog title={props.title} class="confirm" onClose={props.onClose}>
      <h2 dir="auto">{props.title}</h2>
      {props.children}
      <div class="dialog-buttons">
        <button type="button" class="button soft" onClick={props.onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="button danger"
          onClick={() => {
            props.onClose();
            props.onConfirm();
          }}
        >
          {props.action}
        </button>
      </div>
    </Dialog>
  );
}
