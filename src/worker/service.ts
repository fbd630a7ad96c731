import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';

import { unlessAborted } from '../shared/abort.ts';
import { type Config, isLoopback } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import { isOriginAllowed } from './auth/origin.ts';
import type { Drain } from './channel.ts';
import type { Bus, EventLog, Leases, Workers } from './domain/bus.ts';
import { ANONYMOUS, type Principal } from './domain/principal.ts';
import type { Sessions } from './domain/session.ts';
import { openHttpServer } from './http-server.ts';
import { createMethods, type MethodsOptions } from './methods/methods.ts';
import type { HealthCheck } from './observe/health.ts';
import type { WorkerMetrics } from './observe/metrics.ts';
import { Peer } from './protocol/peer.ts';
import { StreamableHttp } from './transport/streamable-http.ts';
import { WebSocketTransport } from './transport/websocket.ts';

export interface ServiceOptions extends MethodsOptions {
  readonly config: Config;
  readonly sessions: Sessions;
  readonly bus: Bus;
  readonly workers: Workers;
  readonly eventLog: EventLog;
  readonly leases: Leases;
  readonly health: HealthCheck;
  readonly observer: WorkerMetrics;
  readonly log: Logger;
}

/** When what still runs is cut off: there has to be time left to close, and to say so. */
const CUT_AT = 0.8;
/** How long a connection that came just before the drain may take to ask for something. */
const LATECOMERS_MS = 1_000;

/** Whoever it is: there are no keys yet. */
async function authenticate(): Promise<Principal> {
  return ANONYMOUS;
}

/** What agents meet: the port, and the sockets on it. */
export class Service {
  readonly port: number;
  readonly #server: Server;
  readonly #webSocket: WebSocketTransport<Principal>;
  readonly #streamable: StreamableHttp<Principal>;
  readonly #log: Logger;
  #openSockets = 0;

  private constructor(
    server: Server,
    webSocket: WebSocketTransport<Principal>,
    streamable: StreamableHttp<Principal>,
    log: Logger,
  ) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('A TCP server has a port');
    this.port = address.port;
    this.#server = server;
    this.#webSocket = webSocket;
    this.#streamable = streamable;
    this.#log = log;
    server.on('connection', (socket) => {
      this.#openSockets += 1;
      socket.once('close', () => {
        this.#openSockets -= 1;
      });
    });
  }

  /** Begins to serve. */
  static async open(options: ServiceOptions): Promise<Service> {
    const { config, health, observer, log, changes, tools } = options;
    const { host, port, sockets, origins, env } = config;
    const requests = {
      dispatches: createMethods(options),
      inFlightMax: sockets.callsInFlightMax,
      observer,
    };
    const webSocket = new WebSocketTransport<Principal>({
      limits: sockets,
      log,
      observer,
      authenticate,
      open: (caller, outlet) => new Peer({ ...requests, caller, outlet, changes }),
    });
    const streamable = new StreamableHttp<Principal>({
      ...options,
      log: options.eventLog,
      authenticate,
      principalOf: ({ id }) => id,
      requests,
      bodyBytesMax: sockets.frameBytesMax,
      openMax: sockets.socketsMax,
      mirroredOf: (name) => tools.find(name)?.mirrored ?? [],
    });
    await streamable.open();
    const allowance = { allowed: origins, loopback: env !== 'production' && isLoopback(host) };
    const server = await openHttpServer({
      host,
      port,
      health,
      webSocket,
      streamable,
      isOriginAllowed: (origin) => isOriginAllowed(origin, allowance),
      log,
    });
    return new Service(server, webSocket, streamable, log);
  }

  /** Sockets that are open now, by what is spoken over them. */
  countSockets(): { readonly webSockets: number; readonly http: number } {
    const { size } = this.#webSocket;
    return { webSockets: size, http: Math.max(0, this.#openSockets - size) };
  }

  /**
   * Finishes what runs. The order matters: nothing new, then what runs, then the sockets, then who
   * has only just connected, then the rest. Resolves with how many sockets still had requests running when their time was over.
   */
  async drain({ deadlineMs, jitterMs, reason }: Drain): Promise<number> {
    this.#log.info('worker drains', { reason, deadlineMs, ...this.countSockets() });
    const closed = once(this.#server, 'close');
    const latest = AbortSignal.timeout(LATECOMERS_MS);
    // The close of HTTP would cut off who has connected and not asked yet: it takes them for idle.
    NetServer.prototype.close.call(this.#server);
    const deadline = AbortSignal.timeout(Math.round(deadlineMs * CUT_AT));
    const [cut, requestsCut] = await Promise.all([
      this.#webSocket.drain({ restarts: reason !== 'stop', deadline, jitterMs }),
      this.#streamable.drain({ restarts: reason !== 'stop', deadline }),
    ]);
    if (requestsCut > 0) this.#log.warn('requests were cut off', { count: requestsCut });
    await unlessAborted(closed, latest).catch(() => undefined);
    this.#server.closeAllConnections();
    await closed;
    return cut;
  }
}
