import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** A point of the window. */
export interface Point {
  x: number;
  y: number;
}

/** The smallest distance of a dialog from the edges of the window, px. */
const edge = 8;

/**
 * A modal dialog, at a point if one is given. Escape and a click outside of it close it,
 * and the focus returns to the element that had it before.
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
    return () => element?.close(); // the browser gives the focus back
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
      onClick={({ target, currentTarget, clientX, clientY }) => {
        if (target === currentTarget && isBeside({ x: clientX, y: clientY }, currentTarget)) props.onClose();
      }}
    >
      {props.children}
    </dialog>
  );
}

/** Whether a click was outside of an element. A dialog also receives the clicks on its backdrop. */
function isBeside({ x, y }: Point, element: Element): boolean {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return x < left || x > right || y < top || y > bottom;
}

/** Asks for confirmation of something that cannot be undone. */
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
