/** The users whose names begin with one letter. */
export interface Section<Entry> {
  letter: string;
  entries: Entry[];
}

/** Where names stand that begin with no letter of an alphabet. */
const rest = "#";

/** The letter under which a name stands: without accents, in upper case; `#` for digits, signs and ideographs. */
export function letterOf(name: string): string {
  const [first = ""] = name.trim().normalize("NFD");
  const letter = first.toLocaleUpperCase();
  return /^\p{L}/u.test(letter) && !/^\p{Script=Han}/u.test(letter) ? letter : rest;
}

/** Puts what has names in their order, by first letter; `#` comes last. */
export function alphabet<Entry>(entries: Iterable<Entry>, nameOf: (entry: Entry) => string): Section<Entry>[] {
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
    .sort((a, b) => Number(a.letter === rest) - Number(b.letter === rest) || order.compare(a.letter, b.letter));
}
