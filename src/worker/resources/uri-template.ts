import { Failure } from '../../shared/errors.ts';
import { URI_LENGTH_MAX } from '../domain/session.ts';

const NOWHERE = -1;
const EXPRESSION = /\{([^{}]*)\}/g;
const VARIABLE = /^(\+?)([A-Za-z_][A-Za-z0-9_]*)$/;

/** A variable, and the text between it and the next. */
interface Part {
  readonly name: string;
  readonly isReserved: boolean;
  readonly text: string;
}

/** A template of URIs (RFC 6570, simple and reserved expansion), read backwards: from a URI to its variables. */
export class UriTemplate {
  readonly variables: readonly string[];
  readonly #prefix: string;
  readonly #parts: readonly Part[];

  private constructor(prefix: string, parts: readonly Part[]) {
    this.variables = parts.map(({ name }) => name);
    this.#prefix = prefix;
    this.#parts = parts;
  }

  /** Makes one of a text; nothing if it is a plain URI. Throws a `Failure` if it is neither. */
  static find(text: string): UriTemplate | undefined {
    // Every second piece is what stood in braces.
    const [prefix = '', ...pieces] = text.split(EXPRESSION);
    const parts: Part[] = [];
    for (let at = 0; at < pieces.length; at += 2) {
      const [, reserved, name] = VARIABLE.exec(pieces[at] ?? '') ?? [];
      if (name === undefined || parts.some((part) => part.name === name)) throw unfit(text);
      parts.push({ name, isReserved: reserved === '+', text: pieces[at + 1] ?? '' });
    }
    if (
      /[{}]/.test(text.replaceAll(EXPRESSION, '')) ||
      !URL.canParse(text.replaceAll(EXPRESSION, 'x'))
    ) {
      throw unfit(text);
    }
    return parts.length === 0 ? undefined : new UriTemplate(prefix, parts);
  }

  /** The variables of a URI, decoded; nothing if it is not of this template. The first ones take as much as they can. */
  match(uri: string): Readonly<Record<string, string>> | undefined {
    if (uri.length > URI_LENGTH_MAX || !uri.startsWith(this.#prefix)) return undefined;
    // From the last to the first, so that each is looked at once: a regular expression would try
    // them all against each other, and the time it takes would grow with every variable.
    const ends = this.#parts.reduceRight<Int32Array[]>(
      (after, part) => [endsOf(uri, part, after[0]), ...after],
      [],
    );
    const values: [string, string][] = [];
    let from = this.#prefix.length;
    for (const [index, { name, text }] of this.#parts.entries()) {
      const end = ends[index]?.[from] ?? NOWHERE;
      const value = end === NOWHERE ? undefined : decode(uri.slice(from, end));
      if (value === undefined) return undefined;
      values.push([name, value]);
      from = end + text.length;
    }
    return Object.fromEntries(values);
  }
}

/** Where a variable would end that began at each place, if what is left is then of the parts `after` it. */
function endsOf(
  uri: string,
  { isReserved, text }: Part,
  after: Int32Array | undefined,
): Int32Array {
  const latest = new Int32Array(uri.length + 1);
  let last = NOWHERE;
  for (let place = 0; place <= uri.length; place += 1) {
    const next = place + text.length;
    const isFit = after === undefined ? next === uri.length : (after[next] ?? NOWHERE) !== NOWHERE;
    if (isFit && uri.startsWith(text, place)) last = place;
    latest[place] = last;
  }
  const ends = new Int32Array(uri.length + 1);
  let stop = uri.length;
  for (let place = uri.length; place >= 0; place -= 1) {
    if (!isReserved && /[/?#]/.test(uri.charAt(place))) stop = place;
    const end = latest[stop] ?? NOWHERE;
    ends[place] = end > place ? end : NOWHERE;
  }
  return ends;
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function unfit(text: string): Failure {
  return new Failure('invalid', `"${text}" is no URI, and no template of {name} and {+name}`);
}
