import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';

import { unlessAborted } from '../shared/abort.ts';
import { type Config, isLoopback } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import { isOriginAllowed } from './auth/origin.ts';
import type { Drain } from './channel.ts';
import { ANONYMOUS, type Principal } from './domain/principal.ts';
import { openHttpServer } from './http-server.ts';
import { createMethods, type MethodsOptions } from './methods/methods.ts';
import type { HealthCheck } from './observe/health.ts';
import type { WorkerMetrics } from './observe/metrics.ts';
import { Peer } from './protocol/peer.ts';
import { WebSocketTransport } from './transport/websocket.ts';

export interface ServiceOptions extends MethodsOptions {
  readonly config: Config;
  readonly health: HealthCheck;
  readonly observer: WorkerMetrics;
  readonly log: Logger;
}

/** When what still runs is cut off: there has to be time left to close, and to say so. */
const CUT_AT = 0.8;
/** How long a connection that came just before the drain may take to ask for something. */
const LATECOMERS_MS = 1_000;

/** What agents meet: the port, and the sockets on it. */
export class Service {
  readonly port: number;
  readonly #server: Server;
  readonly #webSocket: WebSocketTransport<Principal>;
  readonly #log: Logger;
  #openSockets = 0;

  private constructor(server: Server, webSocket: WebSocketTransport<Principal>, log: Logger) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('A TCP server has a port');
    this.port = address.port;
    this.#server = server;
    this.#webSocket = webSocket;
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
    const { config, health, observer, log } = options;
    const { host, port, sockets, origins, env } = config;
    const dispatch = createMethods(options);
    const inFlightMax = sockets.callsInFlightMax;
    const webSocket = new WebSocketTransport<Principal>({
      limits: sockets,
      log,
      observer,
      authenticate: async () => ANONYMOUS,
      open: (caller, outlet) => new Peer({ dispatch, caller, outlet, inFlightMax, observer }),
    });
    const allowance = { allowed: origins, loopback: env !== 'production' && isLoopback(host) };
    const server = await openHttpServer({
      host,
      port,
      health,
      webSocket,
      isOriginAllowed: (origin) => isOriginAllowed(origin, allowance),
      log,
    });
    return new Service(server, webSocket, log);
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
    const cut = await this.#webSocket.drain({
      restarts: reason !== 'stop',
      deadline: AbortSignal.timeout(Math.round(deadlineMs * CUT_AT)),
      jitterMs,
    });
    await unlessAborted(closed, latest).catch(() => undefined);
    this.#server.closeAllConnections();
    await closed;
    return cut;
  }
}
