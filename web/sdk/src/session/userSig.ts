import { ParleyError } from "../errors.ts";
import type { ServerClock } from "../time/serverClock.ts";
import { withTimeout } from "../time/wait.ts";

/**
 * A signature is replaced this time before it expires, ms, or in the last tenth of its
 * life if that is shorter.
 */
const margin = 60_000;

interface Signature {
  text: string;
  /** From this time on another one is requested, Unix ms of the server; undefined: only when the server refuses it. */
  renewAt: number | undefined;
}

/**
 * The user's signature. It is requested from the app when it is needed for the first time,
 * shortly before it expires, and once after the server has refused it.
 */
export class UserSig {
  readonly #source: string | (() => string | Promise<string>);
  readonly #clock: ServerClock;
  readonly #timeout: number;
  #current: Promise<Signature> | undefined;

  constructor(source: string | (() => string | Promise<string>), clock: ServerClock, timeout: number) {
    this.#source = source;
    this.#clock = clock;
    this.#timeout = timeout;
  }

  async get(): Promise<string> {
    const current = await (this.#current ?? this.#request());
    const now = this.#clock.now();
    if (current.renewAt === undefined || now === undefined || now < current.renewAt) return current.text;
    delete (current as Partial<Signature>).renewAt; // request once: the app may have no other one
    return (await this.#request().catch(() => current)).text;
  }

  /** The server has refused a signature. Returns another one; undefined if there is none. */
  async replace(refused: string): Promise<string | undefined> {
    if (typeof this.#source === "string") return undefined;
    const current = await this.#current?.catch(() => undefined);
    const next = current && current.text !== refused ? current : await this.#request();
    return next.text === refused ? undefined : next.text;
  }

  /** The next call requests a signature: a kick makes the earlier ones void. */
  forget(): void {
    this.#current = undefined;
  }

  /** Requests a signature from the app. Calls at the same time share one request. */
  #request(): Promise<Signature> {
    const source = this.#source;
    const requested = (async () => {
      const text = await withTimeout(this.#timeout, "usersig", async () =>
        typeof source === "string" ? source : source(),
      );
      if (typeof text !== "string" || !text) throw new ParleyError("usersig gave no signature", 0, 0);
      return { text, renewAt: typeof source === "string" ? undefined : await renewalTime(text) };
    })();
    this.#current = requested;
    requested.catch(() => {
      if (this.#current === requested) this.#current = undefined;
    });
    return requested;
  }

  /**
   * Makes a call to find out why a connection was not opened, since a WebSocket does not
   * say why. Returns the refusal; undefined if another attempt may succeed. The call itself
   * tries a second signature.
   */
  async refusal(call: () => Promise<unknown>): Promise<ParleyError | undefined> {
    try {
      await call();
    } catch (error) {
      if (error instanceof ParleyError && error.refused) return error;
    }
    return undefined;
  }
}

/** When a signature is to be replaced, Unix ms of the server; undefined if this host cannot read the signature. */
async function renewalTime(signature: string): Promise<number | undefined> {
  try {
    const packed = atob(signature.replace(/\*/g, "+").replace(/-/g, "/").replace(/_/g, "="));
    const bytes = Uint8Array.from(packed, (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const token = await new Response(stream).json();
    const [made, life] = [Number(token["TLS.time"]) * 1000, Number(token["TLS.expire"]) * 1000];
    return made > 0 && life > 0 ? made + life - Math.min(margin, life / 10) : undefined;
  } catch {
    return undefined; // another format, or a host without DecompressionStream: the server's refusal will show it
  }
}
