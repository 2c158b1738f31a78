import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Dialog, type Point } from "./dialog.tsx";

export type { Point };

import { Icon, type IconName } from "./icon.tsx";

/** One line of a menu. */
export interface Choice {
  icon: IconName;
  label: string;
  danger?: boolean;
  run: () => unknown;
}

/** The point below an element, for a menu that a button opens. */
export function below(element: Element): Point {
  const { left, bottom } = element.getBoundingClientRect();
  return { x: left, y: bottom + 4 };
}

/** A menu at a point; on a narrow screen it stands at the bottom edge. `children` come above its lines. */
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
      <div ref={list} role="menu" aria-label={props.label} tabIndex={-1} onKeyDown={walk}>
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

/** The arrows, Home and End walk through the buttons of an element. */
export function walk(event: KeyboardEvent & { currentTarget: Element }): void {
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>("button, a[href]")];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
  const next = steps[event.key];
  if (next === undefined) return;
  event.preventDefault();
  buttons.at(next % buttons.length)?.focus();
}
