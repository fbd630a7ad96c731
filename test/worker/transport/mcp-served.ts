/** MCP at one worker, over both transports: real sockets and methods, and doubles for what workers share. */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Principal } from '../../../src/worker/domain/principal.ts';
import type { SocketSessions } from '../../../src/worker/domain/session.ts';
import { openHttpServer } from '../../../src/worker/http-server.ts';
import { HealthCheck } from '../../../src/worker/observe/health.ts';
import type { WorkerMetrics } from '../../../src/worker/observe/metrics.ts';
import { Occupancy } from '../../../src/worker/protocol/occupancy.ts';
import { Peer } from '../../../src/worker/protocol/peer.ts';
import {
  StreamableHttp,
  type StreamableHttpOptions,
} from '../../../src/worker/transport/streamable-http.ts';
import { WebSocketTransport } from '../../../src/worker/transport/websocket.ts';
import {
  LocalBus,
  type LocalChanges,
  LocalLeases,
  LocalLog,
  LocalSessions,
  LocalSocketSessions,
  oneWorker,
  openEntrance,
} from '../doubles.ts';
import { type Offered, offer } from '../methods/offered.ts';
import { JSON_BOUNDS } from '../protocol/json-bounds.ts';
import { type Line, recordLog } from '../recorded-log.ts';

/** Who a request comes from is what it says. */
const WHO = 'x-who';
export const BODY_BYTES_MAX = 65_536;
export const OPEN_MAX = 20;
const LIMITS = {
  openMax: OPEN_MAX,
  inFlightMax: 8,
  callsOfOneMax: 1_000,
  bodyBytesMax: BODY_BYTES_MAX,
  messagesPerS: 10_000,
  bytesPerS: 67_108_864,
};

/** What workers share, where there is more than one. */
export type Shared = Pick<
  StreamableHttpOptions<Principal>,
  'sessions' | 'bus' | 'workers' | 'leases' | 'log'
> & { readonly socketSessions: SocketSessions };

export interface ServedMcp extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly transport: StreamableHttp<Principal>;
  readonly changes: LocalChanges;
  readonly log: LocalLog;
  readonly sessions: LocalSessions;
  readonly sockets: LocalSocketSessions;
  readonly lines: readonly Line[];
  /** Who named a session of somebody else. */
  readonly intruders: readonly string[];
  /** Requests, streams and sockets that are open. */
  readonly size: () => number;
}

function whoOf({ headers }: IncomingMessage): Principal {
  return { id: String(headers[WHO] ?? 'ann'), scopes: 'all' };
}

/** Serves on a free port of the loopback. Pages of https://ours.example are let in. */
export async function serveMcp(
  offered: Offered = {},
  limits: Partial<typeof LIMITS> = {},
  { observer, ...shared }: Partial<Shared> & { readonly observer?: WorkerMetrics } = {},
): Promise<ServedMcp> {
  const { openMax, inFlightMax, bodyBytesMax, ...rest } = { ...LIMITS, ...limits };
  const { callsOfOneMax, messagesPerS, bytesPerS } = rest;
  const observed = observer === undefined ? {} : { observer };
  const { log, lines } = recordLog();
  const { dispatches, tools, changes } = offer(offered, log);
  const eventLog = new LocalLog();
  const sessions = new LocalSessions();
  const sockets = new LocalSocketSessions();
  const intruders: string[] = [];
  const running = new Occupancy(callsOfOneMax);
  const takePlace = ({ id }: Principal) => running.take(id);
  const requests = { dispatches, inFlightMax, takePlace, ...observed };
  const transport = new StreamableHttp<Principal>({
    sessions,
    bus: new LocalBus(),
    workers: oneWorker,
    leases: new LocalLeases(),
    log: eventLog,
    changes,
    entrance: openEntrance(whoOf),
    principalOf: ({ id }) => id,
    addressOf: ({ address }) => address,
    onIntruder: ({ id }) => {
      intruders.push(id);
    },
    requests,
    bodyBytesMax,
    jsonBounds: JSON_BOUNDS,
    openMax,
    mirroredOf: (name) => tools.find(name)?.mirrored ?? [],
    challenge: (scopes) => `Bearer scope="${scopes.join(' ')}"`,
    ...shared,
  });
  await transport.open();
  const webSocket = new WebSocketTransport<Principal>({
    limits: {
      frameBytesMax: bodyBytesMax,
      socketsMax: openMax,
      messagesPerS,
      bytesPerS,
      pingMs: 60_000,
    },
    log,
    entrance: openEntrance(whoOf),
    open: (caller, outlet, onHandshake) => {
      const jsonBounds = JSON_BOUNDS;
      return new Peer({ ...requests, caller, outlet, changes, jsonBounds, onHandshake });
    },
    beginSession: ({ id: principal }, { revision, client }, end) => {
      return (shared.socketSessions ?? sockets).begin(
        { principal, revision, client, address: undefined },
        end,
      );
    },
    ...observed,
  });
  const server = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    connectionsMax: 10_000,
    health: new HealthCheck(),
    webSocket,
    streamable: transport,
    onRefused: () => undefined,
    challenge: () => 'Bearer',
    guard: { origins: ['https://ours.example'], loopback: false, hosts: [] },
    log,
  });
  // A TCP server that listens has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/mcp`,
    transport,
    changes,
    log: eventLog,
    sessions,
    sockets,
    intruders,
    lines,
    size: () => transport.size + webSocket.size,
    async [Symbol.asyncDispose]() {
      server.close();
      const deadline = AbortSignal.timeout(1);
      await webSocket.drain({ restarts: false, deadline, jitterMs: 0 });
      await transport.drain({ restarts: false, deadline });
      server.closeAllConnections();
    },
  };
}

type Headers = Readonly<Record<string, string>>;

/** What a client of the legacy era sends with everything. */
export const LEGACY: Headers = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** What a client of the modern era sends with a request. */
export function modernHeaders(method: string, name?: string): Headers {
  return {
    ...LEGACY,
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(name === undefined ? {} : { 'mcp-name': name }),
  };
}

/** A request of the modern era. */
export function modernRequest(method: string, params: object = {}, meta: object = {}): object {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    ...meta,
  };
  return { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } };
}

/** A call of the legacy era. */
export function callOf(name: string, id: string | number = 1, meta: object = {}): object {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, _meta: meta } };
}

/** A call of the modern era. */
export function modernCallOf(name: string, params: object = {}, meta: object = {}): object {
  return modernRequest('tools/call', { name, ...params }, meta);
}

/** Posts a body: a text as it is, anything else as JSON. */
export function post(url: string, body: unknown, headers: Headers = LEGACY): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(url, { method: 'POST', headers, body: text });
}

/** Begins a session, and says what to send with everything that is of it. */
export async function begin(
  url: string,
  revision = '2025-11-25',
  who: Headers = {},
): Promise<Headers> {
  const params = {
    protocolVersion: revision,
    capabilities: { elicitation: {}, sampling: {}, roots: {} },
    clientInfo: { name: 'test', version: '1' },
  };
  const headers = { ...LEGACY, ...who };
  const hello = { jsonrpc: '2.0', id: 0, method: 'initialize', params };
  const answer = await post(url, hello, headers);
  const id = answer.headers.get('mcp-session-id');
  if (id === null) throw new Error(`No session: ${answer.status} ${await answer.text()}`);
  return { ...headers, 'mcp-session-id': id };
}

/** One event of a stream. */
export interface SeenEvent {
  readonly id: string | undefined;
  readonly retry: string | undefined;
  readonly data: string;
}

/** The events of a response, as they come. */
export async function* eventsOf({ body }: Response): AsyncGenerator<SeenEvent> {
  if (body === null) return;
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end === -1) break;
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string): string | undefined => {
        return lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      };
      const data = lines.find((line) => line.startsWith('data:'));
      if (data !== undefined) {
        yield { id: field('id'), retry: field('retry'), data: data.slice('data: '.length) };
      }
    }
  }
}

/** The next event of a stream. Throws if it is over. */
export async function nextOf(events: AsyncGenerator<SeenEvent>): Promise<SeenEvent> {
  const { value, done } = await events.next();
  if (done === true) throw new Error('The stream is over');
  return value;
}
