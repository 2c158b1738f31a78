/**
 * Copies a value by way of JSON. The storage and the channels of a browser refuse
 * functions and proxies, and the objects of an app may contain both. Throws a TypeError if
 * JSON cannot express the value, for example an object that contains itself.
 */
export function jsonCopy<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}

/** A lone surrogate: half of a character, for example of an emoji that was cut. UTF-8 cannot encode it. */
const loneSurrogate = /\p{Surrogate}/u;

/** Whether a text has no lone surrogate. The server accepts no other texts. */
export function isWellFormed(text: string): boolean {
  return !loneSurrogate.test(text);
}

/** Encodes the body of a request as JSON. Throws a TypeError that names the field if a text has a lone surrogate. */
export function encodeRequest(action: string, body: object): string {
  return JSON.stringify(body, (name, value) => {
    if (!isWellFormed(name))
      throw new TypeError(`${action}: the name of a field has half of a character (a lone surrogate)`);
    if (typeof value === "string" && !isWellFormed(value)) {
      throw new TypeError(
        `${action}: ${name || "the text"} has half of a character (a lone surrogate); cut texts between characters`,
      );
    }
    return value;
  });
}
