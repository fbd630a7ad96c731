import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a page may send, and read (Fetch, CORS protocol). */
const REQUEST_HEADERS =
  'authorization, content-type, accept, last-event-id, mcp-session-id, mcp-protocol-version, mcp-method, mcp-name';
const EXPOSED_HEADERS = 'mcp-session-id, mcp-protocol-version, www-authenticate, retry-after';
const PREFLIGHT_MAX_AGE_S = 600;

/**
 * Lets the page that asks read the answer. That its origin is allowed was seen before. Returns true where a browser only
 * asked whether it may send the request itself, and that is answered.
 */
export function allowPage(
  { headers, method }: IncomingMessage,
  response: ServerResponse,
  methods: string,
): boolean {
  const { origin } = headers;
  if (origin !== undefined) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('vary', 'origin');
    response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
  }
  if (method !== 'OPTIONS') return false;
  if (origin !== undefined) {
    response.setHeader('access-control-allow-methods', methods);
    // Tools may have headers of their own (`Mcp-Param-…`), which only the page knows.
    const asked = headers['access-control-request-headers'];
    response.setHeader('access-control-allow-headers', asked ?? REQUEST_HEADERS);
    response.setHeader('access-control-max-age', PREFLIGHT_MAX_AGE_S);
  }
  response.writeHead(204, { allow: methods }).end();
  return true;
}
