/** Deeper than anything that is meant to be read. What goes round in circles is deeper still. */
const DEPTH_MAX = 100;

/**
 * Throws a `TypeError` if a value cannot be written as JSON: it has a `bigint`, goes round in circles, or is too deep.
 * That costs a look at each part; to find out later, while it is written, would cost what else is on the way.
 */
export function assertJson(value: unknown, depth = 0): void {
  if (typeof value === 'bigint') throw new TypeError('JSON has no bigint');
  if (typeof value !== 'object' || value === null) return;
  if (depth === DEPTH_MAX)
    throw new TypeError('This is too deep for JSON, or goes round in circles');
  for (const part of Object.values(value)) assertJson(part, depth + 1);
}
