import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import { STATUS_CODES } from './http.ts';

const CONTENT_TYPE = 'application/problem+json';
const RETRY_AFTER_S = 1;

/** Answers a request with what is wrong with it (RFC 9457 problem details). */
export function sendProblem(
  response: ServerResponse,
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response
    .writeHead(status, {
      'content-type': CONTENT_TYPE,
      'cache-control': 'no-store',
      ...retrying(status, headers),
    })
    .end(problemOf(status, detail));
}

/** Answers on a bare socket in the same way, in plain HTTP, and closes: what was asked there got no response of its own. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = problemOf(status, detail);
  const head = [
    `HTTP/1.1 ${status} ${titleOf(status)}`,
    'Connection: close',
    `Content-Type: ${CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(retrying(status, headers)).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.on('error', () => undefined);
  // The other side may never end its half.
  socket.once('finish', () => {
    socket.destroy();
  });
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** What is only away for a while says when to come again. */
function retrying(
  status: number,
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return status === 503 ? { 'retry-after': String(RETRY_AFTER_S), ...headers } : headers;
}

function problemOf(status: number, detail: string): string {
  return JSON.stringify({ type: 'about:blank', title: titleOf(status), status, detail });
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}
