import { hue, initials } from "../text.ts";

/** A round picture of a user: the face, or the initials on the colour of the user. A dot shows who is online. */
export function Avatar(props: {
  id: string;
  name: string;
  face?: string | undefined;
  size?: "s" | "m" | "l" | "xl";
  online?: boolean;
}) {
  const { id, name, face, size = "m", online } = props;
  return (
    <span class={`avatar avatar-${size}`} aria-hidden="true" style={{ "--hue": hue(id) }}>
      {face ? <img src={face} alt="" referrerpolicy="no-referrer" /> : initials(name)}
      {online && <span class="avatar-dot" />}
    </span>
  );
}
