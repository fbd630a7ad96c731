import { host, makeValidator, str, type ValidatorSpec } from 'envalid';

import { LOG_LEVELS, type LogLevel } from './logger.ts';

/** What `MCP_ENV` may be. */
export type Environment = 'production' | 'development' | 'test';

const MIB = 1_048_576;

const wholeNumber = (unit: string, min: number, max: number) =>
  makeValidator<number>((input) => {
    const value = Number(input);
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw new TypeError(`expected ${unit}: a whole number from ${min} to ${max}`);
  });
const milliseconds = wholeNumber('milliseconds', 1, 86_400_000);

// What is wrong is never repeated: it may hold a password.
const serverUrl = (protocols: readonly string[], example: string) =>
  makeValidator<string>((input) => {
    const url = URL.parse(input);
    if (url !== null && protocols.includes(url.protocol) && url.hostname !== '') return input;
    throw new TypeError(`expected ${example}`);
  });
const databaseUrl = serverUrl(
  ['postgres:', 'postgresql:'],
  'a URL like postgresql://host:5432/database, with user and password',
);
const redisUrl = serverUrl(['redis:', 'rediss:'], 'a URL like redis://host:6379/0');
const origins = makeValidator<readonly string[]>((input) => {
  const given = split(input);
  if (given.every((origin) => URL.parse(origin)?.origin === origin)) return given;
  throw new TypeError('expected origins like https://app.example:8443, without a path');
});

const list = makeValidator<readonly string[]>(split);
const logLevel = makeValidator<LogLevel>((input) => {
  const level = LOG_LEVELS.find((known) => known === input.toLowerCase());
  if (level === undefined) throw new TypeError(`expected one of ${LOG_LEVELS.join(', ')}`);
  return level;
});

/** Every variable we read. README's table is made of this one. */
export const VARIABLES = {
  MCP_ENV: str<Environment>({
    choices: ['production', 'development', 'test'],
    default: 'development',
    desc: 'What is asked of the configuration. `production` brings nothing along and demands the rest',
  }),
  DATABASE_URL: databaseUrl({
    default: undefined,
    desc: 'Postgres 15 or newer: `postgresql://user:password@host:5432/database`. Without it, and not in production, an embedded one is started',
  }),
  REDIS_URL: redisUrl({
    default: undefined,
    desc: 'Redis 6.2 or newer: `redis://:password@host:6379/0`, `rediss://…`. Without it, and not in production, one is brought along',
  }),
  MCP_HOST: host({
    default: undefined,
    desc: 'Address the workers listen on. `127.0.0.1`, in production `0.0.0.0`',
  }),
  MCP_PORT: wholeNumber(
    'a port',
    0,
    65_535,
  )({
    default: 3000,
    desc: 'Port the workers share. `0` takes a free one',
  }),
  MCP_LOG_LEVEL: logLevel({
    default: 'info',
    desc: '`debug`, `info`, `warn` or `error`, in any case',
  }),
  MCP_LOG_FILE: str({
    default: undefined,
    desc: 'A file that gets every log line as JSON too. Four older ones are kept beside it',
  }),
  MCP_LOG_FILE_BYTES_MAX: wholeNumber(
    'bytes',
    1_024,
    1_024 * MIB,
  )({
    default: 64 * MIB,
    desc: 'The size at which the log file is renamed, and a new one begun',
  }),
  MCP_WORKERS: wholeNumber(
    'workers',
    1,
    256,
  )({
    default: undefined,
    desc: 'How many workers serve. As many as there are cores',
  }),
  MCP_TOOLS: list({
    default: undefined,
    desc: 'Folders and files of tools, separated by commas. With the embedded Postgres `examples/hardware-store`',
  }),
  MCP_AUTH: str({
    choices: ['required', 'none'],
    default: undefined,
    desc: 'Whether agents must say who they are. `none` is for a loopback `MCP_HOST` only, and there the default outside production. `required` cannot be served by this version yet',
  }),
  MCP_ORIGINS: origins({
    default: [],
    desc: 'Origins of web pages that may connect, such as `https://app.example`. Pages from loopback always may outside production',
  }),
  MCP_STATE_DIR: str({
    default: undefined,
    desc: 'Folder of our own: the lock, embedded data, caches. `$STATE_DIRECTORY`, else `/var/lib/holdfast` (root) or `$XDG_STATE_HOME/holdfast`, and outside production a folder in it for each project',
  }),
  MCP_DB_POOL_MAX: wholeNumber(
    'connections',
    1,
    1_000,
  )({
    default: 10,
    desc: 'Postgres connections of one worker',
  }),
  MCP_STARTUP_DEADLINE_MS: milliseconds({
    default: 60_000,
    desc: 'How long Postgres or Redis may be away at the start before we give up with 69',
  }),
  MCP_DRAIN_MS: milliseconds({
    default: undefined,
    desc: 'How long running calls may take to finish when we stop. `25000` in production, else `5000`',
  }),
  MCP_FRAME_BYTES_MAX: wholeNumber(
    'bytes',
    1_024,
    64 * MIB,
  )({
    default: 4 * MIB,
    desc: 'The largest message an agent may send. A larger one closes its socket with 1009',
  }),
  MCP_SOCKETS_MAX: wholeNumber(
    'sockets',
    1,
    1_000_000,
  )({
    default: 10_000,
    desc: 'Sockets one worker holds at once. One more is refused with 503',
  }),
  MCP_CALLS_IN_FLIGHT_MAX: wholeNumber(
    'requests',
    1,
    10_000,
  )({
    default: 64,
    desc: 'Requests of one socket that run at once. One more is answered 429',
  }),
  MCP_SOCKET_MESSAGES_PER_S: wholeNumber(
    'messages',
    1,
    1_000_000,
  )({
    default: 10_000,
    desc: 'Messages read from one socket in a second. What comes faster is left waiting, so that a flood costs only its sender',
  }),
  MCP_SOCKET_PING_MS: milliseconds({
    default: 25_000,
    desc: 'How often a socket is pinged. One that misses a pong is closed. Proxies close what is idle for 60 s',
  }),
  MCP_SUPERVISOR_BACKOFF_MS: milliseconds({
    default: 500,
    desc: 'The wait before the first restart of a worker; it doubles with each failure',
  }),
  MCP_SUPERVISOR_BACKOFF_MAX_MS: milliseconds({
    default: 30_000,
    desc: 'The longest wait before a restart',
  }),
  MCP_SUPERVISOR_LOG_CHECK_MS: milliseconds({
    default: 10_000,
    desc: 'How often the size of the log file is looked at',
  }),
  MCP_SUPERVISOR_SILENCE_MS: wholeNumber(
    'milliseconds',
    3_000,
    86_400_000,
  )({
    default: 15_000,
    desc: 'A worker not heard of for so long hangs, and is killed',
  }),
} satisfies Readonly<Record<string, ValidatorSpec<unknown>>>;

function split(input: string): readonly string[] {
  return input
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
