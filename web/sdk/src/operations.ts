/** Calls an operation by its name on the wire. */
export type Caller = (action: string, body: object) => Promise<unknown>;

/**
 * The operations of one subject as methods: `listCreate` of `friend` is the
 * operation `friend.list-create`. Which there are and what they take is for the
 * types of api.ts, which are made from the server's source, to say.
 */
export function subject<Operations extends object>(name: string, call: Caller): Operations {
  return new Proxy({} as Operations, {
    get: (_, verb) =>
      typeof verb === "string" ? (body: object = {}) => call(`${name}.${kebab(verb)}`, body) : undefined,
  });
}

function kebab(verb: string): string {
  return verb.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
