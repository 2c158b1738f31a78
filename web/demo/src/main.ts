import { h } from "./dom.ts";
import { type Demo, local, Session } from "./session.ts";
import { Shell } from "./shell.ts";
import { signIn } from "./signin.ts";

const root = document.getElementById("root") as HTMLElement;
let session: Session | undefined;

/** Shows what the address asks for: `?user=NAME` is signed in. */
function show(demo: Demo): void {
  session?.end();
  session = undefined;
  const user = new URLSearchParams(location.search).get("user")?.trim();
  if (!user) {
    document.title = "Parley";
    root.replaceChildren(signIn(demo, (name) => go(demo, `?user=${encodeURIComponent(name)}`)));
    return;
  }
  session = new Session(demo, user);
  const shell = new Shell(session, () => go(demo, location.pathname));
  root.replaceChildren(shell.element);
  session.start();
}

function go(demo: Demo, address: string): void {
  history.pushState(null, "", address);
  show(demo);
}

async function begin(): Promise<void> {
  try {
    const demo = await local<Demo>("/_local/demo");
    let search = location.search;
    addEventListener("popstate", () => {
      if (location.search === search && session) return; // only the conversation changed
      show(demo);
    });
    addEventListener("popstate", () => {
      search = location.search;
    });
    show(demo);
  } catch {
    root.replaceChildren(
      h(
        "main",
        { class: "center" },
        h("h1", {}, "The cloud does not answer"),
        h("p", { class: "muted" }, "Start it with make run, then try again."),
        h("button", { class: "button", onclick: () => void begin() }, "Try again"),
      ),
    );
  }
}

void begin();
