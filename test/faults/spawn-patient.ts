/** Starts a Holdfast as tests of faults want it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

import { withoutOurs } from './processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'bin/holdfast.js');

export interface PatientOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A folder or a file below `tools/`. */
  readonly tools?: string;
  readonly stateFolder?: string;
  /** How many workers; two, unless said otherwise. */
  readonly workers?: number;
  /** What is run in place of Node with our script: `prlimit`, `faketime`, … get both as arguments. */
  readonly wrapper?: readonly string[];
  readonly detached?: boolean;
  /** Where its log goes, if we are not to read it: an open file. */
  readonly stdout?: number;
}

/** Timers that make an hour of production a matter of seconds. */
const QUICK = {
  MCP_SUPERVISOR_BACKOFF_MS: '100',
  MCP_SUPERVISOR_BACKOFF_MAX_MS: '1000',
  MCP_SUPERVISOR_HEARTBEAT_MS: '250',
  // Not too quick: a machine that tests keep busy is no worker that hangs.
  MCP_SUPERVISOR_SUSPECT_MS: '1500',
  MCP_SUPERVISOR_SILENCE_MS: '4000',
  MCP_SUPERVISOR_PROBE_MS: '200',
  MCP_SUPERVISOR_RELOAD_SETTLE_MS: '500',
  MCP_STARTUP_DEADLINE_MS: '4000',
  MCP_DRAIN_MS: '2000',
  // Starts are counted by what is said at this level.
  MCP_LOG_LEVEL: 'debug',
};

/** On two free ports, with short timers, and with nothing of our own environment that would change it. */
export function spawnPatient(options: PatientOptions, stateFolder: string): ChildProcess {
  const { env, tools = 'well.ts', workers = 2, wrapper = [], detached = false } = options;
  const [program, ...args] = [...wrapper, process.execPath, BIN, 'start'];
  return spawn(program, args, {
    cwd: ROOT,
    detached,
    env: {
      ...withoutOurs(process.env),
      MCP_PORT: '0',
      MCP_ADMIN_PORT: '0',
      MCP_WORKERS: String(workers),
      MCP_STATE_DIR: stateFolder,
      MCP_TOOLS: join(import.meta.dirname, 'tools', tools),
      REDIS_URL: process.env.TEST_REDIS_URL ?? '',
      ...QUICK,
      ...env,
    },
    stdio: ['ignore', options.stdout ?? 'pipe', 'pipe'],
  });
}
