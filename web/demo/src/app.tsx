import { useEffect, useLayoutEffect, useReducer, useState } from "preact/hooks";
import { type Cloud, findCloud } from "./cloud.ts";
import { Session, SessionProvider } from "./session.ts";
import { Shell } from "./shell.tsx";
import { SignIn } from "./signin.tsx";

/** The key under which the browser stores a pasted UserSig until sign-out. */
const usersigKey = (user: string) => `parley.usersig.${user}`;

/** The user whom the address names: `?user=NAME`. */
const userOf = () => new URLSearchParams(location.search).get("user")?.trim() || undefined;

/** The whole page: the sign-in form, or the chat of a signed-in user. */
export function App() {
  const [cloud, setCloud] = useState<Cloud | "unknown" | "unreachable">("unknown");
  const [user, setUser] = useState(userOf);
  const [, rerender] = useReducer<number, void>((n) => n + 1, 0);
  const find = () => void findCloud().then(setCloud, () => setCloud("unreachable"));
  useEffect(find, []);
  useLayoutEffect(() => {
    const moved = () => setUser(userOf());
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, []);

  const show = (next: string | undefined) => {
    history.pushState(null, "", next === undefined ? location.pathname : `?user=${encodeURIComponent(next)}`);
    setUser(next);
    rerender(); // the user may be the same, but the pasted UserSig was removed
  };
  if (cloud === "unknown") return null;
  if (cloud === "unreachable") return <Unreachable again={find} />;
  const usersig = user && !cloud.signer ? (localStorage.getItem(usersigKey(user)) ?? undefined) : undefined;
  if (!user || !(cloud.signer || usersig)) {
    const enter = (name: string, sig?: string) => {
      if (sig) localStorage.setItem(usersigKey(name), sig);
      show(name);
    };
    return <SignIn cloud={cloud} user={user} enter={enter} />;
  }
  const forget = (next?: string) => {
    localStorage.removeItem(usersigKey(user));
    show(next);
  };
  return (
    <SignedIn
      key={user}
      cloud={cloud}
      user={user}
      usersig={usersig}
      left={() => forget()}
      refused={() => !cloud.signer && forget(user)} // the user must paste another UserSig
    />
  );
}

interface SignedInProps {
  cloud: Cloud;
  user: string;
  usersig: string | undefined;
  /** Called when the user has signed out. */
  left: () => void;
  /** Called when the server does not accept the user. */
  refused: () => void;
}

function SignedIn(props: SignedInProps) {
  const [session] = useState(() => new Session(props.cloud, props.user, props.usersig));
  useEffect(() => {
    session.parley.on("refused", props.refused);
    session.start();
    return () => session.end();
  }, [session]);
  return (
    <SessionProvider value={session}>
      <Shell leave={() => void session.leave().then(props.left)} />
    </SessionProvider>
  );
}

function Unreachable({ again }: { again: () => void }) {
  useEffect(() => {
    document.title = "Parley";
  }, []);
  return (
    <main class="center">
      <h1>The cloud does not answer</h1>
      <p class="muted">Start it with make run, then try again.</p>
      <button type="button" class="button" onClick={again}>
        Try again
      </button>
    </main>
  );
}
