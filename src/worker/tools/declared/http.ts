import { Failure } from '../../../shared/errors.ts';
import { MIB } from '../../../shared/validators.ts';
import { type FetchOptions, flawOfHeader } from '../../domain/fetch.ts';
import type { JsonSchema } from '../../domain/json-schema.ts';
import type { ToolAnnotations } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { parseAnswer } from './http-answer.ts';
import { parseUrl } from './http-url.ts';
import type { DeclaredKind } from './kind.ts';
import { type Fill, type Filled, References, textOf } from './references.ts';
import type { DeclaredMap } from './value.ts';

/** What each method promises (RFC 9110 §9.2). */
const METHODS = {
  GET: { readOnlyHint: true },
  POST: {},
  PUT: { idempotentHint: true },
  PATCH: {},
  DELETE: { idempotentHint: true },
} as const satisfies Readonly<Record<string, ToolAnnotations>>;
const METHOD_NAMES = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const FIELDS = ['method', 'url', 'query', 'headers', 'body', 'bytesMax', 'answer'];
const HEADERS_MAX = 50;
/** What `fetch` takes. */
const BYTES_RANGE = { min: 1_024, max: 16 * MIB } as const;
/** Who wants us to wait for longer is away. */
const RETRY_AFTER_S_MAX = 3_600;

const TEXT: JsonSchema = { type: 'string' };
const VALUES: JsonSchema = {
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'boolean'] },
};

/** The request, as authors write it. */
const REQUEST: JsonSchema = {
  type: 'object',
  description:
    'The request. `$name` as a whole value is a parameter; `${NAME}` in a text is a variable of the environment; `$$` at its beginning is a `$`.',
  required: ['url'],
  properties: {
    method: { enum: METHOD_NAMES, description: 'GET unless said otherwise.' },
    url: {
      ...TEXT,
      pattern: '^https?://[^/?#{}@]+',
      description:
        'Where it goes. `{name}` in its path is a parameter, as one segment or a part of one.',
    },
    query: { ...VALUES, description: 'Added to the URL. What is absent is left out.' },
    headers: { ...VALUES, description: 'Sent with it. What is absent is left out.' },
    body: { description: 'Sent as JSON. What is absent is left out.' },
    bytesMax: {
      type: 'integer',
      minimum: BYTES_RANGE.min,
      maximum: BYTES_RANGE.max,
      description: 'The largest answer that is taken. 1 MiB unless said otherwise.',
    },
    answer: {
      type: 'object',
      description:
        'What is taken of an answer in JSON. A path is keys with dots between them, or slashes before them; `*` is each item of a list.',
      properties: {
        pick: { ...TEXT, description: 'A path to what is taken. All, unless said otherwise.' },
        fields: {
          type: 'object',
          additionalProperties: TEXT,
          description: 'Names, and the paths in what was picked that they stand for.',
        },
        text: {
          ...TEXT,
          description: 'A text, with `{path}` in it. A line for each of a list.',
        },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
};

/** One request to another server. */
export const HTTP: DeclaredKind = {
  description: 'One HTTP request, and what is taken of its answer.',
  fields: { http: REQUEST },
  required: ['http'],
  make(declared, tool) {
    const references = new References(tool);
    const map = declared.get('http').mapOf(FIELDS);
    const method = map.find('method')?.oneOf(METHOD_NAMES) ?? 'GET';
    const urlOf = parseUrl(map.get('url'), map.find('query')?.map(), references);
    const bodyOf = parseBody(map, method, references);
    const headersOf = parseHeaders(map, bodyOf !== undefined, references);
    const bytesMax = map.find('bytesMax')?.integer(BYTES_RANGE) ?? MIB;
    const shape = parseAnswer(map.find('answer'));
    references.assertAllUsed();
    const annotations = { openWorldHint: true, ...METHODS[method], ...tool.annotations };
    return {
      annotations,
      run: async (given, { fetch, log }) => {
        const filled = tool.parameters.fill(given);
        const url = urlOf(filled);
        const options = { method, headers: headersOf(filled), bytesMax, timeoutMs: tool.timeoutMs };
        const body = bodyOf?.(filled);
        const response = await fetch(url, withBody(options, body));
        const { host } = url;
        if (!response.ok) {
          log.debug('server refused a declared tool', { tool: tool.name, status: response.status });
          throw failureOf(response, host);
        }
        const contentType = response.headers.get('content-type') ?? '';
        return shape({ host, contentType, body: references.strike(await response.text()) });
      },
    };
  },
};

function withBody(options: FetchOptions, body: unknown): FetchOptions {
  return body === undefined ? options : { ...options, body: JSON.stringify(body) };
}

function parseBody(map: DeclaredMap, method: string, references: References): Fill | undefined {
  const body = map.find('body');
  if (body === undefined) return undefined;
  if (method === 'GET') throw body.failure('is not sent with GET', 'key');
  return references.fillOf(body);
}

type HeadersOf = (filled: Filled) => Readonly<Record<string, string>>;

function parseHeaders(map: DeclaredMap, hasBody: boolean, references: References): HeadersOf {
  const headers = map.find('headers');
  const entries = headers?.map().entries ?? [];
  if (headers !== undefined && entries.length > HEADERS_MAX) {
    throw headers.failure(`has more than ${HEADERS_MAX}`);
  }
  const fills = entries.map(([name, value]) => {
    const json = value.json();
    const isList = references.findParameter(value)?.isList === true;
    if (isList || (typeof json === 'object' && json !== null)) {
      throw value.failure('is to be one value');
    }
    const fill = references.fillOf(value);
    // A parameter is nothing yet.
    const flaw = flawOfHeader(name, textOf(fill(new Map())) ?? '');
    if (flaw !== undefined) throw value.failure(flaw, 'key');
    return [name.toLowerCase(), fill] as const;
  });
  const type = hasBody ? { 'content-type': 'application/json' } : {};
  return (filled) => {
    const made = fills.flatMap(([name, fill]) => {
      const value = textOf(fill(filled));
      return value === undefined ? [] : [[name, value] as const];
    });
    return { accept: 'application/json', ...type, ...Object.fromEntries(made) };
  };
}

/** What a model, or who retries for it, may make of a status. Of what stands in the answer nobody learns. */
function failureOf({ status, headers }: Response, host: string): Failure {
  if (status === 404 || status === 410)
    return new Failure('not-found', `${host} has nothing there`);
  if (status >= 400 && status < 500 && status !== 429) {
    return new ToolError(`${host} answered with status ${status}`);
  }
  const afterS = Number(headers.get('retry-after') ?? Number.NaN);
  const isKnown = afterS > 0 && afterS <= RETRY_AFTER_S_MAX;
  const when = isKnown ? { retryAfterMs: afterS * 1_000 } : {};
  return new Failure('unavailable', `${host} answered with status ${status}`, when);
}
