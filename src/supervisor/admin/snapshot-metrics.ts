import type { MetricFamily, Series } from '../../shared/ipc.ts';
import type { SupervisorState } from '../events.ts';
import type { SlotState, SupervisorSnapshot, WorkerSnapshot } from '../snapshot.ts';
import { labelOfCode, labelOfDependency } from './metric-labels.ts';

/** What a scrape shows that no snapshot holds. */
export interface MetricFacts {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly version: string;
  readonly node: string;
  readonly gitSha: string | undefined;
  /** Runs that ended in a fatal exit within the window of the history. */
  readonly recentFatalExits: number;
  readonly looping: boolean;
  /** Lines that could not be written, by the code of the error: totals of this run. */
  readonly logWriteErrors: ReadonlyMap<string, number>;
}

const STATES: readonly SupervisorState[] = [
  'INIT',
  'BOOTING',
  'RUNNING',
  'DEGRADED',
  'NO_CAPACITY',
  'STOPPING',
  'FATAL',
];

const SLOT_STATES: readonly SlotState[] = [
  'IDLE',
  'FORKING',
  'BOOTING',
  'WAITING_DEP',
  'READY',
  'SUSPECT',
  'DRAINING',
  'KILLING',
  'BACKOFF',
  'PARKED',
];

/** The metrics that are read off a snapshot. */
export function metricsOfSnapshot(
  snapshot: SupervisorSnapshot,
  facts: MetricFacts,
): readonly MetricFamily[] {
  const { state, desired, budget, workers } = snapshot;
  return [
    gauge('info', 'What runs.', [[infoOf(facts), 1]]),
    gauge(
      'state',
      'Whether the supervisor is in that state.',
      STATES.map((name) => [{ state: name }, Number(name === state)]),
    ),
    gauge(
      'workers',
      'Slots in that state.',
      SLOT_STATES.map((name) => [{ state: name }, countIn(name, workers)]),
    ),
    gauge('workers_desired', 'Slots there should be.', [[{}, desired]]),
    gauge('boot_failures_consecutive', 'Boots that failed in a row while none served.', [
      [{}, budget.bootFailures],
    ]),
    gauge('crash_score', 'Crashes of workers that had served, fading.', [[{}, budget.score]]),
    gauge('crash_score_limit', 'The crash score at which the supervisor gives up.', [
      [{}, budget.scoreMax],
    ]),
    gauge(
      'backoff_seconds',
      'Time until the next worker is forked in that slot.',
      workers.map(({ slot, nextStartAt = facts.now }) => [
        { slot },
        Math.max(0, nextStartAt - facts.now) / 1_000,
      ]),
    ),
    gauge('heartbeat_age_seconds', 'Time since that worker was last heard of.', agesOf(workers)),
    gauge('recent_fatal_exits', 'Runs that ended in a fatal exit of late.', [
      [{}, facts.recentFatalExits],
    ]),
    gauge('looping', 'Whether we are started again and again to no avail.', [
      [{}, Number(facts.looping)],
    ]),
    ...toolsOf(snapshot),
    dependenciesOf(snapshot),
    logWriteErrorsOf(facts),
  ];
}

type Labelled = readonly [labels: Series['labels'], value: number];

function gauge(name: string, help: string, values: readonly Labelled[]): MetricFamily {
  return familyOf({ name: `mcp_supervisor_${name}`, help, type: 'gauge' }, values);
}

function familyOf(
  head: Pick<MetricFamily, 'name' | 'help' | 'type'>,
  values: readonly Labelled[],
): MetricFamily {
  return {
    ...head,
    aggregator: 'sum',
    values: values.map(([labels, value]) => ({ labels, value, metricName: undefined })),
  };
}

function infoOf({ version, node, gitSha = '' }: MetricFacts): Series['labels'] {
  return { version, node, git_sha: gitSha };
}

function countIn(state: SlotState, workers: readonly WorkerSnapshot[]): number {
  return workers.filter((worker) => worker.state === state).length;
}

function agesOf(workers: readonly WorkerSnapshot[]): readonly Labelled[] {
  return workers.flatMap(({ slot, silentMs }) =>
    silentMs === undefined ? [] : ([[{ slot }, silentMs / 1_000]] as const),
  );
}

function toolsOf({ tools }: SupervisorSnapshot): readonly MetricFamily[] {
  const { toolGeneration, servedAt, counts } = tools;
  return [
    gauge(
      'tools_generation_info',
      'Which generation of tools is served.',
      toolGeneration === undefined ? [] : [[{ generation: toolGeneration }, 1]],
    ),
    gauge(
      'tools_served_since_seconds',
      'When it began to be served, in seconds since 1970.',
      servedAt === undefined ? [] : [[{}, servedAt / 1_000]],
    ),
    gauge(
      'tools_offered',
      'What there is in it, by kind.',
      Object.entries(counts ?? {}).map(([kind, count]) => [{ kind }, count]),
    ),
  ];
}

function dependenciesOf({ dependencies }: SupervisorSnapshot): MetricFamily {
  return familyOf(
    {
      name: 'mcp_dependency_up',
      help: 'Whether a dependency answered when last asked.',
      type: 'gauge',
    },
    dependencies.map(({ report: { name, required, status } }) => [
      { name: labelOfDependency(name), required: String(required) },
      Number(status === 'up'),
    ]),
  );
}

function logWriteErrorsOf({ logWriteErrors }: MetricFacts): MetricFamily {
  return familyOf(
    {
      name: 'mcp_supervisor_log_write_errors_total',
      help: 'Lines that could not be written to the log file.',
      type: 'counter',
    },
    [...logWriteErrors].map(([code, count]) => [{ code: labelOfCode(code) }, count]),
  );
}
