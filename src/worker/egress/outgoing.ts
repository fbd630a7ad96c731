import { type FetchOptions, flawOfHeader } from '../domain/fetch.ts';
import { FetchFailure } from './fetch-failure.ts';

/** A request that may be sent. */
export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  /** Their names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

/** What of an answer says where to go on. */
interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Longer than any that servers take. */
const URL_LENGTH_MAX = 8_192;
/** RFC 1035 §2.3.4. */
const HOST_LENGTH_MAX = 253;
const PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:']);
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
/** Methods that make something else of a connection, or show what was sent on it. */
const NOT_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);
const DEFAULT_HEADERS = { accept: '*/*', 'user-agent': 'mcp-holdfast' } as const;
/** What another server may read. Any other header may be what lets us in at the first one. */
const NOT_SECRET: ReadonlySet<string> = new Set(
  'accept accept-encoding accept-language content-language content-type user-agent'.split(' '),
);
/** Of a body that is left out with a change of method. */
const OF_BODY = /^content-/;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Reads what a tool asks for. Throws a `Failure` (`invalid`) if it is nothing that may be sent. */
export function outgoingOf(given: string | URL, options: FetchOptions): Outgoing {
  const method = methodOf(options.method ?? 'GET');
  const body = options.body ?? null;
  if (body !== null && (method === 'GET' || method === 'HEAD')) {
    throw new FetchFailure('invalid', `A request with ${method} has no body`);
  }
  return { url: parseTarget(given), method, headers: headersOf(options.headers ?? {}), body };
}

/** The request that an answer redirects to, if it does. Throws a `Failure` (`invalid`) that names but the host asked first if that may not be asked. */
export function findNext(
  { url, method, headers, body }: Outgoing,
  { statusCode: status, headers: { location } }: Answer,
  host: string,
): Outgoing | undefined {
  if (!REDIRECTS.has(status) || typeof location !== 'string') return undefined;
  const next = parseRedirect(location, url, host);
  // As all browsers do (Fetch, HTTP-redirect fetch, step 12).
  const isTurned =
    (status === 303 && method !== 'GET' && method !== 'HEAD') ||
    (status < 303 && method === 'POST');
  const isElsewhere = next.origin !== url.origin;
  // It was written for the first one, and may hold what lets us in there as well as any header.
  if (isElsewhere && !isTurned && body !== null) throw redirected(host);
  const kept = Object.entries(headers).filter(
    ([name]) => !(isTurned && OF_BODY.test(name)) && !(isElsewhere && !NOT_SECRET.has(name)),
  );
  return {
    url: next,
    method: isTurned ? 'GET' : method,
    headers: Object.fromEntries(kept),
    body: isTurned ? null : body,
  };
}

function parseTarget(given: string | URL): URL {
  const url = String(given).length > URL_LENGTH_MAX ? null : URL.parse(String(given));
  if (url === null) throw new FetchFailure('invalid', 'What was to be asked is no URL');
  const flaw = flawOf(url);
  if (flaw !== undefined) throw new FetchFailure('forbidden', `What was to be asked ${flaw}`);
  return url;
}

function parseRedirect(location: string, from: URL, host: string): URL {
  const url = location.length > URL_LENGTH_MAX ? null : URL.parse(location, from.href);
  const isFit =
    url !== null &&
    flawOf(url) === undefined &&
    (url.protocol === 'https:' || from.protocol === 'http:');
  if (isFit) return url;
  throw redirected(host);
}

function redirected(host: string): FetchFailure {
  return new FetchFailure('forbidden', `${host} redirects to where nothing may be asked`);
}

function flawOf({ protocol, username, password, hostname }: URL): string | undefined {
  if (!PROTOCOLS.has(protocol)) return 'is neither http: nor https:';
  // It would stand in the logs of whoever passes it on.
  if (username !== '' || password !== '') return 'has a user or a password in its URL';
  if (hostname.length > HOST_LENGTH_MAX) return 'has a host that cannot be';
  return undefined;
}

function methodOf(given: string): string {
  const method = given.toUpperCase();
  if (TOKEN.test(method) && !NOT_METHODS.has(method)) return method;
  throw new FetchFailure('invalid', 'That is no method of a request');
}

function headersOf(given: Readonly<Record<string, string>>): Outgoing['headers'] {
  const headers = Object.entries(given);
  for (const [name, value] of headers) {
    const flaw = flawOfHeader(name, value);
    if (flaw !== undefined) throw new FetchFailure('invalid', `A header of the request ${flaw}`);
  }
  return {
    ...DEFAULT_HEADERS,
    ...Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
    'accept-encoding': 'gzip, br',
  };
}
