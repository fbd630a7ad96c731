import type { Attempt } from '../../../src/supervisor/crash-ledger.ts';
import type { Crash } from '../../../src/supervisor/events.ts';
import type { FatalFacts } from '../../../src/supervisor/fatal/build-fatal-report.ts';
import type { LastExit, SupervisorSnapshot } from '../../../src/supervisor/snapshot.ts';

const AT = Date.parse('2026-11-22T11:30:00.000Z');

export const crash: Crash = {
  class: 'dep_auth',
  cause: 'postgres 28P01: password authentication failed for user "app"',
  remedy: 'Set DATABASE_URL to a user and a password that Postgres accepts.',
  fingerprint: 'a1b2c3d4e5f6',
};

const lastExit: LastExit = {
  at: AT - 100,
  code: 78,
  signal: null,
  phase: 'boot',
  uptimeMs: 640,
  crash,
  stderrTail: ['error: password authentication failed', '    at Parser.parse (parser.js:1:1)'],
  stack: ['poisonHandler (app.js:10:3)', 'onCall (app.js:99:1)'],
  calls: [{ tool: 'sell', fingerprint: 'ffff0000' }],
};

const snapshot: SupervisorSnapshot = {
  state: 'FATAL',
  stateSince: AT,
  stateReason: 'a worker cannot start as it is configured',
  started: false,
  desired: 4,
  budget: {
    bootFailures: 5,
    bootFailuresMax: 5,
    score: 1.23456,
    scoreMax: 12,
    halfLifeMs: 300_000,
    zeroCapacityForMs: 3_000,
    zeroCapacityMaxMs: 120_000,
  },
  generation: 1,
  reload: { active: false, lastResult: undefined, lastAt: undefined },
  tools: {
    toolGeneration: undefined,
    servedAt: undefined,
    previous: undefined,
    counts: undefined,
    reloading: false,
    last: undefined,
  },
  workers: [],
  dependencies: [
    {
      report: {
        name: 'postgres',
        required: true,
        status: 'down',
        address: 'db.internal:5432',
        class: 'dep_auth',
        code: '28P01',
        message: 'password refused',
        latencyMs: 4,
        attempt: undefined,
        nextInMs: undefined,
      },
      since: AT - 60_000,
      consecutiveFailures: 3,
      lastError: {
        at: AT - 200,
        report: {
          name: 'postgres',
          required: true,
          status: 'down',
          address: 'db.internal:5432',
          class: 'dep_auth',
          code: '28P01',
          message: 'password refused',
          latencyMs: undefined,
          attempt: undefined,
          nextInMs: undefined,
        },
      },
    },
  ],
  quarantine: [],
  pauses: { count: 0, lastMs: undefined },
};

export function attempts(count: number): Attempt[] {
  return Array.from({ length: count }, (_, index) => ({
    at: AT - 10_000 + index * 1_000,
    delayMs: index * 500,
    slot: 0,
    crash,
  }));
}

/** What is known when there is no supervisor yet. */
export const early: FatalFacts = {
  at: AT,
  exitCode: 78,
  crash,
  outer: 'docker',
  versions: {
    app: '0.1.0',
    node: 'v26.10.0',
    configHash: 'c0ffee',
    host: 'box',
    containerId: null,
  },
};

/** All that may be known. */
export const whole: FatalFacts = {
  ...early,
  attempts: attempts(5),
  evidence: {
    slot: 0,
    lastExit,
    processState: 'R',
    rssBytes: 91 * 1_048_576,
    heapLimitBytes: 512 * 1_048_576,
    cgroupLimitBytes: 1_024 * 1_048_576,
    oomKills: 1,
    portHolder: 'nginx (process 812)',
    supervisorStack: undefined,
  },
  snapshot,
  loop: { fatalExits: 4, identical: 4, spanMs: 900_000, holdMs: 20_000 },
};
