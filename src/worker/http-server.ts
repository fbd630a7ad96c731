import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import { Failure, type FailureCode } from '../shared/errors.ts';
import { createServer } from '../shared/http.ts';
import { listen } from '../shared/listen.ts';
import type { Logger } from '../shared/logger.ts';
import { refuseMalformed } from '../shared/malformed.ts';
import { refuseUpgrade, sendProblem } from '../shared/problem.ts';
import { parseTarget } from '../shared/request-target.ts';
import { type GuardOptions, type Rebuff, rebuff } from './auth/guard.ts';
import { MCP_PATH, type Route, type RoutesOptions, routesOf } from './routes.ts';
import { AfterPoll } from './transport/after-poll.ts';
import type { WebSocketTransport } from './transport/websocket.ts';

export interface HttpServerOptions<Caller> extends RoutesOptions<Caller> {
  readonly host: string;
  readonly port: number;
  /** Connections at one time, whatever is asked over them, or nothing. What comes beyond is closed without a word. */
  readonly connectionsMax: number;
  /** Who is turned down before it is looked at what they ask for. */
  readonly guard: GuardOptions;
  readonly webSocket: WebSocketTransport<Caller>;
  /** What is found here beside what always is. */
  readonly routes?: readonly Route[];
  readonly observer?: GuardObserver;
  readonly onRefused: OnRefused;
  /** What to say to somebody of whom we do not know who it is (`WWW-Authenticate`). */
  readonly challenge: (request: IncomingMessage) => string;
  readonly log: Logger;
}

/** Is told of each request that was turned down before it was one of somebody known to us. It must not throw. */
type OnRefused = (request: IncomingMessage, action: DoorStep, code: FailureCode) => void;

/** Where it was turned down: by the guard, or because of what was shown. */
type DoorStep = 'guard' | 'authenticate';

/** Whoever counts what the guard turned down. It must not throw. */
export interface GuardObserver {
  refuse(limit: 'foreign_requests'): void;
}

/** A request that dawdles over its headers, or at all, is let go. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** How often it is looked for those: Node's own 30 s would come on top. */
const TIMEOUT_CHECK_MS = 1_000;
/** A connection on which nothing moves is closed, between requests too. Those of somebody who was let in are kept for longer. */
const SILENCE_MS = 20_000;
/** Node's own limit between requests, of five seconds, is off. */
const UNLIMITED = 0;
const HEADER_BYTES_MAX = 16_384;
/** How a failure to authenticate is answered. */
const STATUSES: Partial<Record<FailureCode, number>> = {
  unauthorized: 401,
  forbidden: 403,
  conflict: 409,
  limited: 429,
  unavailable: 503,
  timeout: 504,
};
/** Those that say something of who asks. */
const AT_THE_DOOR: ReadonlySet<FailureCode> = new Set(['unauthorized', 'forbidden', 'limited']);
const UPGRADE_PATHS: ReadonlySet<string> = new Set([MCP_PATH, '/']);

/** Opens the port that agents connect to. Whatever arrives there meets the guard first, and is routed then. */
export async function openHttpServer<Caller>(options: HttpServerOptions<Caller>): Promise<Server> {
  const { host, port, connectionsMax, log } = options;
  const routes = new Map(
    [...routesOf(options), ...(options.routes ?? [])].map((route) => [route.path, route]),
  );
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: UNLIMITED,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    // The guard looks after it, and says so in our own words.
    requireHostHeader: false,
    // Any other upgrade is declined by answering the request as it is.
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
  });
  server.timeout = SILENCE_MS;
  server.maxConnections = connectionsMax;
  // Beyond such a number headers would be dropped in silence, a second Host with them. Their bytes are bounded.
  server.maxHeadersCount = 0;
  const afterPoll = new AfterPoll();
  server.on('request', (request, response) => {
    afterPoll.add(() => {
      serve(request, response, routes, options).catch((error: unknown) => {
        if (error instanceof Failure && error.code !== 'internal') {
          const { status, headers } = refusalOf(error, request, options);
          sendProblem(response, status, error.message, headers);
          return;
        }
        log.error('request could not be handled', { error });
        sendProblem(response, 500, 'Internal error');
      });
    });
  });
  server.on('upgrade', (request, socket, head) => {
    // What was asked over the same connection before is answered before.
    afterPoll.workOff();
    upgrade(request, socket, head, options).catch((error: unknown) => {
      log.error('upgrade could not be handled', { error });
      refuseUpgrade(socket, 500, 'Internal error');
    });
  });
  server.on('clientError', (error, socket) => {
    afterPoll.workOff();
    refuseMalformed(error, socket);
  });
  await listen(server, host, port);
  return server;
}

async function serve<Caller>(
  request: IncomingMessage,
  response: ServerResponse,
  routes: ReadonlyMap<string, Route>,
  options: HttpServerOptions<Caller>,
): Promise<void> {
  if (options.health.isDraining) response.setHeader('connection', 'close');
  const rebuffed = meetGuard(request, options);
  if (rebuffed !== undefined) {
    sendProblem(response, rebuffed.status, rebuffed.detail);
    return;
  }
  const target = parseTarget(request.url);
  const route = routes.get(target.path);
  if (route === undefined) {
    sendProblem(response, 404, 'There is nothing here');
    return;
  }
  if (route.methods?.includes(request.method ?? 'GET') === false) {
    sendProblem(response, 405, 'Not with this method', { allow: route.methods.join(', ') });
    return;
  }
  await route.answer({ request, response, target });
}

async function upgrade<Caller>(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: HttpServerOptions<Caller>,
): Promise<void> {
  // Until `ws` listens, a socket that breaks would end the process.
  socket.on('error', () => undefined);
  const rebuffed = meetGuard(request, options);
  if (rebuffed !== undefined) {
    refuseUpgrade(socket, rebuffed.status, rebuffed.detail);
    return;
  }
  if (!UPGRADE_PATHS.has(parseTarget(request.url).path)) {
    refuseUpgrade(socket, 404, 'There is nothing here');
    return;
  }
  try {
    await options.webSocket.upgrade(request, socket, head);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { status, headers } = refusalOf(error, request, options);
    refuseUpgrade(socket, status, error.message, headers);
  }
}

/** How somebody is answered who was not let in, and when to come again or what to bring. */
function refusalOf<Caller>(
  { code, retryAfterMs }: Failure,
  request: IncomingMessage,
  { onRefused, challenge }: HttpServerOptions<Caller>,
): { readonly status: number; readonly headers: Readonly<Record<string, string>> } {
  if (AT_THE_DOOR.has(code)) onRefused(request, 'authenticate', code);
  const status = STATUSES[code] ?? 400;
  return {
    status,
    headers: {
      ...(status === 401 ? { 'www-authenticate': challenge(request) } : {}),
      ...(retryAfterMs === undefined
        ? {}
        : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }),
    },
  };
}

function meetGuard<Caller>(
  request: IncomingMessage,
  { guard, observer, onRefused }: HttpServerOptions<Caller>,
): Rebuff | undefined {
  const rebuffed = rebuff(request, guard);
  if (rebuffed === undefined) return undefined;
  observer?.refuse('foreign_requests');
  onRefused(request, 'guard', 'forbidden');
  return rebuffed;
}
