import type { ServerClock } from "./clock.ts";
import { ParleyError } from "./errors.ts";
import { within } from "./timing.ts";

/** A signature is replaced so long before it expires, ms, but never earlier than in the last tenth of its life. */
const margin = 60_000;

interface Held {
  text: string;
  /** From when on another one is asked for, ms of the server; undefined: when it is refused. */
  renewal: number | undefined;
}

/** The user's signature: asked for when it is needed first, shortly before it expires, and once after a refusal. */
export class Signature {
  readonly #source: string | (() => string | Promise<string>);
  readonly #clock: ServerClock;
  readonly #timeout: number;
  #held: Promise<Held> | undefined;

  constructor(source: string | (() => string | Promise<string>), clock: ServerClock, timeout: number) {
    this.#source = source;
    this.#clock = clock;
    this.#timeout = timeout;
  }

  async get(): Promise<string> {
    const held = await (this.#held ?? this.#ask());
    const now = this.#clock.now();
    if (held.renewal === undefined || now === undefined || now < held.renewal) return held.text;
    delete (held as Partial<Held>).renewal; // asked for once: a source that gives the same again has no other
    return (await this.#ask().catch(() => held)).text;
  }

  /** The server did not accept a signature. Returns another one; undefined where there is none. */
  async renew(refused: string): Promise<string | undefined> {
    if (typeof this.#source === "string") return undefined;
    const held = await this.#held?.catch(() => undefined);
    const next = held && held.text !== refused ? held : await this.#ask();
    return next.text === refused ? undefined : next.text;
  }

  /** The next call asks for a signature: those that were made before may be void. */
  forget(): void {
    this.#held = undefined;
  }

  /** Asks the source; calls at one moment share the question. */
  #ask(): Promise<Held> {
    const source = this.#source;
    const asked = (async () => {
      const text = await within(this.#timeout, "usersig", async () => (typeof source === "string" ? source : source()));
      if (typeof text !== "string" || !text) throw new ParleyError("usersig gave no signature", 0, 0);
      return { text, renewal: typeof source === "string" ? undefined : await renewal(text) };
    })();
    this.#held = asked;
    asked.catch(() => {
      if (this.#held === asked) this.#held = undefined;
    });
    return asked;
  }

  /**
   * Finds out by a call why a connection is not opened, which a WebSocket does not
   * say: the refusal; undefined for anything that may pass. The call itself tries a
   * second signature.
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

/** From when on a signature is to be replaced, ms of the server: undefined where this host cannot read it. */
async function renewal(signature: string): Promise<number | undefined> {
  try {
    const packed = atob(signature.replace(/\*/g, "+").replace(/-/g, "/").replace(/_/g, "="));
    const bytes = Uint8Array.from(packed, (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const token = await new Response(stream).json();
    const [made, life] = [Number(token["TLS.time"]) * 1000, Number(token["TLS.expire"]) * 1000];
    return made > 0 && life > 0 ? made + life - Math.min(margin, life / 10) : undefined;
  } catch {
    return undefined; // of another form, or no DecompressionStream here: the server's refusal will tell
  }
}
