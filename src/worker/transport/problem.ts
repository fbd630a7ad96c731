import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

const CONTENT_TYPE = 'application/problem+json';

/** Answers a request with what is wrong with it (RFC 9457 problem details). */
export function sendProblem(response: ServerResponse, status: number, detail: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const headers = { 'content-type': CONTENT_TYPE, 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(problemOf(status, detail));
}

/** Answers a request to upgrade in the same way, in plain HTTP, and closes. */
export function refuseUpgrade(socket: Duplex, status: number, detail: string): void {
  const body = problemOf(status, detail);
  const head = [
    `HTTP/1.1 ${status} ${titleOf(status)}`,
    'Connection: close',
    `Content-Type: ${CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 503 ? ['Retry-After: 1'] : []),
  ];
  socket.on('error', () => undefined);
  // The other side may never end its half.
  socket.once('finish', () => {
    socket.destroy();
  });
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function problemOf(status: number, detail: string): string {
  return JSON.stringify({ type: 'about:blank', title: titleOf(status), status, detail });
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}
