import { useEffect, useLayoutEffect, useReducer, useState } from "preact/hooks";
import { type Cloud, findCloud } from "./cloud.ts";
import { Session, SessionProvider } from "./session.ts";
import { Shell } from "./shell.tsx";
import { SignIn } from "./signin.tsx";

/** Where the UserSig that a user has pasted is kept until sign-out. */
const pasted = (user: string) => `parley.usersig.${user}`;

/** The user of the address: `?user=NAME` is signed in. */
const userOf = () => new URLSearchParams(location.search).get("user")?.trim() || undefined;

/** The page: the way to sign in, or the chat of who is. */
export function App() {
  const [cloud, setCloud] = useState<Cloud | "unknown" | "away">("unknown");
  const [user, setUser] = useState(userOf);
  const [, again] = useReducer<number, void>((n) => n + 1, 0);
  const find = () => void findCloud().then(setCloud, () => setCloud("away"));
  useEffect(find, []);
  useLayoutEffect(() => {
    const moved = () => setUser(userOf());
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, []);

  const show = (next: string | undefined) => {
    history.pushState(null, "", next === undefined ? location.pathname : `?user=${encodeURIComponent(next)}`);
    setUser(next);
    again(); // the user may be the same, without what was pasted
  };
  if (cloud === "unknown") return null;
  if (cloud === "away") return <Away again={find} />;
  const usersig = user && !cloud.signer ? (localStorage.getItem(pasted(user)) ?? undefined) : undefined;
  if (!user || !(cloud.signer || usersig)) {
    const enter = (name: string, sig?: string) => {
      if (sig) localStorage.setItem(pasted(name), sig);
      show(name);
    };
    return <SignIn cloud={cloud} user={user} enter={enter} />;
  }
  const forget = (next?: string) => {
    localStorage.removeItem(pasted(user));
    show(next);
  };
  return (
    <SignedIn
      key={user}
      cloud={cloud}
      user={user}
      usersig={usersig}
      left={() => forget()}
      refused={() => !cloud.signer && forget(user)} // another UserSig has to be pasted
    />
  );
}

interface SignedInProps {
  cloud: Cloud;
  user: string;
  usersig: string | undefined;
  /** Called when the user has signed out. */
  left: () => void;
  /** Called when the cloud does not accept the user. */
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

function Away({ again }: { again: () => void }) {
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
