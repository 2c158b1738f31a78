import type { Point } from "./menu.tsx";

/** How long a finger rests for a long press, ms. */
const long = 500;

/** How far it may move meanwhile, px. */
const slack = 10;

/**
 * What opens a menu on an element: a right click, the menu key, and a long press of a
 * finger. The click that ends a long press is none.
 */
export function menuProps(open: (at: Point) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let from: Point | undefined;
  let pressed = false;
  const cancel = () => {
    clearTimeout(timer);
    from = undefined;
  };
  return {
    onContextMenu: (event: MouseEvent & { currentTarget: Element }) => {
      if (selecting(event)) return;
      event.preventDefault();
      cancel();
      // The menu key has no place of its own.
      const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
      const byKey = event.button !== 2 && event.clientX === 0 && event.clientY === 0;
      open(byKey ? { x: left + width / 2, y: top + height / 2 } : { x: event.clientX, y: event.clientY });
    },
    onPointerDown: (event: PointerEvent) => {
      pressed = false;
      if (event.pointerType !== "touch") return;
      const at = { x: event.clientX, y: event.clientY };
      from = at;
      clearTimeout(timer);
      timer = setTimeout(() => {
        pressed = true;
        open(at);
      }, long);
    },
    onPointerMove: (event: PointerEvent) => {
      if (from && Math.hypot(event.clientX - from.x, event.clientY - from.y) > slack) cancel();
    },
    onPointerUp: cancel,
    onPointerCancel: cancel,
    onClickCapture: (event: MouseEvent) => {
      if (!pressed) return;
      pressed = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

/** Whether a right click is for the browser's own menu: on a link, or on text that is selected. */
function selecting(event: MouseEvent): boolean {
  const target = event.target;
  if (event.button !== 2 || !(target instanceof Element)) return false;
  return target.closest("a") !== null || (getSelection()?.toString() ?? "") !== "";
}
