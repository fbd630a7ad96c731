import { isMap, isScalar, isSeq, type LineCounter, type ParsedNode } from 'yaml';

import { findMeant } from '../../../shared/misspelled.ts';
import type { Fault } from '../../../shared/proof.ts';
import { LoadFailure } from '../load/load-failure.ts';
import { findOffset } from './scalar-offset.ts';

/** The text that values are part of. */
export interface DeclaredText {
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
}

/** Bounds of a number, both included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * A value in a YAML file, which knows where it stands. It is asked for as what it should be, and throws a `LoadFailure`
 * with file, line and column if it is something else.
 */
export class DeclaredValue {
  /** The keys that lead to it, as in `parameters.a.type`. */
  readonly path: string;
  readonly #node: ParsedNode | null;
  readonly #of: DeclaredText;

  constructor(node: ParsedNode | null, of: DeclaredText, path: string) {
    this.#node = node;
    this.#of = of;
    this.path = path;
  }

  string(): string {
    const value = this.#scalar();
    if (typeof value === 'string') return value;
    throw this.failure('is to be a text. In quotes, if it looks like something else');
  }

  /** A text with something in it, of so many characters at most. */
  text(lengthMax: number): string {
    const value = this.string();
    if (value.trim() !== '' && value.length <= lengthMax) return value;
    throw this.failure(`is to be a text of 1 to ${lengthMax} characters`);
  }

  number(): number {
    const value = this.#scalar();
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.failure('is to be a number');
  }

  /** A whole number within bounds. */
  integer({ min, max }: Range): number {
    const value = this.#scalar();
    if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max)
      return Number(value);
    throw this.failure(`is to be a whole number from ${min} to ${max}`);
  }

  boolean(): boolean {
    const value = this.#scalar();
    if (typeof value === 'boolean') return value;
    throw this.failure('is to be true or false');
  }

  oneOf<const Word extends string>(words: readonly Word[]): Word {
    const value = this.#scalar();
    const word = words.find((known) => known === value);
    if (word !== undefined) return word;
    throw this.failure(`is to be one of ${words.join(', ')}${didYouMean(value, words)}`);
  }

  list(): readonly DeclaredValue[] {
    if (!isSeq<ParsedNode>(this.#node)) throw this.failure('is to be a list');
    return this.#node.items.map(
      (item, index) => new DeclaredValue(item, this.#of, `${this.path}[${index}]`),
    );
  }

  /** A map, of no other keys than these. */
  mapOf(known: readonly string[]): DeclaredMap {
    const map = this.map();
    const faults = map.entries.flatMap(([key, value]) =>
      known.includes(key)
        ? []
        : value.failure(`is not known here${didYouMean(key, known)}`, 'key').faults,
    );
    if (faults.length > 0) throw new LoadFailure(faults);
    return map;
  }

  /** A map of any keys. */
  map(): DeclaredMap {
    if (!isMap<ParsedNode, ParsedNode | null>(this.#node)) throw this.failure('is to be a map');
    const before = this.path === '' ? '' : `${this.path}.`;
    const entries = this.#node.items.map(({ key, value }) => {
      const name = String(key);
      const inner = new DeclaredValue(value, this.#of, `${before}${name}`);
      inner.#key = key;
      return [name, inner] as const;
    });
    return new DeclaredMap(this, entries);
  }

  /** Whatever it is, as JSON has it. */
  json(): unknown {
    if (isMap(this.#node)) {
      return Object.fromEntries(this.map().entries.map(([key, value]) => [key, value.json()]));
    }
    if (isSeq(this.#node)) return this.list().map((item) => item.json());
    const value = this.#scalar();
    if (typeof value !== 'number' || Number.isFinite(value)) return value;
    throw this.failure('is no number that JSON can say');
  }

  /** Says what is wrong with it, or at an offset in its text, or with its key. */
  failure(
    message: string,
    at: number | 'key' | 'value' = 'value',
    options?: ErrorOptions,
  ): LoadFailure {
    const what = this.path === '' ? 'the tool' : `"${this.path}"`;
    return new LoadFailure([this.#fault(`${what} ${message}`, at)], options);
  }

  #key: ParsedNode | null = null;

  #fault(message: string, at: number | 'key' | 'value'): Fault {
    const { file, text, lines } = this.#of;
    const node = at === 'key' || this.#node === null ? (this.#key ?? this.#node) : this.#node;
    const offset =
      typeof at === 'number' ? findOffset(this.#node, text, at) : (node?.range[0] ?? 0);
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, subject: undefined, message };
  }

  #scalar(): unknown {
    return isScalar(this.#node) ? this.#node.value : undefined;
  }
}

/** A map in a YAML file. */
export class DeclaredMap {
  readonly #value: DeclaredValue;
  /** In their order. */
  readonly entries: readonly (readonly [string, DeclaredValue])[];

  constructor(value: DeclaredValue, entries: readonly (readonly [string, DeclaredValue])[]) {
    this.#value = value;
    this.entries = entries;
  }

  find(key: string): DeclaredValue | undefined {
    return this.entries.find(([name]) => name === key)?.[1];
  }

  /** Throws a `LoadFailure` if there is no such key. */
  get(key: string): DeclaredValue {
    const value = this.find(key);
    if (value === undefined) throw this.failure(`has no "${key}"`);
    return value;
  }

  failure(message: string, options?: ErrorOptions): LoadFailure {
    return this.#value.failure(message, 'value', options);
  }
}

function didYouMean(word: unknown, known: readonly string[]): string {
  const meant = typeof word === 'string' ? findMeant(word, known) : undefined;
  return meant === undefined ? '' : `. Did you mean "${meant}"?`;
}
