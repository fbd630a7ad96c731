import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setImmediate as oneTurn } from 'node:timers/promises';

import { unlessAborted } from '../shared/abort.ts';
import type { Config } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import { isLoopback } from '../shared/loopback.ts';
import type { Refusals } from './auth/refusals.ts';
import type { Authentication } from './authentication.ts';
import { authenticationRoutes } from './authentication-routes.ts';
import type { Drain } from './channel.ts';
import type { Bus, EventLog, Leases, Workers } from './domain/bus.ts';
import type { Attempts } from './domain/limits.ts';
import { holdsScope, type Principal } from './domain/principal.ts';
import type { Sessions, SocketSessions } from './domain/session.ts';
import { openHttpServer } from './http-server.ts';
import { LimitedEntrance } from './limited-entrance.ts';
import { createMethods, type MethodsOptions } from './methods/methods.ts';
import type { HealthCheck } from './observe/health.ts';
import type { WorkerMetrics } from './observe/metrics.ts';
import { Occupancy } from './protocol/occupancy.ts';
import { Peer } from './protocol/peer.ts';
import { StreamableHttp } from './transport/streamable-http.ts';
import { WebSocketTransport } from './transport/websocket.ts';

export interface ServiceOptions extends MethodsOptions {
  readonly config: Config;
  readonly sessions: Sessions;
  readonly socketSessions: SocketSessions;
  readonly bus: Bus;
  readonly workers: Workers;
  readonly eventLog: EventLog;
  readonly leases: Leases;
  readonly health: HealthCheck;
  readonly observer: WorkerMetrics;
  readonly authentication: Authentication;
  /** Upgrades and new sessions. */
  readonly handshakes: Attempts;
  readonly refusals: Refusals;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly log: Logger;
}

/** When what still runs is cut off: there has to be time left to close, and to say so. */
const CUT_AT = 0.8;
/** How long a connection that came just before the drain may take to ask for something. */
const LATECOMERS_MS = 1_000;
/**
 * Connections for each socket that is let in: those who are one too many are to be told so, and who only connects must not
 * use up all that a process may open.
 */
const CONNECTIONS_OF_SOCKET = 2;
/** For probes and the like, however few sockets are let in. */
const CONNECTIONS_SPARE = 64;

interface Transports {
  readonly entrance: LimitedEntrance;
  readonly webSocket: WebSocketTransport<Principal>;
  readonly streamable: StreamableHttp<Principal>;
}

/** Both transports, with one entrance and the same methods behind them. */
function openTransports(options: ServiceOptions): Transports {
  const { config, observer, log, changes, tools } = options;
  const { authentication, refusals, socketSessions } = options;
  const { limits } = config;
  const running = new Occupancy(limits.callsOfOneMax);
  const entrance = new LimitedEntrance({ ...options, openOfOneMax: limits.socketsOfOneMax });
  const requests = {
    dispatches: createMethods(options),
    inFlightMax: limits.callsInFlightMax,
    takePlace: ({ id }: Principal) => running.take(id),
    onLimited: (caller: Principal) => {
      refusals.noteLimited(caller);
    },
    observer,
  };
  const jsonBounds = { depthMax: limits.jsonDepthMax, elementsMax: limits.jsonElementsMax };
  const webSocket = new WebSocketTransport<Principal>({
    limits,
    log,
    observer,
    entrance,
    open: (caller, outlet, onHandshake) => {
      return new Peer({ ...requests, caller, outlet, changes, jsonBounds, onHandshake });
    },
    beginSession: ({ id: principal, address }, { revision, client }, end) => {
      return socketSessions.begin({ principal, revision, client, address }, end);
    },
  });
  const streamable = new StreamableHttp<Principal>({
    ...options,
    log: options.eventLog,
    entrance,
    challenge: (needed) => authentication.stepUp(needed),
    principalOf: ({ id }) => id,
    addressOf: ({ address }) => address,
    onIntruder: (caller) => {
      refusals.noteIntruder(caller);
    },
    requests,
    bodyBytesMax: limits.frameBytesMax,
    jsonBounds,
    openMax: limits.socketsMax,
    mirroredOf: (name, caller) => {
      const found = tools.find(name);
      // Who may not call it learns nothing about it.
      return found && holdsScope(caller, found.tool.scope) ? found.mirrored : [];
    },
  });
  return { entrance, webSocket, streamable };
}

/** The names that requests may be addressed to. */
function namesOf({ hosts, identity: { publicUrl } }: Config): readonly string[] {
  return publicUrl === undefined ? hosts : [...hosts, new URL(publicUrl).hostname];
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
    const leave = (): void => {
      this.#openSockets -= 1;
    };
    server.on('connection', (socket) => {
      this.#openSockets += 1;
      socket.on('close', leave);
    });
  }

  /** Begins to serve. */
  static async open(options: ServiceOptions): Promise<Service> {
    const { config, authentication, refusals, addressOf, log } = options;
    const { host, port, identity, env, limits } = config;
    const { entrance, webSocket, streamable } = openTransports(options);
    await streamable.open();
    const server = await openHttpServer({
      ...options,
      host,
      port,
      connectionsMax: CONNECTIONS_OF_SOCKET * limits.socketsMax + CONNECTIONS_SPARE,
      guard: {
        origins: identity.origins,
        loopback: env !== 'production' && isLoopback(host),
        hosts: namesOf(config),
      },
      webSocket,
      streamable,
      routes: authenticationRoutes(authentication, entrance),
      challenge: (request) => authentication.challenge(request),
      onRefused: (request, action, outcome) => {
        refusals.note({ action, address: addressOf(request), outcome });
      },
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
    // What was read in this turn was asked before we were told.
    await oneTurn();
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
