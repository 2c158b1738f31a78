/**
 * A copy of what JSON can say: storage and channels of a browser refuse functions
 * and proxies, which an app may have in its objects. Throws a TypeError for what
 * JSON cannot say, such as an object that contains itself.
 */
export function plain<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}

/** Half of a character, which UTF-8 cannot write: what is left of an emoji that was cut. */
const lone = /\p{Surrogate}/u;

/** Whether a text is whole, as the server accepts it. */
export function isWhole(text: string): boolean {
  return !lone.test(text);
}

/** JSON of a request. Throws a TypeError that names the field of a text with half of a character. */
export function write(action: string, body: object): string {
  return JSON.stringify(body, (name, value) => {
    if (!isWhole(name))
      throw new TypeError(`${action}: the name of a field has half of a character (a lone surrogate)`);
    if (typeof value === "string" && !isWhole(value)) {
      throw new TypeError(
        `${action}: ${name || "the text"} has half of a character (a lone surrogate); cut texts between characters`,
      );
    }
    return value;
  });
}
