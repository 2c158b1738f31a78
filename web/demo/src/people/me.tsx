import { useState } from "preact/hooks";
import { useSession } from "../session.ts";
import { Avatar } from "../ui/avatar.tsx";
import { setTheme, type Theme, theme } from "../ui/theme.ts";

const themes: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };

/** Who is signed in, the look of the page, and the way out. */
export function Me({ leave }: { leave: () => void }) {
  const session = useSession();
  const [chosen, choose] = useState(theme);
  return (
    <section class="sidebar" aria-label="Me">
      <header class="sidebar-head">
        <Avatar id={session.me} name={session.name(session.me)} size="l" />
        <div class="who">
          <h1 class="who-name" dir="auto">
            {session.name(session.me)}
          </h1>
          <span class="muted">{session.me}</span>
        </div>
      </header>
      <fieldset class="group">
        <legend>Look</legend>
        {(Object.keys(themes) as Theme[]).map((name) => (
          <label key={name} class="option">
            <input
              type="radio"
              name="theme"
              checked={chosen === name}
              onChange={() => {
                setTheme(name);
                choose(name);
              }}
            />
            {themes[name]}
          </label>
        ))}
      </fieldset>
      <div class="group">
        <button type="button" class="button soft" onClick={leave}>
          Sign out
        </button>
      </div>
    </section>
  );
}
