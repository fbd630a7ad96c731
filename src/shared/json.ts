/** Deeper than anything that is meant to be read. What goes round in circles is deeper still. */
const DEPTH_MAX = 100;
/** `null` and `true`. */
const WORD_LENGTH = 4;

/**
 * Throws a `TypeError` if a value cannot be written as JSON: it has a `bigint`, goes round in circles, or is too deep.
 * That costs a look at each part; to find out later, while it is written, would cost what else is on the way.
 */
export function assertJson(value: unknown): void {
  weighJson(value, Number.POSITIVE_INFINITY);
}

/**
 * How many characters a value has as JSON, without writing it: never too many, but escapes and the digits of numbers are not
 * counted. `Infinity` if that is more than `lengthMax`, and then it looked no further. Throws as `assertJson` does.
 */
export function weighJson(value: unknown, lengthMax: number): number {
  const left = spend(value, lengthMax, 0);
  return left < 0 ? Number.POSITIVE_INFINITY : lengthMax - left;
}

/** What is left of a length when a value is taken off. Less than nothing: it was too long. */
function spend(value: unknown, left: number, depth: number): number {
  switch (typeof value) {
    case 'string':
      return left - value.length - 2;
    case 'number':
      return left - 1;
    case 'boolean':
      return left - WORD_LENGTH;
    case 'bigint':
      throw new TypeError('JSON has no bigint');
    case 'object':
      return value === null ? left - WORD_LENGTH : spendOn(value, left, depth);
    case 'undefined':
    case 'function':
    case 'symbol':
      return left;
  }
}

function spendOn(value: object, left: number, depth: number): number {
  if (depth === DEPTH_MAX) {
    throw new TypeError('This is too deep for JSON, or goes round in circles');
  }
  if (Array.isArray(value)) return spendOnArray(value, left, depth);
  // Each number in it would be a part of its own.
  if (ArrayBuffer.isView(value) && value.byteLength > left) return -1;
  // oxlint-disable-next-line no-unsafe-type-assertion -- any object may be asked for any key
  const record = value as Readonly<Record<string, unknown>>;
  if (typeof record.toJSON === 'function') return spend(record.toJSON(''), left, depth + 1);
  let rest = left - 1;
  for (const key of Object.keys(record)) {
    const next = spend(record[key], rest, depth + 1);
    // What JSON has no word for is left out.
    if (next !== rest) rest = next - key.length - 4;
    if (rest < 0) break;
  }
  return rest;
}

function spendOnArray(array: readonly unknown[], left: number, depth: number): number {
  // It may have nothing in it but its length.
  if (2 * array.length > left) return -1;
  let rest = left - array.length - 1;
  for (const part of array) {
    const next = spend(part, rest, depth + 1);
    // What JSON has no word for is null there.
    rest = next === rest ? rest - WORD_LENGTH : next;
    if (rest < 0) break;
  }
  return rest;
}
