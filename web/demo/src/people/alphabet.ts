/** The users whose names begin with one letter. */
export interface Section<Entry> {
  letter: string;
  entries: Entry[];
}

/** The section of names that do not begin with a letter of an alphabet. */
const otherLetter = "#";

/** The letter of a name's section: without accents, in upper case; `#` for digits, signs and ideographs. */
export function letterOf(name: string): string {
  const [first = ""] = name.trim().normalize("NFD");
  const letter = first.toLocaleUpperCase();
  return /^\p{L}/u.test(letter) && !/^\p{Script=Han}/u.test(letter) ? letter : otherLetter;
}

/** Sorts entries by their names and groups them by first letter; `#` is last. */
export function groupByLetter<Entry>(entries: Iterable<Entry>, nameOf: (entry: Entry) => string): Section<Entry>[] {
  const named = Array.from(entries, (entry) => ({ entry, name: nameOf(entry) }));
  const order = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  named.sort((a, b) => order.compare(a.name, b.name));
  const sections = new Map<string, Entry[]>();
  for (const { entry, name } of named) {
    const letter = letterOf(name);
    const entries = sections.get(letter);
    if (entries) entries.push(entry);
    else sections.set(letter, [entry]);
  }
  return [...sections]
    .map(([letter, entries]) => ({ letter, entries }))
    .sort(
      (a, b) =>
        Number(a.letter === otherLetter) - Number(b.letter === otherLetter) || order.compare(a.letter, b.letter),
    );
}
