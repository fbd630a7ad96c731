import { bool, host, str, type ValidatorSpec } from 'envalid';

import { IDENTITY_VARIABLES } from './identity.ts';
import { LIMIT_VARIABLES } from './limits.ts';
import { SUPERVISOR_VARIABLES } from './supervisor-variables.ts';
import { TOOLING_VARIABLES } from './tooling.ts';
import {
  databaseUrl,
  hostNames,
  list,
  logLevel,
  MIB,
  milliseconds,
  redisUrl,
  token,
  wholeNumber,
} from './validators.ts';

/** What `MCP_ENV` may be. */
export type Environment = 'production' | 'development' | 'test';

const OURS = {
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
  MCP_HOSTS: hostNames({
    default: [],
    desc: 'Names that requests may be addressed to (their Host), such as `mcp.example`. Addresses, `localhost` and the host of `MCP_PUBLIC_URL` always are',
  }),
  MCP_ADMIN_HOST: host({
    default: '127.0.0.1',
    desc: 'Address that operators ask: state, metrics, probes. `0.0.0.0` for the probes of Kubernetes',
  }),
  MCP_ADMIN_PORT: wholeNumber(
    'a port',
    0,
    65_535,
  )({
    default: 9090,
    desc: 'Port of the same. `0` takes a free one',
  }),
  MCP_ADMIN_TOKEN: token({
    default: undefined,
    desc: 'What operators show as `Authorization: Bearer …`. One is made and kept in the state folder if none is given',
  }),
  MCP_TERMINATION_LOG: str({
    default: undefined,
    desc: 'A file for the short form of the fatal report. `/dev/termination-log`, if it is there',
  }),
  MCP_WORKER_MEMORY_BYTES: wholeNumber(
    'bytes',
    64 * MIB,
    1_048_576 * MIB,
  )({
    default: undefined,
    desc: "What one worker may take. 90 % of the container's limit, or of the machine's memory, less 80 MiB for us, shared among the workers. Three quarters of it are the heap's limit, and a worker that stays over four fifths is replaced",
  }),
  MCP_HANG_STACK: bool({
    default: true,
    desc: 'Whether a thread in each worker finds out where its event loop is blocked. It costs 8 to 19 MB',
  }),
  MCP_BREADCRUMBS: str<'after-crash' | 'always' | 'off'>({
    choices: ['after-crash', 'always', 'off'],
    default: 'after-crash',
    desc: 'When calls leave a trace that outlives a crash, so that a call which kills is found: for 10 min after a crash, always, or never. It costs 6 µs a call',
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
  MCP_SESSION_TTL_MS: milliseconds({
    default: 86_400_000,
    desc: 'A session over HTTP that nobody was heard in for so long is ended',
  }),
  MCP_SESSIONS_OF_ONE_MAX: wholeNumber(
    'sessions',
    1,
    1_000_000,
  )({
    default: 1_000,
    desc: 'Sessions over HTTP that one principal may have open. With one more, the one that was quiet for longest is ended',
  }),
  MCP_AUDIT_DAYS: wholeNumber(
    'days',
    1,
    3_650,
  )({
    default: 90,
    desc: 'How many days of the audit are kept',
  }),
} satisfies Readonly<Record<string, ValidatorSpec<unknown>>>;

/** Every variable we read. README's table is made of this one. */
export const VARIABLES = {
  ...OURS,
  ...IDENTITY_VARIABLES,
  ...LIMIT_VARIABLES,
  ...TOOLING_VARIABLES,
  ...SUPERVISOR_VARIABLES,
};
