/** What nobody reads to its end. */
const LINES_MAX = 60;
/** What moves a cursor, or is not seen at all, such as a space of no width: models read it all the same. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** What a tool tells of itself now and did not before, and the other way round: a line for each part of it. */
export function toldChanges(before: object, after: object): readonly string[] {
  const old = partsOf(before);
  const now = partsOf(after);
  const paths = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  const lines = paths.flatMap((path) => {
    const [was, is] = [old.get(path), now.get(path)];
    if (was === is) return [];
    return [
      ...(was === undefined ? [] : [seen(`- ${path}: ${was}`)]),
      ...(is === undefined ? [] : [seen(`+ ${path}: ${is}`)]),
    ];
  });
  if (lines.length <= LINES_MAX) return lines;
  return [...lines.slice(0, LINES_MAX), `… and ${lines.length - LINES_MAX} lines more`];
}

/** Each value that holds no other, by the path to it. */
function partsOf(told: object): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  const waiting: [string, unknown][] = [['', told]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [path, value] = next;
    const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    for (const [name, one] of inner) waiting.push([path === '' ? name : `${path}.${name}`, one]);
    if (inner.length > 0 || path === '' || value === undefined) continue;
    parts.set(path, JSON.stringify(value));
  }
  return parts;
}

/** The same, so that two that differ look different. */
function seen(line: string): string {
  return line.replaceAll(UNSEEN, (unseen) => `\\u{${unseen.codePointAt(0)?.toString(16) ?? ''}}`);
}
