import { Component, type ComponentChildren, createRef } from "preact";
import { Icon } from "../ui/icon.tsx";

/** How near to its end the view is at the end, px. */
const near = 60;

interface Props {
  children: ComponentChildren;
  /** How many messages are held: with the first ones the view is placed. */
  count: number;
  /** How many are not read. */
  unread: number;
  /** Called when the view came near its top. */
  onTop: () => void;
  /** Called after each move or change with the bottom edge of the view. */
  onView: (bottom: number) => void;
}

interface Anchor {
  element: Element;
  top: number;
}

/**
 * The view of a thread. It stays at the newest message while it is there, and else
 * at what is read while messages come in above or below.
 */
export class Scroll extends Component<Props, { away: boolean }> {
  override state = { away: false };
  readonly #view = createRef<HTMLDivElement>();
  /** The first view is still to be placed. */
  #fresh = true;
  #resized: ResizeObserver | undefined;

  override componentDidMount(): void {
    // A keyboard on a phone, a longer draft or a picture that came moves the end: the view stays with it.
    this.#resized = new ResizeObserver(() => !this.state.away && this.#toEnd());
    const view = this.#view.current;
    if (view?.firstElementChild) {
      this.#resized.observe(view);
      this.#resized.observe(view.firstElementChild);
    }
    this.#place(undefined);
  }

  override componentWillUnmount(): void {
    this.#resized?.disconnect();
  }

  override getSnapshotBeforeUpdate(): Anchor | undefined {
    const view = this.#view.current;
    if (!view || !this.state.away) return undefined;
    const top = view.getBoundingClientRect().top;
    for (const element of view.querySelectorAll(".message")) {
      const box = element.getBoundingClientRect();
      if (box.bottom > top) return { element, top: box.top };
    }
    return undefined;
  }

  override componentDidUpdate(_: Props, __: unknown, anchor: Anchor | undefined): void {
    this.#place(anchor);
  }

  /** Goes to the newest message and stays there. */
  readonly follow = (): void => {
    this.#toEnd();
    this.setState({ away: false });
  };

  /** Shows a message in the middle of the view, and makes it stand out for a moment. */
  show(key: string): void {
    const view = this.#view.current;
    const element = view?.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!view || !element) return;
    this.#fresh = false;
    const room = view.getBoundingClientRect();
    const box = element.getBoundingClientRect();
    const top = view.scrollTop + box.top - room.top - (room.height - box.height) / 2;
    if (view.scrollHeight - top - view.clientHeight >= near) this.setState({ away: true });
    view.scrollTo({ top, behavior: moves() ? "smooth" : "instant" });
    const glow = { backgroundColor: "color-mix(in oklab, var(--accent) 22%, transparent)" };
    element.animate([glow, { ...glow, offset: 0.6 }, { backgroundColor: "transparent" }], 1800);
  }

  #toEnd(): void {
    const view = this.#view.current;
    view?.scrollTo({ top: view.scrollHeight, behavior: "instant" });
  }

  #place(anchor: Anchor | undefined): void {
    const view = this.#view.current;
    if (!view) return;
    if (this.#fresh && this.props.count > 0) {
      this.#fresh = false;
      this.#toEnd();
      const line = view.querySelector(".new-line");
      const room = view.getBoundingClientRect();
      const above = line ? line.getBoundingClientRect().top - room.top - room.height / 4 : 0;
      if (above < 0) {
        view.scrollTop += above;
        this.setState({ away: true });
      }
    } else if (!this.state.away) {
      this.#toEnd();
    } else if (anchor?.element.isConnected) {
      view.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
    }
    this.props.onView(view.getBoundingClientRect().bottom);
  }

  readonly #scrolled = (): void => {
    const view = this.#view.current;
    if (!view) return;
    const away = view.scrollHeight - view.scrollTop - view.clientHeight >= near;
    if (away !== this.state.away) this.setState({ away });
    this.props.onView(view.getBoundingClientRect().bottom);
    if (view.scrollTop < 400) this.props.onTop();
  };

  override render({ children, unread }: Props, { away }: { away: boolean }) {
    return (
      <div class="thread-body">
        <div ref={this.#view} class="scroll thread-scroll" onScroll={this.#scrolled}>
          {children}
        </div>
        <button type="button" class={away ? "jump shown" : "jump"} tabIndex={away ? 0 : -1} onClick={this.follow}>
          <Icon name="down" label="Go to the newest message" />
          {unread > 0 && <span class="badge">{unread}</span>}
        </button>
      </div>
    );
  }
}

/** Whether the user likes things to move. */
function moves(): boolean {
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}
