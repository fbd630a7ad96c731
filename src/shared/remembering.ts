/** Texts that are kept. With one more all are forgotten: whoever makes up texts pays for it no more than a look at each. */
const KEPT_MAX = 1_000;
/** What comes of a longer one is found out each time. */
const LENGTH_MAX = 1_000;

/** Makes a function remember what it came to for a text: those that it is asked about are few, and come again and again. */
export function remembering<Result extends NonNullable<unknown>>(
  find: (text: string) => Result,
): (text: string) => Result {
  const kept = new Map<string, Result>();
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const found = find(text);
    if (text.length > LENGTH_MAX) return found;
    if (kept.size === KEPT_MAX) kept.clear();
    kept.set(text, found);
    return found;
  };
}
