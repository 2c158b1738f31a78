/**
 * Folds a text for comparison: two texts that people read as the same have the same
 * result. It ignores case, how an accent is encoded, and the width of letters. Example:
 * "ÉCOLE" and "e\u0301cole" have the same result, as have "ＡＢＣ" and "abc", "ΟΔΟΣ" and
 * "οδος", "STRASSE" and "straße". The server's search folds in the same way
 * (docs/adr/0017).
 */
export function fold(text: string): string {
  // The upper case of the lower case turns "ß" and "ẞ" into "ss". A Greek sigma at the end of a word has its own
  // lower case letter, so it is replaced.
  return text.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFKC");
}

/** Finds `wanted` in `text`, both folded. Returns the start and the end in `text`; undefined if it is not found. */
export function locate(text: string, wanted: string): [from: number, to: number] | undefined {
  const folded = fold(wanted);
  if (!folded || !fold(text).includes(folded)) return undefined;
  const at = boundaries(text);
  for (const from of at) {
    if (!fold(text.slice(from)).startsWith(folded)) continue;
    const to = at.find((end) => end > from && fold(text.slice(from, end)).startsWith(folded));
    if (to !== undefined) return [from, to];
  }
  return undefined;
}

/** The positions between the letters of a text. A combining accent belongs to the letter before it. */
function boundaries(text: string): number[] {
  const at: number[] = [];
  for (const { index, 0: letter } of text.matchAll(/\P{M}\p{M}*|\p{M}/gsu)) at.push(index, index + letter.length);
  return [...new Set(at)];
}
