import { useRef } from "preact/hooks";
import type { Point } from "./menu.tsx";

/** How long a finger rests for a long press, ms. */
const long = 500;

/** How far it may move meanwhile, px. */
const slack = 10;

/**
 * The properties of an element with a menu, which a right click, the menu key and a long
 * press of a finger open. The click that ends a long press is none.
 */
export function useContextMenu(open: (at: Point) => void) {
  const press = useRef<{ from?: Point | undefined; timer?: ReturnType<typeof setTimeout>; long: boolean }>({
    long: false,
  }).current;
  const cancel = () => {
    clearTimeout(press.timer);
    press.from = undefined;
  };
  return {
    onContextMenu: (event: MouseEvent & { currentTarget: Element }) => {
      if (isForBrowser(event)) return;
      event.preventDefault();
      cancel();
      // The menu key has no place of its own.
      const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
      const byKey = event.button !== 2 && event.clientX === 0 && event.clientY === 0;
      open(byKey ? { x: left + width / 2, y: top + height / 2 } : { x: event.clientX, y: event.clientY });
    },
    onPointerDown: (event: PointerEvent) => {
      cancel();
      press.long = false;
      if (event.pointerType !== "touch") return;
      const from = { x: event.clientX, y: event.clientY };
      press.from = from;
      press.timer = setTimeout(() => {
        press.long = true;
        open(from);
      }, long);
    },
    onPointerMove: (event: PointerEvent) => {
      const { from } = press;
      if (from && Math.hypot(event.clientX - from.x, event.clientY - from.y) > slack) cancel();
    },
    onPointerUp: cancel,
    onPointerCancel: cancel,
    onClickCapture: (event: MouseEvent) => {
      if (!press.long) return;
      press.long = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

/** Whether a right click is for the browser's own menu: on a link, or on text that is selected. */
function isForBrowser(event: MouseEvent): boolean {
  const target = event.target;
  if (event.button !== 2 || !(target instanceof Element)) return false;
  return target.closest("a") !== null || (getSelection()?.toString() ?? "") !== "";
}
