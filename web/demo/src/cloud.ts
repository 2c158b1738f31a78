/** A Parley deployment ("cloud") to sign in to, and what this page knows of it. */
export interface Cloud {
  http: string;
  websocket: string;
  sdkappid: number;
  /** A service that answers `GET <signer>?user=ID` with `{"usersig": "..."}`. Without one, the user pastes a UserSig. */
  signer?: string;
  /** Users that the sign-in page and an empty list offer. */
  users: readonly { id: string; nick: string }[];
  /** Whether it is the cloud on this machine. Its signer makes an account when it signs for a new user. */
  local: boolean;
}

async function json<Out>(address: string): Promise<Out> {
  const response = await fetch(address, { cache: "no-store" });
  if (!response.ok) throw new Error((await response.text()).trim() || `status ${response.status}`);
  return (await response.json()) as Out;
}

/** The cloud that the file `config.json` next to this page names. Without the file, the one of `make run`. */
export async function findCloud(): Promise<Cloud> {
  const configured = await json<Omit<Cloud, "local">>("config.json").catch(() => undefined);
  if (configured?.sdkappid) return { ...configured, users: configured.users ?? [], local: false };
  return { ...(await json<Cloud>("/_local/demo")), signer: "/_local/usersig", local: true };
}

/** Requests a user's signature from the signer. */
export async function sign(signer: string, user: string): Promise<string> {
  const address = new URL(signer, location.href);
  address.searchParams.set("user", user);
  return (await json<{ usersig: string }>(address.href)).usersig;
}
