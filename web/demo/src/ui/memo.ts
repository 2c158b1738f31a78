import { Component, type ComponentChildren, type FunctionComponent, h } from "preact";

/** Makes a component that is rendered again only if `same` returns false for the old and the new properties. */
export function memo<Props extends object>(
  Inner: FunctionComponent<Props>,
  same: (before: Props, after: Props) => boolean,
) {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      return !same(this.props, next);
    }

    override render(props: Props): ComponentChildren {
      return h(Inner, props);
    }
  };
}
