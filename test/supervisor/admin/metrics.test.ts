import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { suite, test } from 'node:test';

import { parseFromWorker } from '../../../src/shared/ipc.ts';
import { SupervisorMetrics } from '../../../src/supervisor/admin/metrics.ts';
import type { MetricFacts } from '../../../src/supervisor/admin/snapshot-metrics.ts';
import type { SupervisorEvent } from '../../../src/supervisor/events.ts';
import type {
  DependencySnapshot,
  SupervisorSnapshot,
  WorkerSnapshot,
} from '../../../src/supervisor/snapshot.ts';
import { parseExposition, type Samples, sumOf } from './exposition.ts';

const NOW = 1_800_000_000_000;
const FACTS: MetricFacts = {
  now: NOW,
  version: '1.2.3',
  node: 'v26.10.0',
  gitSha: undefined,
  recentFatalExits: 2,
  looping: true,
  logWriteErrors: new Map([
    ['ENOSPC', 3],
    ['made up', 1],
  ]),
};

function workerIn(state: WorkerSnapshot['state'], slot: number): WorkerSnapshot {
  return {
    slot,
    incarnation: 1,
    pid: 4_711,
    state,
    stateSince: NOW,
    generation: 1,
    toolGeneration: '0123456789fedcba',
    toolGenerationsLoaded: 1,
    forkedAt: NOW,
    readyAt: undefined,
    bootMs: undefined,
    restarts: 0,
    consecutiveFailures: 0,
    silentMs: state === 'READY' ? 500 : undefined,
    heartbeat: undefined,
    nextStartAt: state === 'BACKOFF' ? NOW + 2_500 : undefined,
    lastExit: undefined,
  };
}

function dependency(name: string, required: boolean, status: 'up' | 'down'): DependencySnapshot {
  const read = parseFromWorker({ type: 'dependency', name, required, status, address: 'h:1' });
  assert.ok(read?.type === 'dependency');
  return { report: read, since: NOW, consecutiveFailures: 0, lastError: undefined };
}

const SNAPSHOT: SupervisorSnapshot = {
  state: 'DEGRADED',
  stateSince: NOW,
  stateReason: 'slot 1 waits',
  started: true,
  desired: 3,
  budget: {
    bootFailures: 1,
    bootFailuresMax: 5,
    score: 2.5,
    scoreMax: 12,
    halfLifeMs: 300_000,
    zeroCapacityForMs: 0,
    zeroCapacityMaxMs: 120_000,
  },
  generation: 1,
  reload: { active: false, lastResult: undefined, lastAt: undefined },
  tools: {
    toolGeneration: '0123456789fedcba',
    servedAt: NOW,
    previous: undefined,
    counts: { tools: 12, resources: 2, prompts: 0 },
    reloading: false,
    last: undefined,
  },
  workers: [workerIn('READY', 0), workerIn('BACKOFF', 1), workerIn('READY', 2)],
  dependencies: [dependency('postgres', true, 'up'), dependency('redis', false, 'down')],
  quarantine: [],
  pauses: { count: 0, lastMs: undefined },
};

const WORKER = { slot: 1, incarnation: 2, pid: 4_711 };
const CRASH = { class: 'hang', cause: 'It hung', remedy: 'Wait', fingerprint: 'abc' } as const;
const EXIT = {
  type: 'worker_exited',
  planned: false,
  code: null,
  signal: 'SIGKILL',
  uptimeMs: 1,
  phase: 'run',
  ...WORKER,
} as const;

/** What happened, and the sample that says so. */
const COUNTED: readonly (readonly [events: readonly SupervisorEvent[], sample: string, number])[] =
  [
    [
      [{ type: 'worker_forked', generation: 1, canary: true, ...WORKER }],
      'mcp_supervisor_worker_starts_total{slot="1"}',
      1,
    ],
    [
      [{ type: 'worker_ready', bootMs: 1_500, port: 1, ...WORKER }],
      'mcp_supervisor_worker_boot_seconds_sum',
      1.5,
    ],
    [[{ ...EXIT, crash: CRASH }], 'mcp_supervisor_worker_exits_total{class="hang",phase="run"}', 1],
    [
      [{ ...EXIT, planned: true, crash: undefined }],
      'mcp_supervisor_worker_exits_total{class="planned",phase="run"}',
      1,
    ],
    [
      [
        { type: 'worker_killed', reason: 'it hung', processState: 'R', ...WORKER },
        { ...EXIT, crash: CRASH },
      ],
      'mcp_supervisor_hangs_total{state="R"}',
      1,
    ],
    [[{ ...EXIT, crash: CRASH }], 'mcp_supervisor_hangs_total{state="unknown"}', 1],
    [
      [
        { type: 'worker_killed', reason: 'late', processState: 'R', ...WORKER },
        { ...EXIT, crash: undefined },
      ],
      'mcp_supervisor_hangs_total{state="R"}',
      0,
    ],
    [
      [{ type: 'worker_restarting', slot: 1, delayMs: 1, failures: 1, reason: 'uncaught' }],
      'mcp_supervisor_restarts_total{reason="uncaught"}',
      1,
    ],
    [
      [{ type: 'drain_finished', tookMs: 250, forced: true, ...WORKER }],
      'mcp_supervisor_drain_seconds_sum',
      0.25,
    ],
    [
      [{ type: 'drain_finished', tookMs: 250, forced: true, ...WORKER }],
      'mcp_supervisor_drain_forced_total',
      1,
    ],
    [
      [{ type: 'drain_finished', tookMs: 250, forced: false, ...WORKER }],
      'mcp_supervisor_drain_forced_total',
      0,
    ],
    [
      [{ type: 'reload_finished', result: 'aborted', generation: 2, reason: 'x' }],
      'mcp_supervisor_reloads_total{result="aborted"}',
      1,
    ],
    [
      [{ type: 'worker_recycled', slot: 1, reason: 'memory', rssBytes: 1 }],
      'mcp_supervisor_recycles_total{reason="memory"}',
      1,
    ],
    [
      [{ type: 'worker_recycled', slot: 1, reason: 'It is at 512 MB', rssBytes: 1 }],
      'mcp_supervisor_recycles_total{reason="_other"}',
      1,
    ],
    [
      [{ type: 'dependency_probed', name: 'redis', latencyMs: 2, up: true }],
      'mcp_dependency_probe_seconds_sum{name="redis"}',
      0.002,
    ],
    [[{ type: 'supervisor_paused', ms: 5_500 }], 'mcp_supervisor_self_pause_seconds_total', 5.5],
    [
      [{ type: 'channel_failed', slot: 1, code: 'EPIPE' }],
      'mcp_supervisor_channel_errors_total{code="EPIPE"}',
      1,
    ],
    [
      [{ type: 'channel_failed', slot: 1, code: '17 of 23' }],
      'mcp_supervisor_channel_errors_total{code="_other"}',
      1,
    ],
    [
      [{ type: 'handles_closed', slot: 1, count: 3 }],
      'mcp_supervisor_inflight_handles_closed_total',
      3,
    ],
    [
      [{ type: 'call_quarantined', fingerprint: 'abc', tool: 't', forMs: 1 }],
      'mcp_quarantined_requests_total',
      1,
    ],
  ];

/** What a snapshot and the facts say. */
const SHOWN: Readonly<Record<string, number>> = {
  'mcp_supervisor_info{version="1.2.3",node="v26.10.0",git_sha=""}': 1,
  'mcp_supervisor_state{state="DEGRADED"}': 1,
  'mcp_supervisor_state{state="RUNNING"}': 0,
  'mcp_supervisor_workers{state="READY"}': 2,
  'mcp_supervisor_workers{state="BACKOFF"}': 1,
  'mcp_supervisor_workers{state="PARKED"}': 0,
  mcp_supervisor_workers_desired: 3,
  mcp_supervisor_boot_failures_consecutive: 1,
  mcp_supervisor_crash_score: 2.5,
  mcp_supervisor_crash_score_limit: 12,
  'mcp_supervisor_backoff_seconds{slot="0"}': 0,
  'mcp_supervisor_backoff_seconds{slot="1"}': 2.5,
  'mcp_supervisor_heartbeat_age_seconds{slot="2"}': 0.5,
  mcp_supervisor_recent_fatal_exits: 2,
  mcp_supervisor_looping: 1,
  'mcp_supervisor_log_write_errors_total{code="ENOSPC"}': 3,
  'mcp_supervisor_log_write_errors_total{code="_other"}': 1,
  'mcp_dependency_up{name="postgres",required="true"}': 1,
  'mcp_dependency_up{name="redis",required="false"}': 0,
};

async function scrape(metrics: SupervisorMetrics, snapshot = SNAPSHOT): Promise<Samples> {
  return parseExposition(await metrics.text(snapshot, FACTS));
}

suite('a scrape', () => {
  for (const [events, sample, value] of COUNTED) {
    test(`says ${sample} ${value} after ${events.map(({ type }) => type).join(', ')}`, async () => {
      const metrics = new SupervisorMetrics();
      for (const event of events) metrics.observe(event);
      assert.equal((await scrape(metrics)).get(sample), value);
    });
  }

  for (const [sample, value] of Object.entries(SHOWN)) {
    test(`says ${sample} of a snapshot`, async () => {
      assert.equal((await scrape(new SupervisorMetrics())).get(sample), value);
    });
  }

  test('names no process and no call', async () => {
    const metrics = new SupervisorMetrics();
    for (const [events] of COUNTED) for (const event of events) metrics.observe(event);
    const text = await metrics.text(SNAPSHOT, FACTS);
    assert.doesNotMatch(text, /4711|abc|pid|fingerprint/);
  });

  test('is there before anything is', async () => {
    const nothing = { ...SNAPSHOT, workers: [], dependencies: [] };
    const samples = await scrape(new SupervisorMetrics(), nothing);
    assert.equal(sumOf(samples, 'mcp_supervisor_workers'), 0);
  });

  test('shows crashes as nothing before the first, so that the first is an increase', async () => {
    const samples = await scrape(new SupervisorMetrics());
    assert.equal(samples.get('mcp_supervisor_hangs_total{state="R"}'), 0);
    assert.equal(
      samples.get('mcp_supervisor_worker_exits_total{class="uncaught",phase="boot"}'),
      0,
    );
  });

  test('adds no listener to the cluster', async () => {
    await scrape(new SupervisorMetrics());
    assert.equal(cluster.listenerCount('message'), 0);
  });

  test('shows what workers counted, and how much of it was not taken', async () => {
    const metrics = new SupervisorMetrics();
    const head = { help: 'Says "so"\n# TYPE a\\b', type: 'counter', aggregator: 'sum' } as const;
    const series = { value: 2, labels: { tool: 'a"b\\c\nd' }, metricName: undefined };
    const values = [series];
    metrics.receive({ slot: 0, incarnation: 1 }, [
      { name: 'mcp_tool_calls_total', ...head, values },
    ]);
    metrics.receive({ slot: 1, incarnation: 1 }, [
      { name: 'mcp_tool_calls_total', ...head, values },
    ]);
    metrics.receive({ slot: 1, incarnation: 1 }, [
      { name: 'mcp_supervisor_looping', ...head, values },
      { name: 'up 1\nmcp', ...head, values },
      { name: '__proto__', ...head, values },
      { name: 'mcp_a', ...head, values: [{ ...series, labels: { 'a"': 1 } }] },
      { name: 'mcp_b', ...head, values: [{ ...series, metricName: 'mcp_tool_calls_total' }] },
      { name: 'mcp_c', ...head, aggregator: 'omit', values },
      { name: 'mcp_d', ...head, type: 'summary', values },
      { name: 'mcp_tool_calls_total', ...head, type: 'gauge', values },
    ]);
    const samples = await scrape(metrics);
    assert.equal(samples.get('mcp_tool_calls_total{tool="a\\"b\\\\c\\nd"}'), 4);
    assert.equal(samples.get('mcp_supervisor_looping'), 1);
    assert.equal(samples.get('mcp_supervisor_series_dropped_total'), 8);
  });
});
