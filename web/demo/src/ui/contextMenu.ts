import { useRef } from "preact/hooks";
import type { Point } from "./menu.tsx";

/** How long a finger must rest for a long press, ms. */
const longPress = 500;

/** How far the finger may move during a long press, px. */
const maxMove = 10;

/**
 * The event handlers of an element with a menu. A right click, the menu key and a long
 * press of a finger open the menu. The click at the end of a long press is ignored.
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
      // The menu key has no position, so the menu opens in the middle of the element.
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
      }, longPress);
    },
    onPointerMove: (event: PointerEvent) => {
      const { from } = press;
      if (from && Math.hypot(event.clientX - from.x, event.clientY - from.y) > maxMove) cancel();
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

/** Whether a right click opens the browser's own menu: it is on a link, or text is selected. */
function isForBrowser(event: MouseEvent): boolean {
  const target = event.target;
  if (event.button !== 2 || !(target instanceof Element)) return false;
  return target.closest("a") !== null || (getSelection()?.toString() ?? "") !== "";
}
