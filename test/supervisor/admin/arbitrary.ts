import * as fc from 'fast-check';

import { CRASH_CLASSES } from '../../../src/shared/crash-class.ts';
import type { ProcessFacts } from '../../../src/supervisor/admin/facts.ts';
import type { SupervisorSnapshot } from '../../../src/supervisor/snapshot.ts';

const count = fc.nat(1_000_000);
const some = fc.string({ maxLength: 20 });
/** Milliseconds since 1970. */
export const times = fc.integer({ min: 0, max: 4_102_444_800_000 });
const amount = fc.double({ min: 0, max: 1e12, noNaN: true });
const maybe = <Value>(of: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(of, { nil: undefined });
const crashClass = fc.constantFrom(...CRASH_CLASSES);
const phase = fc.constantFrom<'boot' | 'run'>('boot', 'run');
const signal = fc.option(fc.constantFrom<NodeJS.Signals>('SIGKILL', 'SIGSEGV'));

const lastExit = fc.record({
  at: times,
  code: fc.option(fc.nat(255)),
  signal,
  phase,
  uptimeMs: amount,
  crash: fc.record({ class: crashClass, cause: some, remedy: some, fingerprint: some }),
  stderrTail: fc.array(some, { maxLength: 3 }),
  stack: fc.array(some, { maxLength: 3 }),
  calls: fc.array(fc.record({ tool: some, fingerprint: some }), { maxLength: 2 }),
});
const heartbeat = fc.record({
  sequence: count,
  utilization: fc.double({ min: 0, max: 1, noNaN: true }),
  loopDelayP99Ms: amount,
  rssBytes: count,
  heapUsedBytes: count,
  heapLimitBytes: count,
  webSockets: count,
  http: count,
  inFlight: count,
  oldestInFlightMs: amount,
});
const worker = fc.record({
  slot: fc.nat(255),
  incarnation: count,
  pid: maybe(fc.integer({ min: 1, max: 4_194_304 })),
  state: fc.constantFrom(
    ...(['IDLE', 'FORKING', 'BOOTING', 'WAITING_DEP', 'READY'] as const),
    ...(['SUSPECT', 'DRAINING', 'KILLING', 'BACKOFF', 'PARKED'] as const),
  ),
  stateSince: times,
  generation: fc.nat(9),
  toolGeneration: maybe(some),
  toolGenerationsLoaded: count,
  forkedAt: maybe(times),
  readyAt: maybe(times),
  bootMs: maybe(amount),
  restarts: count,
  consecutiveFailures: count,
  silentMs: maybe(amount),
  heartbeat: maybe(heartbeat),
  nextStartAt: maybe(times),
  lastExit: maybe(lastExit),
});
const report = fc.record({
  name: fc.constantFrom('postgres', 'redis'),
  required: fc.boolean(),
  status: fc.constantFrom('up' as const, 'down' as const),
  address: some,
  class: maybe(crashClass),
  code: maybe(some),
  message: maybe(some),
  latencyMs: maybe(amount),
  attempt: maybe(count),
  nextInMs: maybe(amount),
});
const fault = fc.record({
  file: maybe(some),
  line: maybe(count),
  column: maybe(count),
  subject: maybe(some),
  message: some,
});
const tools = fc.record({
  toolGeneration: maybe(some),
  servedAt: maybe(times),
  previous: maybe(some),
  counts: maybe(fc.record({ tools: count, resources: count, prompts: count })),
  reloading: fc.boolean(),
  last: maybe(
    fc.record({
      result: fc.constantFrom(...(['reloaded', 'unchanged', 'failed', 'rolled-back'] as const)),
      at: times,
      tookMs: count,
      toolGeneration: maybe(some),
      lists: fc.array(some, { maxLength: 3 }),
      faults: fc.array(fault, { maxLength: 2 }),
    }),
  ),
});
/** Whatever a supervisor may know. */
export const snapshots: fc.Arbitrary<SupervisorSnapshot> = fc.record({
  state: fc.constantFrom(
    ...(['INIT', 'BOOTING', 'RUNNING', 'DEGRADED', 'NO_CAPACITY', 'STOPPING', 'FATAL'] as const),
  ),
  stateSince: times,
  stateReason: some,
  started: fc.boolean(),
  desired: fc.integer({ min: 1, max: 256 }),
  budget: fc.record({
    bootFailures: count,
    bootFailuresMax: count,
    score: amount,
    scoreMax: amount,
    halfLifeMs: amount,
    zeroCapacityForMs: amount,
    zeroCapacityMaxMs: amount,
  }),
  generation: fc.nat(9),
  reload: fc.record({
    active: fc.boolean(),
    lastResult: maybe(fc.constantFrom('ok' as const, 'aborted' as const)),
    lastAt: maybe(times),
  }),
  tools,
  workers: fc.array(worker, { maxLength: 4 }),
  dependencies: fc.array(
    fc.record({
      report,
      since: times,
      consecutiveFailures: count,
      lastError: maybe(fc.record({ at: times, report })),
    }),
    { maxLength: 2 },
  ),
  quarantine: fc.array(
    fc.record({
      fingerprint: some,
      tool: some,
      state: fc.constantFrom('refused' as const, 'on-trial' as const),
      since: times,
      until: fc.oneof(times, fc.constant(Number.POSITIVE_INFINITY)),
      crashes: count,
    }),
    { maxLength: 2 },
  ),
  pauses: fc.record({ count, lastMs: maybe(amount) }),
});
/** Whatever may be known of its process. */
export const knowledge: fc.Arbitrary<ProcessFacts> = fc.record({
  version: some,
  gitSha: maybe(some),
  node: some,
  configHash: some,
  pid: fc.integer({ min: 1, max: 4_194_304 }),
  startedAt: times,
  outer: fc.record({ kind: some, restartPolicy: some }),
  loopLagP99Ms: maybe(amount),
  rssBytes: maybe(amount),
  history: fc.record({
    recentFatals: fc.nat(5),
    windowSeconds: count,
    previousRun: maybe(
      fc.record({ endedAt: maybe(times), how: some, exitCode: maybe(fc.nat(255)) }),
    ),
  }),
  fatal: maybe(fc.constant({ class: 'hang' })),
});
