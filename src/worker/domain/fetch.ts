/** What a request is sent with, beside its URL. */
export interface FetchOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** How long it may take in all: 10 s unless said otherwise. The call's own time is a bound as well. */
  readonly timeoutMs?: number;
  /** The largest body that is taken, decompressed: 1 MiB unless said otherwise, 16 MiB at most. */
  readonly bytesMax?: number;
}

/**
 * Asks another server over HTTP, and reads its answer whole, whatever its status. Addresses that are not public are refused
 * unless the operator allows them (`MCP_FETCH_PRIVATE`), at every redirect anew; three are followed, and another origin is told
 * neither what may be a credential nor a body. Throws a `Failure`, whose text names the host at most: `invalid` for what is not to be
 * asked, or answers with too much, which a model reads and mends; `timeout`; `limited` where too many wait; `unavailable` where nobody answers.
 */
export type Fetch = (url: string | URL, options?: FetchOptions) => Promise<Response>;

/** Where calls get it from. */
export interface FetchSource {
  during(signal: AbortSignal): Fetch;
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
/** Headers that say how a request is sent, and not what. */
const OURS: ReadonlySet<string> = new Set(
  'accept-encoding connection content-length expect host keep-alive te trailer transfer-encoding upgrade via'.split(
    ' ',
  ),
);

/** Says why a header cannot be sent, if it cannot. What its value is, is not said. */
export function flawOfHeader(name: string, value: string): string | undefined {
  const known = name.toLowerCase();
  if (!TOKEN.test(name)) return 'has a name that no header has';
  if (OURS.has(known) || known.startsWith('proxy-')) return 'is not for a tool to say';
  if (!HEADER_VALUE.test(value)) return 'has characters that no header has';
  return undefined;
}
