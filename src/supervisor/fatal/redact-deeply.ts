/** Fields that hold words of ours: a password that is such a word must not make a report unreadable. */
const OUR_WORDS: ReadonlySet<string> = new Set([
  'class',
  'exitName',
  'kind',
  'outer',
  'phase',
  'schema',
  'signal',
  'state',
  'status',
  'name',
]);

/**
 * Strikes secrets out of every text in a value that JSON can hold. A list of lines is taken as one
 * text, since a key in PEM goes over many.
 */
export function redactDeeply<Value>(value: Value, redact: (text: string) => string): Value {
  const copy: Value = JSON.parse(
    JSON.stringify(value, (key, part: unknown) => {
      if (typeof part === 'string') return OUR_WORDS.has(key) ? part : redact(part);
      if (isLines(part)) return redact(part.join('\n')).split('\n');
      return part;
    }),
  );
  return copy;
}

function isLines(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((line) => typeof line === 'string')
  );
}
