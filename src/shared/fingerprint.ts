import { hash } from 'node:crypto';

import { Failure } from './errors.ts';

/** How much of the hash is kept: enough to tell calls apart, and short enough to be read out. */
const FINGERPRINT_LENGTH = 16;
/** Arguments that differ only deeper than this are taken to be the same: nothing outside may exhaust our stack. */
const DEPTH_MAX = 64;
/** Deeper than any definition that is let in: a schema of 64 levels lies some levels down in it. */
const DEFINITION_DEPTH_MAX = 128;

/**
 * What a call is known by again, without a word of what it said: the first 16 hex digits of the SHA-256
 * of its method, its tool and its arguments. The order of an object's fields makes no difference.
 */
export function fingerprintOf(method: string, tool: string, given: unknown): string {
  const call = `${method}\0${tool}\0${canonicalOf(given, DEPTH_MAX, { isWhole: true })}`;
  return hash('sha256', call, 'hex').slice(0, FINGERPRINT_LENGTH);
}

/** Of arguments that were hashed already, as they came: what was done to them since does not count. */
const hashes = new WeakMap<object, string>();

/** SHA-256 of arguments, in hexadecimal. The order of an object's fields makes no difference. */
export function hashOfArguments(given: unknown): string {
  const isObject = typeof given === 'object' && given !== null;
  const known = isObject ? hashes.get(given) : undefined;
  return known ?? hash('sha256', canonicalOf(given, DEPTH_MAX, { isWhole: true }), 'hex');
}

/**
 * SHA-256 of what is told of something, in hexadecimal: as it is told, in JSON, so that what is left out makes no difference. Throws
 * a `Failure` if it is so deep that not all of it is looked at.
 */
export function definitionOf(told: object): string {
  const looked = { isWhole: true };
  const whole = canonicalOf(JSON.parse(JSON.stringify(told)), DEFINITION_DEPTH_MAX, looked);
  if (!looked.isWhole) throw new Failure('invalid', 'A definition is nested too deeply');
  return hash('sha256', whole, 'hex');
}

/**
 * The hash of arguments where no others have it: nothing, if they are so deep that not all of them was looked at, or hold a number
 * that JSON has no text for. `hashOfArguments` of the same object costs nothing from then on.
 */
export function findHashOfArguments(given: object): string | undefined {
  const looked = { isWhole: true };
  const found = hash('sha256', canonicalOf(given, DEPTH_MAX, looked), 'hex');
  hashes.set(given, found);
  return looked.isWhole ? found : undefined;
}

/** JSON of so many levels with its fields in order, and whether it is whole. What has no JSON is null, as in an array. */
function canonicalOf(value: unknown, levels: number, looked: { isWhole: boolean }): string {
  if (typeof value === 'number') {
    // So does `1e999` come out of JSON, and would be taken for null.
    if (!Number.isFinite(value)) looked.isWhole = false;
    return Number.isFinite(value) ? String(value) : 'null';
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (levels === 0) {
    looked.isWhole = false;
    return '…';
  }
  if (Array.isArray(value)) {
    return `[${value.map((entry) => canonicalOf(entry, levels - 1, looked)).join(',')}]`;
  }
  // oxlint-disable-next-line no-unsafe-type-assertion -- any object may be asked for its own fields
  const record = value as Readonly<Record<string, unknown>>;
  let fields = '';
  for (const name of inOrder(Object.keys(record))) {
    const field = canonicalOf(record[name], levels - 1, looked);
    fields += `${fields === '' ? '' : ','}${JSON.stringify(name)}:${field}`;
  }
  return `{${fields}}`;
}

/** To look whether names are in order already costs a tenth of what it costs to sort them. */
function inOrder(names: readonly string[]): readonly string[] {
  let before = '';
  for (const name of names) {
    if (name < before) return names.toSorted();
    before = name;
  }
  return names;
}
