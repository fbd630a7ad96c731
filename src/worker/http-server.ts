import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import { Failure, type FailureCode } from '../shared/errors.ts';
import { listen } from '../shared/listen.ts';
import type { Logger } from '../shared/logger.ts';
import { refuseUpgrade, sendProblem } from '../shared/problem.ts';
import type { HealthCheck } from './observe/health.ts';
import type { StreamableHttp } from './transport/streamable-http.ts';
import type { WebSocketTransport } from './transport/websocket.ts';

export interface HttpServerOptions<Caller> {
  readonly host: string;
  readonly port: number;
  readonly health: HealthCheck;
  readonly webSocket: WebSocketTransport<Caller>;
  readonly streamable: Pick<StreamableHttp<Caller>, 'handle'>;
  readonly isOriginAllowed: (origin: string | undefined) => boolean;
  readonly log: Logger;
}

/** A request that dawdles over its headers, or at all, is let go. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** A connection on which nothing moves is closed. Streams say something now and then, and WebSockets have their pings. */
const SILENCE_MS = 120_000;
const HEADER_BYTES_MAX = 16_384;
/** How a failure to authenticate is answered. */
const STATUSES: Partial<Record<FailureCode, number>> = {
  unauthorized: 401,
  forbidden: 403,
  limited: 429,
  unavailable: 503,
};
const MCP_PATH = '/mcp';
const UPGRADE_PATHS: ReadonlySet<string> = new Set([MCP_PATH, '/']);

/** Opens the port that agents connect to, and routes what arrives there: upgrades to MCP, the rest to health. */
export async function openHttpServer<Caller>(options: HttpServerOptions<Caller>): Promise<Server> {
  const { host, port, log } = options;
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    // Any other upgrade is declined by answering the request as it is.
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
  });
  server.timeout = SILENCE_MS;
  server.on('request', (request, response) => {
    serve(request, response, options).catch((error: unknown) => {
      if (error instanceof Failure && error.code !== 'internal') {
        sendProblem(response, STATUSES[error.code] ?? 400, error.message);
        return;
      }
      log.error('request could not be handled', { error });
      sendProblem(response, 500, 'Internal error');
    });
  });
  server.on('upgrade', (request, socket, head) => {
    upgrade(request, socket, head, options).catch((error: unknown) => {
      log.error('upgrade could not be handled', { error });
      refuseUpgrade(socket, 500, 'Internal error');
    });
  });
  await listen(server, host, port);
  return server;
}

async function serve<Caller>(
  request: IncomingMessage,
  response: ServerResponse,
  { health, streamable, isOriginAllowed }: HttpServerOptions<Caller>,
): Promise<void> {
  if (health.isDraining) response.setHeader('connection', 'close');
  if (!isOriginAllowed(request.headers.origin)) {
    sendProblem(response, 403, 'This origin is not allowed');
    return;
  }
  const { path, query } = split(request.url);
  switch (path) {
    case '/livez':
      if (!isReading(request, response)) return;
      sendJson(response, 200, { status: 'alive' });
      return;
    case '/health':
    case '/readyz': {
      if (!isReading(request, response)) return;
      const found = health.check({ verbose: query.has('verbose') });
      sendJson(response, found.status === 'ready' ? 200 : 503, found);
      return;
    }
    case MCP_PATH:
      await streamable.handle(request, response);
      return;
    case '/':
      response.setHeader('upgrade', 'websocket');
      sendProblem(response, 426, `MCP is spoken over WebSocket here, and over HTTP at ${MCP_PATH}`);
      return;
    default:
      sendProblem(response, 404, 'There is nothing here');
  }
}

async function upgrade<Caller>(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { webSocket, isOriginAllowed }: HttpServerOptions<Caller>,
): Promise<void> {
  // Until `ws` listens, a socket that breaks would end the process.
  socket.on('error', () => undefined);
  if (!isOriginAllowed(request.headers.origin)) {
    refuseUpgrade(socket, 403, 'This origin is not allowed');
    return;
  }
  if (!UPGRADE_PATHS.has(split(request.url).path)) {
    refuseUpgrade(socket, 404, 'There is nothing here');
    return;
  }
  try {
    await webSocket.upgrade(request, socket, head);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    refuseUpgrade(socket, STATUSES[error.code] ?? 500, error.message);
  }
}

function split(url = '/'): { path: string; query: URLSearchParams } {
  const [path = '/', query = ''] = url.split('?', 2);
  return { path, query: new URLSearchParams(query) };
}

function isReading({ method }: IncomingMessage, response: ServerResponse): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  response.setHeader('allow', 'GET, HEAD');
  sendProblem(response, 405, 'This can only be read');
  return false;
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(status === 503 ? { 'retry-after': '1' } : {}),
  };
  response.writeHead(status, headers).end(JSON.stringify(body));
}
