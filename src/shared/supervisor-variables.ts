import type { ValidatorSpec } from 'envalid';

import { milliseconds, wholeNumber } from './validators.ts';

/** The supervisor's timers and bounds. Their defaults suit production; tests make them short. */
export const SUPERVISOR_VARIABLES = {
  MCP_SUPERVISOR_BACKOFF_MS: milliseconds({
    default: 500,
    desc: 'The wait before the first restart of a worker; it doubles with each failure',
  }),
  MCP_SUPERVISOR_BACKOFF_MAX_MS: milliseconds({
    default: 30_000,
    desc: 'The longest wait before a restart',
  }),
  MCP_SUPERVISOR_STABLE_MS: milliseconds({
    default: 60_000,
    desc: 'A worker that served for so long has recovered: its next failure is the first again',
  }),
  MCP_SUPERVISOR_HALF_LIFE_MS: milliseconds({
    default: 300_000,
    desc: 'The time in which the crash score halves. Each crash of a worker that served adds 1; over three for each worker, and six at least, we give up with 70',
  }),
  MCP_SUPERVISOR_BOOT_MS: milliseconds({
    default: 30_000,
    desc: 'How long a worker may take to become ready, without waiting for dependencies, migrating and setting up',
  }),
  MCP_SUPERVISOR_SETUP_MS: milliseconds({
    default: 600_000,
    desc: 'How long each may take of: waiting for another that migrates, migrating, and a setup of tools',
  }),
  MCP_SUPERVISOR_ZERO_CAPACITY_MS: milliseconds({
    default: 120_000,
    desc: 'How long no worker may be ready, once one was, before we give up',
  }),
  MCP_SUPERVISOR_PARKED_MS: milliseconds({
    default: 300_000,
    desc: 'How often a slot is tried again that failed over ten times in a row while others serve',
  }),
  MCP_SUPERVISOR_HEARTBEAT_MS: milliseconds({
    default: 1_000,
    desc: 'How often a worker says that its event loop turns',
  }),
  MCP_SUPERVISOR_SUSPECT_MS: milliseconds({
    default: 5_000,
    desc: 'A worker not heard of for so long is suspected to hang: its stack is asked for',
  }),
  MCP_SUPERVISOR_SILENCE_MS: milliseconds({
    default: 15_000,
    desc: 'A worker not heard of for so long hangs, and is killed',
  }),
  MCP_SUPERVISOR_PROBE_MS: milliseconds({
    default: 500,
    desc: 'How often one worker asks Postgres and Redis how they are. Three failures in a row make a dependency down, two answers up',
  }),
  MCP_SUPERVISOR_PROBE_TIMEOUT_MS: milliseconds({
    default: 1_000,
    desc: 'How long an answer to that may take',
  }),
  MCP_SUPERVISOR_QUARANTINE_MS: milliseconds({
    default: 900_000,
    desc: 'How long a call is refused that ended two workers, before it is tried once more',
  }),
  MCP_SUPERVISOR_RELOAD_SETTLE_MS: milliseconds({
    default: 5_000,
    desc: 'How long the first worker of a reload has to serve before the next follows',
  }),
  MCP_SUPERVISOR_PROOF_MS: milliseconds({
    default: 30_000,
    desc: 'How long tools that are new may take to be loaded: where they are proved, and in each worker',
  }),
  MCP_SUPERVISOR_GENERATIONS_MAX: wholeNumber(
    'generations',
    1,
    10_000,
  )({
    default: 100,
    desc: 'A worker that has loaded tools so often is replaced: what was loaded once stays in its memory',
  }),
  MCP_SUPERVISOR_MEMORY_CHECK_MS: milliseconds({
    default: 10_000,
    desc: 'How often it is looked at which workers are to be replaced. One over its limit of memory three times in a row is',
  }),
  MCP_SUPERVISOR_RECYCLE_GAP_MS: milliseconds({
    default: 300_000,
    desc: 'The least time between two such replacements',
  }),
  MCP_SUPERVISOR_HOLD_MS: milliseconds({
    default: 10_000,
    desc: 'How long the third fatal exit in a row for the same cause is held back; it doubles with each. So an outer restart policy cannot loop quickly',
  }),
  MCP_SUPERVISOR_HOLD_MAX_MS: milliseconds({
    default: 300_000,
    desc: 'The longest of these',
  }),
  MCP_SUPERVISOR_HEALTHY_MS: milliseconds({
    default: 600_000,
    desc: 'After running so long without a gap, earlier fatal exits are forgotten',
  }),
  MCP_SUPERVISOR_LOG_CHECK_MS: milliseconds({
    default: 10_000,
    desc: 'How often the size of the log file is looked at',
  }),
} satisfies Readonly<Record<string, ValidatorSpec<unknown>>>;
