import { useEffect, useState } from "preact/hooks";
import type { Cloud } from "./cloud.ts";
import { Avatar } from "./ui/avatar.tsx";
import { Field } from "./ui/field.tsx";
import { Icon, Mark } from "./ui/icon.tsx";

interface Props {
  cloud: Cloud;
  /** The user whose UserSig is missing or not accepted any more. */
  user: string | undefined;
  enter: (user: string, usersig?: string) => void;
}

/** The sign-in page. */
export function SignIn({ cloud, user, enter }: Props) {
  const [name, setName] = useState(user ?? "");
  const [usersig, setUsersig] = useState("");
  const offers = cloud.signer !== undefined && cloud.users.length > 0;
  useEffect(() => {
    document.title = "Parley";
  }, []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const sig = usersig.replace(/\s+/g, ""); // a copied UserSig may contain line breaks
    if (name.trim() && (cloud.signer || sig)) enter(name.trim(), sig || undefined);
  };
  return (
    <main class="signin">
      <div class="signin-box">
        <Mark />
        <h1>{offers ? "Who are you today?" : "Sign in"}</h1>
        <p class="muted">
          {offers
            ? "Sign in here, then open a second window as somebody else and start talking."
            : cloud.signer
              ? "With the user ID that you have in this app."
              : "With a user ID and a UserSig that was made for it."}
        </p>
        {offers && (
          <>
            <ul class="cards">
              {cloud.users.map(({ id, nick }) => (
                <li key={id}>
                  <button class="card" type="button" onClick={() => enter(id)}>
                    <Avatar id={id} name={nick} />
                    <span class="card-text">
                      <strong dir="auto">{nick}</strong>
                      <span class="muted">{id}</span>
                    </span>
                    <Icon name="back" />
                  </button>
                </li>
              ))}
            </ul>
            <p class="or muted">
              <span>or come as</span>
            </p>
          </>
        )}
        {user && (
          <p class="signin-note" role="alert">
            <bdi>{user}</bdi> needs a UserSig: there is none here, or it is not accepted.
          </p>
        )}
        <form class={cloud.signer ? "signin-form" : "signin-form tall"} onSubmit={submit}>
          <Field
            label={offers ? "Another user ID" : "User ID"}
            placeholder={offers ? "Any name" : "User ID"}
            name="user"
            autocapitalize="none"
            spellcheck={false}
            maxLength={32}
            required
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
          {!cloud.signer && (
            <textarea
              class="field usersig"
              aria-label="UserSig"
              placeholder="UserSig"
              spellcheck={false}
              rows={4}
              required
              value={usersig}
              onInput={(event) => setUsersig(event.currentTarget.value)}
            />
          )}
          <button class="button" type="submit">
            Sign in
          </button>
        </form>
      </div>
    </main>
  );
}
