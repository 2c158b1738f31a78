import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Dialog, type Point } from "./dialog.tsx";

export type { Point };

import { Icon, type IconName } from "./icon.tsx";

/** One item of a menu. */
export interface Choice {
  icon: IconName;
  label: string;
  danger?: boolean;
  run: () => unknown;
}

/** The point below an element, where the menu of a button opens. */
export function pointBelow(element: Element): Point {
  const { left, bottom } = element.getBoundingClientRect();
  return { x: left, y: bottom + 4 };
}

/** A menu at a point, or at the bottom edge of a narrow screen. `children` are above its items. */
export function Menu(props: {
  label: string;
  at: Point;
  choices: readonly Choice[];
  onClose: () => void;
  children?: ComponentChildren;
}) {
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    list.current?.querySelector("button")?.focus({ preventScroll: true });
  }, []);
  return (
    <Dialog title={props.label} class="menu" at={props.at} onClose={props.onClose}>
      {props.children}
      <div ref={list} role="menu" aria-label={props.label} tabIndex={-1} onKeyDown={moveFocus}>
        {props.choices.map(({ icon, label, danger, run }) => (
          <button
            key={label}
            type="button"
            role="menuitem"
            class={danger ? "choice danger" : "choice"}
            onClick={() => {
              props.onClose();
              run();
            }}
          >
            <Icon name={icon} />
            {label}
          </button>
        ))}
      </div>
    </Dialog>
  );
}

/** The arrow keys, Home and End move the focus between the buttons of an element. */
export function moveFocus(event: KeyboardEvent & { currentTarget: Element }): void {
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>("button, a[href]")];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
  const next = steps[event.key];
  if (next === undefined) return;
  event.preventDefault();
  buttons.at(next % buttons.length)?.focus();
}
