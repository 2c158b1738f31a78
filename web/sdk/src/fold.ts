/**
 * A text so that texts which people read as the same are equal: without regard to case, to how an accent is written,
 * and to the width of letters. "ÉCOLE" and "e\u0301cole" are one text, as are "ＡＢＣ" and "abc", "ΟΔΟΣ" and "οδος",
 * "STRASSE" and "straße". The server's search folds alike.
 */
export function fold(text: string): string {
  // By way of the upper case of the lower case "ß" and "ẞ" become "ss"; the last letter of a Greek word has a lower case of its own.
  return text.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFKC");
}

/** Where another text stands in a text as people read them: from and to; undefined if it does not. */
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

/** The places between the letters of a text, an accent of its own counted to its letter. */
function boundaries(text: string): number[] {
  const at: number[] = [];
  for (const { index, 0: letter } of text.matchAll(/\P{M}\p{M}*|\p{M}/gsu)) at.push(index, index + letter.length);
  return [...new Set(at)];
}
