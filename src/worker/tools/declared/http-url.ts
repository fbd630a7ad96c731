import { ToolError } from '../tool-error.ts';
import { type Filled, type References, textOf } from './references.ts';
import type { DeclaredMap, DeclaredValue } from './value.ts';

const LENGTH_MAX = 2_048;
/** Where a request goes is written down: nothing of it is filled in before the path. */
const ORIGIN = /^https?:\/\/[^/?#{}\\@\s]+(?=\/|$)/i;
const EXPRESSION = /\{([^{}]*)\}/;
const DOTS = /^(?:\.|%2e){1,2}$/i;
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f]/;

/** Makes the URL of a call. Throws a `ToolError` for an argument that would be another path. */
export type UrlOf = (filled: Filled) => URL;

/** Reads a URL whose path has `{parameter}` in it, and the query beside it. Throws a `LoadFailure` that says what is wrong. */
export function parseUrl(
  value: DeclaredValue,
  query: DeclaredMap | undefined,
  references: References,
): UrlOf {
  const text = value.text(LENGTH_MAX);
  const [origin] = ORIGIN.exec(text) ?? [];
  const [path = '', search, fragment] = text.slice(origin?.length).split(/[?#]/);
  if (origin === undefined || !URL.canParse(origin)) {
    throw value.failure('is to begin with http:// or https:// and a host, with nothing filled in');
  }
  if (text.includes('#') || fragment !== undefined || /[{}]/.test(search ?? '')) {
    throw value.failure('has something to fill in behind its path, or a #. Say it in "query"');
  }
  const segments = path.split('/').map((segment) => parseSegment(segment, value, references));
  const additions = parseQuery(query, references);
  return (filled) => {
    const filledPath = segments.map((fill) => fill(filled)).join('/');
    const url = new URL(`${origin}${filledPath}${search === undefined ? '' : `?${search}`}`);
    for (const [name, given] of additions(filled)) url.searchParams.append(name, given);
    return url;
  };
}

type Segment = (filled: Filled) => string;

function parseSegment(segment: string, value: DeclaredValue, references: References): Segment {
  // Every second piece is what stood in braces.
  const pieces = segment.split(EXPRESSION);
  const names = pieces.filter((_piece, index) => index % 2 === 1);
  for (const name of names) {
    const { isList } = references.use(name, value);
    if (isList) throw value.failure(`names "${name}", which is a list: a path has one value`);
    if (!references.isAlwaysThere(name)) {
      throw value.failure(`names "${name}", which may be absent: give it a default`);
    }
  }
  const isWhole = !/[{}\\]/.test(pieces.filter((_piece, index) => index % 2 === 0).join(''));
  if (!isWhole || (names.length === 0 && DOTS.test(segment))) {
    throw value.failure('has a path that would be read as another');
  }
  if (names.length === 0) return () => segment;
  return (filled) => {
    const made = pieces.map((piece, index) =>
      index % 2 === 0 ? piece : encode(piece, filled.get(piece)),
    );
    if (DOTS.test(made.join(''))) throw unfit(names);
    return made.join('');
  };
}

/** As one segment. Those who pass a request on may decode it, and then a path in it would be one. */
function encode(name: string, value: unknown): string {
  const text = textOf(value) ?? '';
  const isFit =
    text !== '' &&
    text.isWellFormed() &&
    !CONTROLS.test(text) &&
    !text.split(/[/\\]/).some((part) => DOTS.test(part));
  if (!isFit) throw unfit([name]);
  return encodeURIComponent(text);
}

function unfit(names: readonly string[]): ToolError {
  return new ToolError(`arguments.${names.join(', ')} cannot be part of a path`);
}

type Query = (filled: Filled) => readonly (readonly [string, string])[];

function parseQuery(query: DeclaredMap | undefined, references: References): Query {
  const fills = (query?.entries ?? []).map(([name, value]) => {
    const json = value.json();
    if (typeof json === 'object' && json !== null) throw value.failure('is to be one value');
    return [name, references.fillOf(value)] as const;
  });
  return (filled) =>
    fills.flatMap(([name, fill]) =>
      [fill(filled)]
        .flat()
        .map(textOf)
        .filter((value) => value !== undefined)
        .map((value) => [name, value.toWellFormed()] as const),
    );
}
