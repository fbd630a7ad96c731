import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';

import { type CleanedEnv, customCleanEnv } from 'envalid';

import { Failure } from './errors.ts';
import { type Identity, identityOf } from './identity.ts';
import { type Limits, limitsOf } from './limits.ts';
import type { LogLevel } from './logger.ts';
import { isLoopback } from './loopback.ts';
import { readSecret } from './secret-file.ts';
import { type Tooling, toolingOf } from './tooling.ts';
import { type Environment, VARIABLES } from './variables.ts';

/** A person at a terminal is not to wait for long. */
const DRAIN_MS = { production: 25_000, development: 5_000, test: 5_000 } as const;
const SECRETS = ['DATABASE_URL', 'REDIS_URL', 'MCP_ADMIN_TOKEN'] as const;

type Variables = CleanedEnv<typeof VARIABLES>;

/** The configuration, whole and checked. Its parts are handed down; nobody but `main` holds all of it. */
export interface Config {
  readonly env: Environment;
  /** Absent: an embedded server is to be started. */
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly log: {
    readonly level: LogLevel;
    readonly file: string | undefined;
    readonly fileBytesMax: number;
    readonly fileCheckMs: number;
  };
  readonly workers: number;
  /** Absent: the default, which only the embedded Postgres has. */
  readonly tools: readonly string[] | undefined;
  /** Who is let in. */
  readonly identity: Identity;
  readonly limits: Limits;
  /** How tools are run. */
  readonly tooling: Tooling;
  readonly sessions: {
    readonly ttlMs: number;
    readonly ofOneMax: number;
  };
  readonly auditDays: number;
  readonly stateFolder: string;
  readonly dbPoolMax: number;
  readonly startupDeadlineMs: number;
  readonly drainMs: number;
  /** Names that a request may be addressed to, beside addresses and localhost. */
  readonly hosts: readonly string[];
  /** Where operators ask. Without a token one is kept in the state folder. */
  readonly admin: {
    readonly host: string;
    readonly port: number;
    readonly token: string | undefined;
  };
  /** Absent: `/dev/termination-log`, if it is there. */
  readonly terminationLog: string | undefined;
  /** What one worker may take. Absent: as much as the machine or the container allows. */
  readonly workerMemoryBytes: number | undefined;
  readonly hangStack: boolean;
  readonly breadcrumbs: 'after-crash' | 'always' | 'off';
  readonly supervision: Supervision;
}

/** The supervisor's timers and bounds: what each is for, its variable says. */
interface Supervision {
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  readonly stableMs: number;
  readonly halfLifeMs: number;
  readonly bootMs: number;
  readonly setupMs: number;
  readonly zeroCapacityMs: number;
  readonly parkedMs: number;
  readonly heartbeatMs: number;
  readonly suspectMs: number;
  readonly silenceMs: number;
  readonly probeMs: number;
  readonly probeTimeoutMs: number;
  readonly quarantineMs: number;
  readonly reloadSettleMs: number;
  readonly proofMs: number;
  readonly generationsMax: number;
  readonly memoryCheckMs: number;
  readonly recycleGapMs: number;
  readonly holdMs: number;
  readonly holdMaxMs: number;
  readonly healthyMs: number;
}

/** Reads the configuration: once, at the start. Throws a `Failure` that names all that is wrong at once. */
export function readConfig(env: NodeJS.ProcessEnv, workingFolder: string): Config {
  const faults: string[] = [];
  const given = withoutEmpty(env);
  const withSecrets = { ...given, ...readSecretFiles(given, faults) };
  // What is wrong is left out here, and would be an error to read through envalid's own proxy.
  const variables = customCleanEnv(withSecrets, VARIABLES, (clean) => clean, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors)) faults.push(`${name}: ${error.message}`);
    },
  });
  const environment = variables.MCP_ENV;
  const address = variables.MCP_HOST ?? (environment === 'production' ? '0.0.0.0' : '127.0.0.1');
  const stateFolder = findStateFolder(given, workingFolder);
  if (stateFolder === undefined) faults.push('MCP_STATE_DIR: is required where there is no HOME');
  const isOpen = environment !== 'production' && isLoopback(address);
  const isAuthRequired = (variables.MCP_AUTH ?? (isOpen ? 'none' : 'required')) === 'required';
  faults.push(...findUnsafe(variables, address, isAuthRequired));
  const identity = identityOf(variables, isAuthRequired, faults);
  if (faults.length > 0 || stateFolder === undefined) {
    throw new Failure('invalid', `The configuration is wrong. ${faults.join('. ')}.`);
  }
  return {
    env: environment,
    databaseUrl: variables.DATABASE_URL,
    redisUrl: variables.REDIS_URL,
    host: address,
    port: variables.MCP_PORT,
    log: {
      level: variables.MCP_LOG_LEVEL,
      file: variables.MCP_LOG_FILE && resolve(workingFolder, variables.MCP_LOG_FILE),
      fileBytesMax: variables.MCP_LOG_FILE_BYTES_MAX,
      fileCheckMs: variables.MCP_SUPERVISOR_LOG_CHECK_MS,
    },
    workers: variables.MCP_WORKERS ?? availableParallelism(),
    tools: variables.MCP_TOOLS,
    identity,
    limits: limitsOf(variables, environment === 'production'),
    tooling: toolingOf(variables, environment === 'development'),
    sessions: {
      ttlMs: variables.MCP_SESSION_TTL_MS,
      ofOneMax: variables.MCP_SESSIONS_OF_ONE_MAX,
    },
    auditDays: variables.MCP_AUDIT_DAYS,
    stateFolder: resolve(workingFolder, stateFolder),
    dbPoolMax: variables.MCP_DB_POOL_MAX,
    startupDeadlineMs: variables.MCP_STARTUP_DEADLINE_MS,
    drainMs: variables.MCP_DRAIN_MS ?? DRAIN_MS[environment],
    hosts: variables.MCP_HOSTS,
    admin: {
      host: variables.MCP_ADMIN_HOST,
      port: variables.MCP_ADMIN_PORT,
      token: variables.MCP_ADMIN_TOKEN,
    },
    terminationLog: variables.MCP_TERMINATION_LOG,
    workerMemoryBytes: variables.MCP_WORKER_MEMORY_BYTES,
    hangStack: variables.MCP_HANG_STACK,
    breadcrumbs: variables.MCP_BREADCRUMBS,
    supervision: supervisionOf(variables),
  };
}

function supervisionOf(variables: Variables): Supervision {
  return {
    backoffMs: variables.MCP_SUPERVISOR_BACKOFF_MS,
    backoffMaxMs: variables.MCP_SUPERVISOR_BACKOFF_MAX_MS,
    stableMs: variables.MCP_SUPERVISOR_STABLE_MS,
    halfLifeMs: variables.MCP_SUPERVISOR_HALF_LIFE_MS,
    bootMs: variables.MCP_SUPERVISOR_BOOT_MS,
    setupMs: variables.MCP_SUPERVISOR_SETUP_MS,
    zeroCapacityMs: variables.MCP_SUPERVISOR_ZERO_CAPACITY_MS,
    parkedMs: variables.MCP_SUPERVISOR_PARKED_MS,
    heartbeatMs: variables.MCP_SUPERVISOR_HEARTBEAT_MS,
    suspectMs: variables.MCP_SUPERVISOR_SUSPECT_MS,
    silenceMs: variables.MCP_SUPERVISOR_SILENCE_MS,
    probeMs: variables.MCP_SUPERVISOR_PROBE_MS,
    probeTimeoutMs: variables.MCP_SUPERVISOR_PROBE_TIMEOUT_MS,
    quarantineMs: variables.MCP_SUPERVISOR_QUARANTINE_MS,
    reloadSettleMs: variables.MCP_SUPERVISOR_RELOAD_SETTLE_MS,
    proofMs: variables.MCP_SUPERVISOR_PROOF_MS,
    generationsMax: variables.MCP_SUPERVISOR_GENERATIONS_MAX,
    memoryCheckMs: variables.MCP_SUPERVISOR_MEMORY_CHECK_MS,
    recycleGapMs: variables.MCP_SUPERVISOR_RECYCLE_GAP_MS,
    holdMs: variables.MCP_SUPERVISOR_HOLD_MS,
    holdMaxMs: variables.MCP_SUPERVISOR_HOLD_MAX_MS,
    healthyMs: variables.MCP_SUPERVISOR_HEALTHY_MS,
  };
}

/** What production demands, and what would leave an open door. */
function findUnsafe(variables: Variables, address: string, isAuthRequired: boolean): string[] {
  const faults: string[] = [];
  if (variables.MCP_ENV === 'production') {
    for (const name of ['DATABASE_URL', 'REDIS_URL', 'MCP_TOOLS'] as const) {
      if (variables[name] === undefined) faults.push(`${name}: is required in production`);
    }
  }
  if (!isAuthRequired && !isLoopback(address)) {
    faults.push(`MCP_AUTH: none is for a loopback address only, and MCP_HOST is ${address}`);
  }
  return faults;
}

/** A secret may come as `NAME_FILE`: a path to it, as Docker and Kubernetes mount them. */
function readSecretFiles(env: NodeJS.ProcessEnv, faults: string[]): NodeJS.ProcessEnv {
  const read: NodeJS.ProcessEnv = {};
  for (const name of SECRETS) {
    if (env[`${name}_FILE`] === undefined) continue;
    try {
      read[name] = readSecret(env, name);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      faults.push(error.message);
    }
  }
  return read;
}

/** Where state is kept: what a start with a wrong configuration still can know. Nothing if there is no home for it. */
export function findStateFolder(env: NodeJS.ProcessEnv, workingFolder: string): string | undefined {
  const { MCP_STATE_DIR, MCP_ENV, STATE_DIRECTORY, XDG_STATE_HOME, HOME } = withoutEmpty(env);
  if (MCP_STATE_DIR !== undefined) return resolve(workingFolder, MCP_STATE_DIR);
  const ofUser = XDG_STATE_HOME ?? (HOME && join(HOME, '.local', 'state'));
  const ofSystem = process.getuid?.() === 0 ? '/var/lib/holdfast' : undefined;
  const base = STATE_DIRECTORY ?? ofSystem ?? (ofUser && join(ofUser, 'holdfast'));
  if (base === undefined || MCP_ENV === 'production') return base;
  return join(base, createHash('sha256').update(workingFolder).digest('hex').slice(0, 12));
}

/** A variable that is set to nothing is not set. */
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}
