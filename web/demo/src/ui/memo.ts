import { Component, type ComponentChildren, type FunctionComponent, h } from "preact";

/** A component that is rendered again only when its properties are not the `same` as before. */
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
