import type { ProcessFacts } from '../../../src/supervisor/admin/facts.ts';
import type {
  DependencySnapshot,
  SupervisorSnapshot,
  WorkerSnapshot,
} from '../../../src/supervisor/snapshot.ts';

/** When all of this is: 2026-11-22T11:30:00Z. */
export const NOW = Date.UTC(2026, 10, 22, 11, 30);

/** A worker that serves. */
export const worker: WorkerSnapshot = {
  slot: 0,
  incarnation: 3,
  pid: 41,
  state: 'READY',
  stateSince: NOW - 8_099_360,
  generation: 7,
  toolGeneration: '0123456789abcdef',
  toolGenerationsLoaded: 2,
  forkedAt: NOW - 8_100_000,
  readyAt: NOW - 8_099_360,
  bootMs: 640,
  restarts: 2,
  consecutiveFailures: 0,
  silentMs: 412,
  heartbeat: {
    sequence: 8_100,
    utilization: 0.21,
    loopDelayP99Ms: 11,
    rssBytes: 91_000_000,
    heapUsedBytes: 48_000_000,
    heapLimitBytes: 536_870_912,
    webSockets: 251,
    http: 12,
    inFlight: 3,
    oldestInFlightMs: 40,
  },
  nextStartAt: undefined,
  lastExit: undefined,
};

/** A slot whose worker crashed, and that waits. */
export const fallen: WorkerSnapshot = {
  ...worker,
  slot: 1,
  pid: undefined,
  state: 'BACKOFF',
  forkedAt: undefined,
  readyAt: undefined,
  bootMs: undefined,
  silentMs: undefined,
  heartbeat: undefined,
  nextStartAt: NOW + 2_000,
  lastExit: {
    at: NOW - 1_000,
    code: 70,
    signal: null,
    phase: 'run',
    uptimeMs: 52_000,
    crash: {
      class: 'uncaught',
      cause: 'TypeError: Cannot read properties of undefined',
      remedy: 'Report this bug.',
      fingerprint: 'a1b2c3d4e5f6',
    },
    stderrTail: ['TypeError: Cannot read properties of undefined', '    at add (tools.ts:7:3)'],
    stack: [],
    calls: [{ tool: 'add', fingerprint: '0123456789ab' }],
  },
};

/** Postgres, as it should be. */
export const postgres: DependencySnapshot = {
  report: {
    name: 'postgres',
    required: true,
    status: 'up',
    address: 'db:5432',
    class: undefined,
    code: undefined,
    message: undefined,
    latencyMs: 4,
    attempt: undefined,
    nextInMs: undefined,
  },
  since: NOW - 8_000_000,
  consecutiveFailures: 0,
  lastError: undefined,
};

/** A dependency that turned its back on us. */
export function down(name: string, required: boolean): DependencySnapshot {
  const report = {
    ...postgres.report,
    name,
    required,
    status: 'down',
    class: 'dep_unreachable',
    code: 'ECONNREFUSED',
    message: `${name} refuses connections`,
    latencyMs: undefined,
  } as const;
  return { report, since: NOW - 5_000, consecutiveFailures: 9, lastError: { at: NOW, report } };
}

/** Two workers that serve, and all they need. */
export const running: SupervisorSnapshot = {
  state: 'RUNNING',
  stateSince: NOW - 8_000_000,
  stateReason: 'every worker serves',
  started: true,
  desired: 2,
  budget: {
    bootFailures: 0,
    bootFailuresMax: 5,
    score: 2.31,
    scoreMax: 12,
    halfLifeMs: 300_000,
    zeroCapacityForMs: 0,
    zeroCapacityMaxMs: 120_000,
  },
  generation: 7,
  reload: { active: false, lastResult: 'ok', lastAt: NOW - 60_000 },
  tools: {
    toolGeneration: '0123456789abcdef',
    servedAt: NOW - 70_000,
    previous: 'fedcba9876543210',
    counts: { tools: 12, resources: 2, prompts: 1 },
    reloading: false,
    last: {
      result: 'reloaded',
      at: NOW - 70_000,
      tookMs: 812,
      toolGeneration: '0123456789abcdef',
      lists: ['tools'],
      faults: [],
    },
  },
  workers: [worker, { ...worker, slot: 1, pid: 42 }],
  dependencies: [postgres],
  quarantine: [],
  pauses: { count: 0, lastMs: undefined },
};

/** One of the two is away. */
export const degraded: SupervisorSnapshot = {
  ...running,
  state: 'DEGRADED',
  stateReason: 'slot 1 in BACKOFF (uncaught)',
  workers: [worker, fallen],
  quarantine: [
    {
      fingerprint: '0123456789ab',
      tool: 'add',
      state: 'refused',
      since: NOW - 1_000,
      until: NOW + 900_000,
      crashes: 2,
    },
  ],
};

/** Of a supervisor that started well. */
export const facts: ProcessFacts = {
  version: '1.8.2',
  gitSha: undefined,
  node: 'v26.10.0',
  configHash: 'c0ffee',
  pid: 1,
  startedAt: NOW - 8_123_000,
  outer: { kind: 'kubernetes', restartPolicy: 'unknown' },
  loopLagP99Ms: 3,
  rssBytes: 51_000_000,
  history: {
    recentFatals: 0,
    windowSeconds: 900,
    previousRun: { endedAt: NOW - 9_000_000, how: 'stop', exitCode: 0 },
  },
  fatal: undefined,
};
