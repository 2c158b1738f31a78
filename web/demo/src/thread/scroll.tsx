import { Component, type ComponentChildren, createRef, type RefObject } from "preact";
import { Icon } from "../ui/icon.tsx";

/** If the view is nearer to the end than this, it counts as being at the end, px. */
const endThreshold = 60;

interface Props {
  children: ComponentChildren;
  /** Receives this component, so that the parent can scroll it. Preact sets a `ref` for elements only. */
  view: RefObject<Scroll | null>;
  /** How many messages there are. When the first ones arrive, the view is scrolled to its first position. */
  count: number;
  /** How many messages are unread. */
  unread: number;
  /** Called when the view is near its top. */
  onTop: () => void;
  /** Called with the bottom edge of the view after each scroll and each change. */
  onView: (bottom: number) => void;
}

interface Anchor {
  element: Element;
  top: number;
}

/**
 * The scrolled view of a thread. If it shows the newest message, it stays at the newest
 * message. Otherwise (`away`) the messages in view stay where they are when messages are
 * added above or below.
 */
export class Scroll extends Component<Props, { away: boolean }> {
  override state = { away: false };
  readonly #view = createRef<HTMLDivElement>();
  /** The view was not scrolled to its first position yet. */
  #notPlaced = true;
  #resized: ResizeObserver | undefined;

  override componentDidMount(): void {
    this.props.view.current = this;
    // The keyboard of a phone, a longer draft or a loaded picture moves the end: the view scrolls to it again.
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
    this.props.view.current = null;
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

  /** Scrolls to the newest message and stays there. */
  readonly goToEnd = (): void => {
    this.#toEnd();
    this.setState({ away: false });
  };

  /** Scrolls to a message and highlights it for a moment. */
  show(key: string): void {
    const view = this.#view.current;
    const element = view?.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!view || !element) return;
    this.#notPlaced = false;
    const room = view.getBoundingClientRect();
    const box = element.getBoundingClientRect();
    const top = view.scrollTop + box.top - room.top - (room.height - box.height) / 2;
    if (view.scrollHeight - top - view.clientHeight >= endThreshold) this.setState({ away: true });
    view.scrollTo({ top, behavior: "instant" });
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
    if (this.#notPlaced && this.props.count > 0) {
      this.#notPlaced = false;
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
    const away = view.scrollHeight - view.scrollTop - view.clientHeight >= endThreshold;
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
        <button type="button" class={away ? "jump shown" : "jump"} tabIndex={away ? 0 : -1} onClick={this.goToEnd}>
          <Icon name="down" label="Go to the newest message" />
          {unread > 0 && <span class="badge">{unread}</span>}
        </button>
      </div>
    );
  }
}
