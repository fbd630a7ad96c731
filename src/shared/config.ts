import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';

import { type CleanedEnv, cleanEnv, host, makeValidator, str, type ValidatorSpec } from 'envalid';

import { codeOf, Failure } from './errors.ts';
import { LOG_LEVELS, type LogLevel } from './logger.ts';

type Environment = 'production' | 'development' | 'test';

const MIB = 1_048_576;
const SECRETS = ['DATABASE_URL', 'REDIS_URL'] as const;

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
  'postgresql://user:password@host:5432/database',
);
const redisUrl = serverUrl(['redis:', 'rediss:'], 'redis://:password@host:6379/0');

const list = makeValidator<readonly string[]>((input) =>
  input
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);
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
  MCP_LOG_FILE: str({ default: undefined, desc: 'A file that gets every log line as JSON too' }),
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
  MCP_ORIGINS: list({
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
    default: 25_000,
    desc: 'How long running calls may take to finish when we stop',
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
  MCP_SUPERVISOR_SILENCE_MS: milliseconds({
    default: 15_000,
    desc: 'A worker not heard of for so long hangs, and is killed',
  }),
} satisfies Readonly<Record<string, ValidatorSpec<unknown>>>;

type Variables = CleanedEnv<typeof VARIABLES>;

/** The configuration, whole and checked. Its parts are handed down; nobody but `main` holds all of it. */
export interface Config {
  readonly env: Environment;
  /** Absent: an embedded server is to be started. */
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly log: { readonly level: LogLevel; readonly file: string | undefined };
  readonly workers: number;
  /** Absent: the default, which only the embedded Postgres has. */
  readonly tools: readonly string[] | undefined;
  readonly origins: readonly string[];
  readonly stateFolder: string;
  readonly dbPoolMax: number;
  readonly startupDeadlineMs: number;
  readonly drainMs: number;
  readonly sockets: {
    readonly frameBytesMax: number;
    readonly socketsMax: number;
    readonly callsInFlightMax: number;
    readonly pingMs: number;
  };
  readonly restarts: {
    readonly backoffMs: number;
    readonly backoffMaxMs: number;
    readonly silenceMs: number;
  };
}

/** Reads the configuration: once, at the start. Throws a `Failure` that names all that is wrong at once. */
export function readConfig(env: NodeJS.ProcessEnv, workingFolder: string): Config {
  const faults: string[] = [];
  const withSecrets = { ...env, ...readSecretFiles(env, faults) };
  const variables = cleanEnv(withSecrets, VARIABLES, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors)) faults.push(`${name}: ${error.message}`);
    },
  });
  const environment = variables.MCP_ENV;
  const address = variables.MCP_HOST ?? (environment === 'production' ? '0.0.0.0' : '127.0.0.1');
  faults.push(...findUnsafe(variables, address));
  if (faults.length > 0) {
    throw new Failure('invalid', `The configuration is wrong. ${faults.join('. ')}.`);
  }
  return {
    env: environment,
    databaseUrl: variables.DATABASE_URL,
    redisUrl: variables.REDIS_URL,
    host: address,
    port: variables.MCP_PORT,
    log: { level: variables.MCP_LOG_LEVEL, file: variables.MCP_LOG_FILE },
    workers: variables.MCP_WORKERS ?? availableParallelism(),
    tools: variables.MCP_TOOLS,
    origins: variables.MCP_ORIGINS,
    stateFolder: variables.MCP_STATE_DIR ?? stateFolderOf(env, environment, workingFolder),
    dbPoolMax: variables.MCP_DB_POOL_MAX,
    startupDeadlineMs: variables.MCP_STARTUP_DEADLINE_MS,
    drainMs: variables.MCP_DRAIN_MS,
    sockets: {
      frameBytesMax: variables.MCP_FRAME_BYTES_MAX,
      socketsMax: variables.MCP_SOCKETS_MAX,
      callsInFlightMax: variables.MCP_CALLS_IN_FLIGHT_MAX,
      pingMs: variables.MCP_SOCKET_PING_MS,
    },
    restarts: {
      backoffMs: variables.MCP_SUPERVISOR_BACKOFF_MS,
      backoffMaxMs: variables.MCP_SUPERVISOR_BACKOFF_MAX_MS,
      silenceMs: variables.MCP_SUPERVISOR_SILENCE_MS,
    },
  };
}

/** Whether an address can be reached from this machine alone. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || address.startsWith('127.');
}

/** What production demands, and what would leave an open door. */
function findUnsafe(variables: Variables, address: string): string[] {
  const faults: string[] = [];
  const production = variables.MCP_ENV === 'production';
  if (production) {
    for (const name of ['DATABASE_URL', 'REDIS_URL', 'MCP_TOOLS'] as const) {
      if (variables[name] === undefined) faults.push(`${name}: is required in production`);
    }
  }
  const loopback = isLoopback(address);
  const auth = variables.MCP_AUTH ?? (loopback && !production ? 'none' : 'required');
  if (auth === 'none' && !loopback) {
    faults.push(`MCP_AUTH: none is for a loopback address only, and MCP_HOST is ${address}`);
  }
  if (auth === 'required') {
    faults.push(
      'MCP_AUTH: authentication is required here and this version has none yet. ' +
        'Set MCP_AUTH=none and MCP_HOST=127.0.0.1, behind a proxy that authenticates',
    );
  }
  return faults;
}

/** A secret may come as `NAME_FILE`: a path to it, as Docker and Kubernetes mount them. */
function readSecretFiles(env: NodeJS.ProcessEnv, faults: string[]): NodeJS.ProcessEnv {
  const read: NodeJS.ProcessEnv = {};
  for (const name of SECRETS) {
    const path = env[`${name}_FILE`];
    if (path === undefined || path === '') continue;
    if (env[name] !== undefined) {
      faults.push(`${name}: is set, and ${name}_FILE too`);
      continue;
    }
    try {
      read[name] = readFileSync(path, 'utf8').trim();
    } catch (error) {
      faults.push(`${name}_FILE: cannot be read (${codeOf(error) ?? 'unknown error'})`);
    }
  }
  return read;
}

function stateFolderOf(
  env: NodeJS.ProcessEnv,
  environment: Environment,
  workingFolder: string,
): string {
  const ofUser = join(env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'holdfast');
  const base = env.STATE_DIRECTORY ?? (process.getuid?.() === 0 ? '/var/lib/holdfast' : ofUser);
  if (environment === 'production') return base;
  return join(base, createHash('sha256').update(workingFolder).digest('hex').slice(0, 12));
}
