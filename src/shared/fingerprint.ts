import { hash } from 'node:crypto';

/** How much of the hash is kept: enough to tell calls apart, and short enough to be read out. */
const FINGERPRINT_LENGTH = 16;
/** Arguments that differ only deeper than this are taken to be the same: nothing outside may exhaust our stack. */
const DEPTH_MAX = 64;

/**
 * What a call is known by again, without a word of what it said: the first 16 hex digits of the SHA-256
 * of its method, its tool and its arguments. The order of an object's fields makes no difference.
 */
export function fingerprintOf(method: string, tool: string, given: unknown): string {
  const call = `${method}\0${tool}\0${canonicalOf(given, 0)}`;
  return hash('sha256', call, 'hex').slice(0, FINGERPRINT_LENGTH);
}

/** SHA-256 of arguments, in hexadecimal. The order of an object's fields makes no difference. */
export function hashOfArguments(given: unknown): string {
  return hash('sha256', canonicalOf(given, 0), 'hex');
}

/** JSON with its fields in order. What has no JSON is null, as in an array. */
function canonicalOf(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (depth === DEPTH_MAX) return '…';
  if (Array.isArray(value)) {
    return `[${value.map((entry) => canonicalOf(entry, depth + 1)).join(',')}]`;
  }
  const fields = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalOf(field, depth + 1)}`);
  return `{${fields.join(',')}}`;
}
