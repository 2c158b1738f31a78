import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** One of several tabs. */
export interface Tab<Name extends string> {
  name: Name;
  label: string;
  count?: number;
  /** The count includes something that was not seen. */
  fresh?: boolean;
}

/** Tabs above the content of the chosen one (the children). The arrow keys move between them. */
export function Tabs<Name extends string>(props: {
  label: string;
  tabs: readonly Tab<Name>[];
  chosen: Name;
  choose: (name: Name) => void;
  children: ComponentChildren;
}) {
  const { tabs, chosen, choose } = props;
  const id = useId();
  const walk = (event: KeyboardEvent & { currentTarget: Element }) => {
    const at = tabs.findIndex(({ name }) => name === chosen);
    const last = tabs.length - 1;
    const forward = getComputedStyle(event.currentTarget).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    const steps: Record<string, number> = { [forward]: at + 1, [back]: at - 1, Home: 0, End: last };
    const next = tabs.at((steps[event.key] ?? Number.NaN) % tabs.length);
    if (steps[event.key] === undefined || !next) return;
    event.preventDefault();
    choose(next.name);
    document.getElementById(`${id}-${next.name}`)?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={props.label} tabIndex={-1} onKeyDown={walk}>
        {tabs.map(({ name, label, count = 0, fresh }) => (
          <button
            key={name}
            id={`${id}-${name}`}
            type="button"
            role="tab"
            class="tab"
            aria-selected={name === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={name === chosen ? 0 : -1}
            onClick={() => choose(name)}
          >
            {label}
            {count > 0 && <span class={fresh ? "badge" : "badge quiet"}>{count > 99 ? "99+" : count}</span>}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} class="panel" role="tabpanel" aria-labelledby={`${id}-${chosen}`}>
        {props.children}
      </div>
    </>
  );
}
