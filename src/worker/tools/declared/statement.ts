import { findMeant } from '../../../shared/misspelled.ts';
import type { Parameter, Parameters, ParameterType } from './parameters.ts';
import { type SqlToken, tokenizeSql } from './sql-tokens.ts';
import type { DeclaredValue } from './value.ts';

/** What Postgres takes a parameter for. A statement may cast it further: `$day::timestamp`. */
const SQL_TYPES: Readonly<Record<ParameterType, string>> = {
  string: 'text',
  integer: 'bigint',
  // Exact, and compared with any other kind of number without losing its index.
  number: 'numeric',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamptz',
  uuid: 'uuid',
};
const READS: readonly string[] = ['select', 'with', 'values', 'table', '('];
const WRITES: readonly string[] = ['insert', 'update', 'delete', 'merge'];
/** Three words that only what writes, or locks, begins with. */
const WRITING =
  /^(?:insert into|delete from|merge into|for (?:update|share|no key|key share))\b|^\( update [^,)]/;

/** A statement whose parameters have numbers, as Postgres wants them. */
export interface Statement {
  readonly text: string;
  /** What `$1`, `$2` … stand for. */
  readonly names: readonly string[];
  /** Where a character of it, which Postgres counts from 1, is in what the author wrote. */
  readonly offsetOf: (position: number | undefined) => number;
}

/** What lies where in the statement, and in what the author wrote. */
interface Piece {
  readonly text: string;
  readonly offset: number;
  /** Whether it is as the author wrote it. */
  readonly isWritten: boolean;
}

/**
 * Reads the statement of a tool. No value ever becomes part of it: each parameter is replaced by a number, and bound. Throws
 * a `LoadFailure` that says where it is not one statement, or names what is no parameter, or not all that are.
 */
export function parseStatement(
  value: DeclaredValue,
  parameters: Parameters,
  writes: boolean,
): Statement {
  const sql = value.string();
  const nul = sql.indexOf('\0');
  if (nul >= 0) throw value.failure('has a NUL in it', nul);
  const tokens = tokenizeSql(sql);
  const said = tokens.filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  refuseUnreadable(said, value);
  refuseMore(said, value);
  refuseOtherKinds(said, value, writes);
  const byName = new Map(parameters.list.map((parameter) => [parameter.name, parameter]));
  const names: string[] = [];
  const pieces = tokens.map(({ kind, text, offset }): Piece => {
    if (text === ';') return { text: ' ', offset, isWritten: false };
    if (kind !== 'parameter') return { text, offset, isWritten: true };
    const name = text.slice(1);
    const parameter = byName.get(name);
    if (parameter === undefined) throw unknown(name, offset, [...byName.keys()], value);
    if (!names.includes(name)) names.push(name);
    const replaced = placeholder(parameter, names.indexOf(name) + 1);
    return { text: replaced, offset, isWritten: false };
  });
  const unused = parameters.list.find(({ name }) => !names.includes(name));
  if (unused !== undefined) throw unused.value.failure('is not used in the statement', 'key');
  const text = pieces.map((piece) => piece.text).join('');
  return { text, names, offsetOf: (position) => offsetOf(pieces, text, position) };
}

/** In brackets, so that what follows is about the value, and not about its type: `$list[1]`. */
function placeholder({ type, isList }: Parameter, number: number): string {
  return `($${number}::${SQL_TYPES[type]}${isList ? '[]' : ''})`;
}

function refuseUnreadable(said: readonly SqlToken[], value: DeclaredValue): void {
  if (said.length === 0) throw value.failure('is to be a statement');
  for (const { kind, offset } of said) {
    if (kind === 'unterminated') throw value.failure('has something that does not end', offset);
    if (kind === 'positional') {
      throw value.failure('names a parameter by a number: write its name', offset);
    }
  }
}

function refuseMore(said: readonly SqlToken[], value: DeclaredValue): void {
  const end = said.findIndex(({ text }) => text === ';');
  const next = end < 0 ? undefined : said.slice(end).find(({ text }) => text !== ';');
  if (next === undefined) return;
  throw value.failure('is to be one statement, and here begins another', next.offset);
}

function refuseOtherKinds(said: readonly SqlToken[], value: DeclaredValue, writes: boolean): void {
  const words = said.map(({ kind, text }) => (kind === 'word' ? text.toLowerCase() : text));
  const [first = ''] = words;
  if (![...READS, ...WRITES].includes(first)) {
    const all = [...READS.filter((word) => word !== '('), ...WRITES].join(', ');
    throw value.failure(`is to begin with one of ${all}`, said[0]?.offset ?? 0);
  }
  if (writes) return;
  const writing = WRITES.includes(first)
    ? 0
    : words.findIndex((_word, index) => WRITING.test(words.slice(index, index + 3).join(' ')));
  if (writing < 0) return;
  throw value.failure('writes here, or locks: say `writes: true`', said[writing]?.offset ?? 0);
}

function unknown(name: string, offset: number, known: readonly string[], value: DeclaredValue) {
  const meant = findMeant(name, known);
  const hint = meant === undefined ? '' : `. Did you mean "$${meant}"?`;
  return value.failure(`names "$${name}", which is no parameter${hint}`, offset);
}

/** Postgres counts characters, and JavaScript halves of those that lie outside the basic plane. */
function offsetOf(pieces: readonly Piece[], text: string, position: number | undefined): number {
  if (position === undefined) return 0;
  let left = Array.from(text)
    .slice(0, position - 1)
    .join('').length;
  for (const piece of pieces) {
    if (left < piece.text.length) return piece.offset + (piece.isWritten ? left : 0);
    left -= piece.text.length;
  }
  return 0;
}
