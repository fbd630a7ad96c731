import type { CleanedEnv, ValidatorSpec } from 'envalid';

import { MIB, milliseconds, wholeNumber } from './validators.ts';

/** Every bound on what agents may do, from the configuration. What each is for, its variable says. */
export interface Limits {
  readonly frameBytesMax: number;
  readonly jsonDepthMax: number;
  readonly jsonElementsMax: number;
  readonly socketsMax: number;
  readonly socketsOfOneMax: number;
  readonly handshakesPerMin: number;
  readonly failedLoginsPerMin: number;
  readonly messagesPerS: number;
  readonly bytesPerS: number;
  readonly callsInFlightMax: number;
  readonly callsOfOneMax: number;
  /** Absent: off. */
  readonly callsPerS: number | undefined;
  /** Absent: off. */
  readonly toolCallsPerS: number | undefined;
  readonly pingMs: number;
}

const COUNT_MAX = 1_000_000;
const count = (unit: string, max = COUNT_MAX) => wholeNumber(unit, 1, max);

/** The variables of the bounds. */
export const LIMIT_VARIABLES = {
  MCP_FRAME_BYTES_MAX: wholeNumber(
    'bytes',
    1_024,
    64 * MIB,
  )({
    default: 4 * MIB,
    desc: 'The largest message an agent may send. A larger one closes its socket with 1009, and is answered 413 over HTTP',
  }),
  MCP_JSON_DEPTH_MAX: wholeNumber(
    'levels',
    8,
    1_000,
  )({
    default: 64,
    desc: 'How deep the JSON of a message may be nested. It is refused before it is parsed',
  }),
  MCP_JSON_ELEMENTS_MAX: count('elements')({
    default: 100_000,
    desc: 'Values that the JSON of a message may hold. It is refused before it is parsed',
  }),
  MCP_SOCKETS_MAX: count('sockets')({
    default: 10_000,
    desc: 'Sockets one worker holds at once. One more is refused with 503',
  }),
  MCP_SOCKETS_OF_ONE_MAX: count('sockets')({
    default: 5_000,
    desc: 'Sockets, streams and requests that one address, and one principal, may have open at one worker. One more is refused with 429. Behind a proxy that is not one of `MCP_TRUSTED_PROXIES` all come from one address',
  }),
  MCP_HANDSHAKES_PER_MIN: count('handshakes')({
    default: 12_000,
    desc: 'Upgrades and new sessions that one address may ask for in a minute, at all workers together. One more is refused with 429',
  }),
  MCP_FAILED_LOGINS_PER_MIN: count('attempts')({
    default: 30,
    desc: 'Keys and tokens that are turned down in a minute, of one address or with one beginning, after which no other is looked at: 429',
  }),
  MCP_SOCKET_MESSAGES_PER_S: count('messages')({
    default: 10_000,
    desc: 'Messages read from one socket in a second. What comes faster is left waiting, so that a flood costs only its sender',
  }),
  MCP_SOCKET_BYTES_PER_S: wholeNumber(
    'bytes',
    1_024,
    1_024 * MIB,
  )({
    default: 64 * MIB,
    desc: 'Bytes read from one socket in a second. What comes faster is left waiting',
  }),
  MCP_CALLS_IN_FLIGHT_MAX: count(
    'requests',
    10_000,
  )({
    default: 64,
    desc: 'Requests of one socket, or one session, that run at once. One more is answered 429',
  }),
  MCP_CALLS_OF_ONE_MAX: count('requests')({
    default: 1_000,
    desc: 'Requests of one principal that run at once at one worker, over all its sockets. One more is answered 429',
  }),
  MCP_RATE_CALLS_PER_S: count('calls')({
    default: undefined,
    desc: 'Calls of tools that one principal may make in a second, at all workers together. `200` in production, else as many as it likes. One more is answered 429',
  }),
  MCP_RATE_TOOL_CALLS_PER_S: count('calls')({
    default: undefined,
    desc: 'Calls of one tool in a second, of all principals together. As many as they like',
  }),
  MCP_SOCKET_PING_MS: milliseconds({
    default: 25_000,
    desc: 'How often a socket is pinged. One that misses a pong is closed. Proxies close what is idle for 60 s',
  }),
} satisfies Readonly<Record<string, ValidatorSpec<unknown>>>;

const CALLS_PER_S_IN_PRODUCTION = 200;

/** Reads the bounds. */
export function limitsOf(
  variables: CleanedEnv<typeof LIMIT_VARIABLES>,
  production: boolean,
): Limits {
  return {
    frameBytesMax: variables.MCP_FRAME_BYTES_MAX,
    jsonDepthMax: variables.MCP_JSON_DEPTH_MAX,
    jsonElementsMax: variables.MCP_JSON_ELEMENTS_MAX,
    socketsMax: variables.MCP_SOCKETS_MAX,
    socketsOfOneMax: variables.MCP_SOCKETS_OF_ONE_MAX,
    handshakesPerMin: variables.MCP_HANDSHAKES_PER_MIN,
    failedLoginsPerMin: variables.MCP_FAILED_LOGINS_PER_MIN,
    messagesPerS: variables.MCP_SOCKET_MESSAGES_PER_S,
    bytesPerS: variables.MCP_SOCKET_BYTES_PER_S,
    callsInFlightMax: variables.MCP_CALLS_IN_FLIGHT_MAX,
    callsOfOneMax: variables.MCP_CALLS_OF_ONE_MAX,
    callsPerS:
      variables.MCP_RATE_CALLS_PER_S ?? (production ? CALLS_PER_S_IN_PRODUCTION : undefined),
    toolCallsPerS: variables.MCP_RATE_TOOL_CALLS_PER_S,
    pingMs: variables.MCP_SOCKET_PING_MS,
  };
}
