import { Failure } from '../../../shared/errors.ts';
import { MIB } from '../../../shared/validators.ts';
import type { ToolOutput } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { textOf } from './references.ts';
import type { DeclaredValue } from './value.ts';

const PATH_LENGTH_MAX = 500;
const TEXT_LENGTH_MAX = 4_000;
const FIELDS_MAX = 100;
/** More than a model reads. A text with paths in it may be made long by a short answer. */
const ANSWER_LENGTH_MAX = 4 * MIB;
const EXPRESSION = /\{([^{}]*)\}/;
/** Where a list is, and each of its items is meant. */
const EACH = '*';

/** What another server answered. */
interface Answered {
  /** Of the server. */
  readonly host: string;
  readonly contentType: string;
  readonly body: string;
}

/** Makes what a tool answers of it. Throws a `Failure` where there is nothing to make it of. */
export type Shape = (answered: Answered) => ToolOutput;

/** Keys that lead into a value. */
type Path = readonly string[];
type Make = (picked: unknown) => unknown;
/** Makes one text of all items. */
type Write = (items: readonly unknown[]) => string;

/**
 * Reads what is taken of an answer: `pick`, a path to it, and then `fields`, names and the paths that they stand for, or `text`, with
 * `{path}` in it. Each item of a list is made by itself. Without any of it the answer is given as it is.
 */
export function parseAnswer(value: DeclaredValue | undefined): Shape {
  if (value === undefined) return asItIs;
  const map = value.mapOf(['pick', 'fields', 'text']);
  const pick = parsePath(map.find('pick'));
  const [fields, text] = [map.find('fields'), map.find('text')];
  if (fields !== undefined && text !== undefined) {
    throw map.failure('has "fields" and "text": an answer is one of them');
  }
  const make = parseFields(fields);
  const write = text === undefined ? undefined : parseText(text);
  return ({ host, body }) => {
    const picked = follow(parseJson(host, body), pick);
    if (picked === undefined) throw new Failure('not-found', 'There is nothing of that');
    if (write !== undefined) return write(Array.isArray(picked) ? picked : [picked]);
    return Array.isArray(picked) ? picked.map(make) : outputOf(make(picked));
  };
}

function parseFields(fields: DeclaredValue | undefined): Make {
  if (fields === undefined) return (picked) => picked;
  const { entries } = fields.map();
  if (entries.length > FIELDS_MAX) throw fields.failure(`has more than ${FIELDS_MAX}`);
  const paths = entries.map(([name, path]) => [name, parsePath(path)] as const);
  return (picked) =>
    Object.fromEntries(
      paths
        .map(([name, path]) => [name, follow(picked, path)] as const)
        .filter(([, found]) => found !== undefined),
    );
}

function parseText(value: DeclaredValue): Write {
  // Every second piece is what stood in braces.
  const pieces = value.text(TEXT_LENGTH_MAX).split(EXPRESSION);
  const makes = pieces.map((piece, index): ((item: unknown) => string) => {
    if (index % 2 === 0) return () => piece;
    const path = pathOf(piece);
    return (item) => textOf(follow(item, path)) ?? '';
  });
  return (items) => {
    let written = '';
    for (const [index, item] of items.entries()) {
      if (index > 0) written += '\n';
      for (const make of makes) {
        written += make(item);
        if (written.length > ANSWER_LENGTH_MAX) throw tooLong();
      }
    }
    return written;
  };
}

function tooLong(): ToolError {
  return new ToolError(`The answer makes a text of over ${ANSWER_LENGTH_MAX} characters`);
}

function parsePath(value: DeclaredValue | undefined): Path {
  return value === undefined ? [] : pathOf(value.text(PATH_LENGTH_MAX));
}

/** Keys with dots between them; or slashes before them, for keys that have dots (RFC 6901). */
function pathOf(text: string): Path {
  if (!text.startsWith('/')) return text === '' ? [] : text.split('.');
  return text
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What is where a path leads to. Of lists in lists there is one list. */
function follow(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (key === EACH && Array.isArray(value)) {
    const found = value.map((item) => follow(item, rest)).filter((item) => item !== undefined);
    return rest.includes(EACH) ? found.flat() : found;
  }
  // Of its own, and not the length of a list either.
  const isThere = Object.prototype.propertyIsEnumerable.call(value, key);
  return isThere ? follow(Reflect.get(value, key), rest) : undefined;
}

const asItIs: Shape = ({ host, contentType, body }) => {
  if (body === '') return 'Done';
  if (/^application\/(?:[\w.-]+\+)?json\b/i.test(contentType))
    return outputOf(parseJson(host, body));
  if (/^text\/|\bxml\b|^$/i.test(contentType)) return body;
  throw new ToolError('The answer is neither JSON nor a text');
};

function outputOf(value: unknown): ToolOutput {
  return typeof value === 'object' && value !== null ? value : (textOf(value) ?? 'null');
}

function parseJson(host: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    // It throws where a text is not JSON, and for nothing else. What it says has a part of the text in it, and is for the log.
    throw new Failure('unavailable', `${host} answered with no JSON`, { cause: error });
  }
}
