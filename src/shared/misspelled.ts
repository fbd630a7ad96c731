const DISTANCE_MAX = 2;

/** A variable that looks like one of ours and is not, and the one that was probably meant. */
export interface Misspelled {
  readonly name: string;
  readonly meant: string;
}

/** Finds variables within two typing errors of a name we know. Any other `MCP_` name is somebody else's business. */
export function findMisspelled(
  env: Readonly<Record<string, unknown>>,
  known: readonly string[],
): Misspelled[] {
  const names = new Set([...known, ...known.map((name) => `${name}_FILE`)]);
  return Object.keys(env)
    .filter((name) => name.startsWith('MCP_') && !names.has(name))
    .flatMap((name) => {
      const meant = findMeant(name, known);
      return meant === undefined ? [] : [{ name, meant }];
    });
}

/** Finds the word that was probably meant. */
export function findMeant(word: string, known: readonly string[]): string | undefined {
  return known.find((other) => isWithin(word, other));
}

/** Whether two words are `DISTANCE_MAX` insertions, deletions or replacements apart at most (Levenshtein). */
function isWithin(a: string, b: string): boolean {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [line, letter] of Array.from(a).entries()) {
    const next = [line + 1];
    for (const [column, other] of Array.from(b).entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      const inserted = (next[column] ?? 0) + 1;
      const deleted = (row[column + 1] ?? 0) + 1;
      next.push(Math.min(replaced, inserted, deleted));
    }
    row = next;
  }
  return (row.at(-1) ?? Number.POSITIVE_INFINITY) <= DISTANCE_MAX;
}
