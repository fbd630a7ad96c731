import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { unlessAborted } from '../../shared/abort.ts';
import { createServer } from '../../shared/http.ts';
import { listen } from '../../shared/listen.ts';
import type { Logger } from '../../shared/logger.ts';
import { refuseMalformed } from '../../shared/malformed.ts';
import { sendProblem } from '../../shared/problem.ts';
import { parseTarget } from '../../shared/request-target.ts';
import type { AdministrativeEntry } from '../administrative-entry.ts';
import { type Answer, problem, send } from './answer.ts';
import { findBody } from './body.ts';
import { boundConnections } from './connections.ts';
import { streamEvents } from './event-stream.ts';
import { refuseForeign, refuseStranger } from './gate.ts';
import { jsonOf } from './json.ts';
import { forgetAdminRecord, keepAdminRecord } from './keep-files.ts';
import { RefusalLimit } from './refusal-limit.ts';
import { match } from './route-table.ts';
import { type Route, routesOf } from './routes.ts';
import { Viewer, type ViewOptions } from './view.ts';

/** Bounds of time. Only tests want others than the default. */
interface AdminTimes {
  /** How long a request may take, and how long its answer may be on its way. */
  readonly requestMs: number;
  /** How often a stream of events says that it lives. */
  readonly keepAliveMs: number;
}

export interface AdminServerOptions extends ViewOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** Names that a request may be addressed to, beside addresses and localhost. */
  readonly hosts: readonly string[];
  /** Where the address is written down. */
  readonly stateFolder: string;
  readonly metrics: { readonly contentType: string; readonly render: () => Promise<string> };
  /** Writes down what operators do, and what they are refused. */
  readonly audit: (entry: AdministrativeEntry) => void;
  readonly redact: (text: string) => string;
  readonly log: Logger;
  readonly times?: AdminTimes;
}

/** The operators' endpoint, open until disposed of. */
export interface AdminServer extends AsyncDisposable {
  readonly port: number;
}

const TIMES: AdminTimes = { requestMs: 2_000, keepAliveMs: 15_000 };
/** Streams last. Some connections have to be left for probes. */
const STREAMS_MAX = 8;
const HEADER_BYTES_MAX = 8_192;
/** How long answers that are on their way may take once we close. */
const CLOSE_MS = 250;

/** Opens the operators' endpoint. Throws a `Failure` where its address cannot be had. Whatever is asked there, the process lives on. */
export async function openAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { host, stateFolder, log, times = TIMES } = options;
  const server = createServer({
    headersTimeout: times.requestMs,
    requestTimeout: times.requestMs,
    connectionsCheckingInterval: Math.ceil(times.requestMs / 4),
    maxHeaderSize: HEADER_BYTES_MAX,
    // The gate looks after it.
    requireHostHeader: false,
    // An upgrade is declined by answering the request as it is.
    shouldUpgradeCallback: () => false,
  });
  // Beyond such a number headers would be dropped in silence, a second Host with them. Their bytes are bounded.
  server.maxHeadersCount = 0;
  const isSurplus = boundConnections(server);
  await listen(server, host, options.port, 'MCP_ADMIN');
  const desk = new Desk(options, times, isSurplus);
  server.on('request', (request, response) => {
    desk.serve(request, response).catch((error: unknown) => {
      log.error('admin request could not be handled', { error });
      sendProblem(response, 500, 'Internal error');
    });
  });
  server.on('clientError', refuseMalformed);
  // Out of file descriptors, say. What is open goes on.
  server.on('error', (error) => {
    log.warn('admin endpoint cannot accept', { error });
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  keepAdminRecord(stateFolder, { host, port, pid: process.pid }, log);
  log.info('operators may ask', { host, port });
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      forgetAdminRecord(stateFolder, log);
      await close(server, desk);
    },
  };
}

async function close(server: Server, desk: Desk): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  desk.end();
  const hurry = setTimeout(() => {
    server.closeAllConnections();
  }, CLOSE_MS);
  await closed;
  clearTimeout(hurry);
}

/** Takes one request after another to where it is answered. */
class Desk {
  readonly #options: AdminServerOptions;
  readonly #times: AdminTimes;
  readonly #isSurplus: (socket: Socket) => boolean;
  readonly #viewer: Viewer;
  readonly #routes: readonly Route[];
  readonly #refusals = new RefusalLimit();
  readonly #streams = new Set<ServerResponse>();

  constructor(
    options: AdminServerOptions,
    times: AdminTimes,
    isSurplus: (socket: Socket) => boolean,
  ) {
    this.#options = options;
    this.#times = times;
    this.#isSurplus = isSurplus;
    this.#viewer = new Viewer(options);
    const { redact, log } = options;
    this.#routes = routesOf({
      ...options,
      look: () => this.#viewer.look(),
      redacted: (value) => jsonOf(value, redact),
      onOperation: (operation, path) => {
        log.info('order accepted', { operation, path });
      },
    });
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A socket that breaks is nobody's concern, and must not become an exception.
    response.on('error', () => undefined);
    const deadline = AbortSignal.timeout(this.#times.requestMs);
    const answer = await this.#answerInTime(request, deadline);
    if (answer.kind === 'events') {
      this.#stream(response, answer.since);
      if (request.method === 'HEAD') response.end();
      return;
    }
    send(response, answer);
    const late = setTimeout(() => response.destroy(), this.#times.requestMs);
    response.once('close', () => {
      clearTimeout(late);
    });
  }

  /** Ends what would last. */
  end(): void {
    this.#viewer[Symbol.dispose]();
    for (const response of this.#streams) response.end();
  }

  async #answerInTime(request: IncomingMessage, deadline: AbortSignal): Promise<Answer> {
    try {
      return await unlessAborted(this.#answer(request), deadline);
    } catch (error) {
      if (!deadline.aborted) throw error;
      return problem(503, 'This takes too long');
    }
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { method = 'GET', url, headers, rawHeaders, socket } = request;
    if (this.#isSurplus(socket)) {
      return problem(503, 'Too many connections', { connection: 'close' });
    }
    const asking = { remoteAddress: socket.remoteAddress, url, headers, rawHeaders };
    const foreign = refuseForeign(asking, this.#options.hosts);
    if (foreign !== undefined) return { kind: 'problem', ...foreign };
    const { path, query } = parseTarget(url);
    const found = match(this.#routes, method, path);
    switch (found.kind) {
      case 'nothing':
        return problem(404, 'There is nothing here');
      case 'wrong-method':
        return problem(405, 'Not with this method', { allow: found.allowed });
      case 'route': {
        const { route, parameter } = found;
        const stranger = refuseStranger(asking, route.access, this.#options.token);
        if (stranger !== undefined) {
          this.#noteStranger(route, socket.remoteAddress);
          return { kind: 'problem', ...stranger };
        }
        const body = await findBody(request);
        if (body === undefined) return problem(413, 'No order is as large as this');
        return route.answer({ query, headers, parameter, body, address: socket.remoteAddress });
      }
    }
  }

  #noteStranger({ method, path }: Route, address: string | undefined): void {
    if (!this.#refusals.take()) return;
    const subject = `${method} ${path}`;
    const outcome = 'unauthorized';
    this.#options.audit({ kind: 'refusal', address, action: 'authenticate', subject, outcome });
  }

  #stream(response: ServerResponse, since: number): void {
    if (this.#streams.size >= STREAMS_MAX) {
      sendProblem(response, 503, 'Too many streams of events');
      return;
    }
    this.#streams.add(response);
    response.once('close', () => {
      this.#streams.delete(response);
    });
    streamEvents(response, this.#options.events, since, {
      keepAliveMs: this.#times.keepAliveMs,
      onDropped: (why) => {
        this.#options.log.info('reader of events dropped', { why });
      },
    });
  }
}
