import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import type { DependencyReport } from '../../../src/shared/ipc.ts';
import { type GuardObserver, openHttpServer } from '../../../src/worker/http-server.ts';
import { explainTo } from '../../../src/worker/methods/explain.ts';
import { HealthCheck } from '../../../src/worker/observe/health.ts';
import { createDispatch, type Method } from '../../../src/worker/protocol/methods.ts';
import { type Outlet, Peer } from '../../../src/worker/protocol/peer.ts';
import type { RequestObserver } from '../../../src/worker/protocol/requests.ts';
import type { SocketObserver, WebSocketLimits } from '../../../src/worker/transport/connection.ts';
import { WebSocketTransport } from '../../../src/worker/transport/websocket.ts';
import { noChanges, openEntrance } from '../doubles.ts';
import { JSON_BOUNDS } from '../protocol/json-bounds.ts';
import { initialize } from '../protocol/open-peer.ts';
import { type Line, recordLog } from '../recorded-log.ts';

/** What a test may want otherwise. */
export interface ServeOptions {
  readonly table?: Readonly<Record<string, Method<string>>>;
  readonly limits?: Partial<WebSocketLimits>;
  readonly authenticate?: (request: IncomingMessage) => Promise<string>;
  /** What is known of the dependencies. */
  readonly known?: readonly DependencyReport[];
  readonly health?: HealthCheck;
  readonly observer?: RequestObserver & SocketObserver & GuardObserver;
}

/** A server with doubles for all but sockets: what is asked over them is answered from a table. */
export interface Served extends AsyncDisposable {
  readonly port: number;
  readonly transport: WebSocketTransport<string>;
  /** The server's ends of the sockets that were opened, in order. */
  readonly sockets: readonly Socket[];
  readonly outlets: WeakRef<Outlet>[];
  readonly lines: readonly Line[];
}

const LIMITS = {
  frameBytesMax: 4_096,
  socketsMax: 100,
  messagesPerS: 10_000,
  bytesPerS: 67_108_864,
  pingMs: 60_000,
};
const IN_FLIGHT_MAX = 64;

/** Serves on a free port of the loopback. Methods of the table need the handshake. */
export async function serve(options: ServeOptions = {}): Promise<Served> {
  const { log, lines } = recordLog();
  const dispatch = createDispatch({
    table: methodsOf(options),
    explain: explainTo(log),
    complete: (_method, result) => result,
  });
  const dispatches = { legacy: dispatch, modern: dispatch };
  const outlets: WeakRef<Outlet>[] = [];
  const observed = options.observer === undefined ? {} : { observer: options.observer };
  const transport = new WebSocketTransport<string>({
    limits: { ...LIMITS, ...options.limits },
    log,
    ...observed,
    entrance: openEntrance(options.authenticate ?? (() => 'ann')),
    open: (caller, outlet) => {
      outlets.push(new WeakRef(outlet));
      return new Peer({
        dispatches,
        caller,
        outlet,
        changes: noChanges,
        jsonBounds: JSON_BOUNDS,
        inFlightMax: IN_FLIGHT_MAX,
        ...observed,
      });
    },
  });
  const { known = [], health = new HealthCheck() } = options;
  health.update(known);
  const server = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    connectionsMax: 10_000,
    health,
    webSocket: transport,
    // MCP over HTTP has tests of its own.
    streamable: {
      handle: async (_request, response) => {
        response.writeHead(501).end();
      },
    },
    onRefused: () => undefined,
    challenge: () => 'Bearer',
    guard: { origins: ['https://ours.example'], loopback: false, hosts: [] },
    ...observed,
    log,
  });
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  // A TCP server that listens has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    transport,
    sockets,
    outlets,
    lines,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await transport.drain({ restarts: false, deadline: AbortSignal.timeout(1), jitterMs: 0 });
    },
  };
}

function methodsOf({ table }: ServeOptions): Record<string, Method<string>> {
  return {
    initialize,
    ping: async () => ({}),
    ...table,
  };
}

/** What came of asking for an upgrade. */
export interface Knocked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** The socket, where the upgrade took place. It is not read from. */
  readonly socket: Socket | undefined;
}

/** Asks for an upgrade in plain HTTP. */
export async function knock(
  port: number,
  path = '/mcp',
  headers: Readonly<Record<string, string>> = {},
): Promise<Knocked> {
  const { promise, resolve, reject } = Promise.withResolvers<Knocked>();
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const asking = request({ host: '127.0.0.1', port, path, headers: { ...upgrade, ...headers } });
  asking.on('error', reject);
  asking.on('upgrade', (response, socket) => {
    socket.on('error', () => undefined);
    resolve({ status: 101, headers: response.headers, body: '', socket: socket as Socket });
  });
  asking.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { statusCode = 0, headers: answered } = response;
      resolve({ status: statusCode, headers: answered, body, socket: undefined });
    });
  });
  asking.end();
  return promise;
}

/** A short frame as RFC 6455 §5.2 has it, masked with zeros. */
export function frameOf(opcode: number, payload: string): Buffer {
  const bytes = Buffer.from(payload);
  if (bytes.length > 125) throw new Error('Only short frames are made here');
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | bytes.length, 0, 0, 0, 0]), bytes]);
}

export const OPCODE = { text: 1, ping: 9 } as const;
