/** A cloud to sign in to, and what this page knows of it. */
export interface Cloud {
  http: string;
  websocket: string;
  sdkappid: number;
  /** Answers `GET <signer>?user=ID` with `{"usersig": "..."}`; without one, a user pastes a UserSig. */
  signer?: string;
  /** Users to offer on the sign-in page and in an empty list. */
  users: readonly { id: string; nick: string }[];
  /** The cloud on this machine: it makes an account when it signs for a new user. */
  local: boolean;
}

async function json<Out>(address: string): Promise<Out> {
  const response = await fetch(address, { cache: "no-store" });
  if (!response.ok) throw new Error((await response.text()).trim() || `status ${response.status}`);
  return (await response.json()) as Out;
}

/** The cloud that `config.json` beside this page names; without the file, the one of `make run`. */
export async function findCloud(): Promise<Cloud> {
  const configured = await json<Omit<Cloud, "local">>("config.json").catch(() => undefined);
  if (configured?.sdkappid) return { ...configured, users: configured.users ?? [], local: false };
  return { ...(await json<Cloud>("/_local/demo")), signer: "/_local/usersig", local: true };
}

/** Asks the signer for a user's signature. */
export async function sign(signer: string, user: string): Promise<string> {
  const address = new URL(signer, location.href);
  address.searchParams.set("user", user);
  return (await json<{ usersig: string }>(address.href)).usersig;
}
