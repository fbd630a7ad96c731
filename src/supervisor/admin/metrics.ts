import { CRASH_CLASSES } from '../../shared/crash-class.ts';
import type { MetricFamily } from '../../shared/ipc.ts';
import { AggregatorRegistry, Counter, Histogram, Registry } from '../../shared/prometheus.ts';
import type { SupervisorEvent } from '../events.ts';
import type { SupervisorSnapshot } from '../snapshot.ts';
import { MergedMetrics, type Which } from './merge-metrics.ts';
import {
  labelOfCode,
  labelOfDependency,
  labelOfProcessState,
  labelOfReason,
} from './metric-labels.ts';
import { type MetricFacts, metricsOfSnapshot } from './snapshot-metrics.ts';
import { ToolsMetrics } from './tools-metrics.ts';

/** The content type of what `text` makes. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** What happens to one worker. */
type OfWorker = Extract<SupervisorEvent, { type: `worker_${string}` }>;

const BOOT_S = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const DRAIN_S = [0.1, 0.5, 1, 2.5, 5, 10, 15, 20, 25, 30, 60];
const PROBE_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** What Prometheus is told: what happened to the supervisor, how it is, and what its workers counted. */
export class SupervisorMetrics {
  readonly #registry = new Registry();
  readonly #counted = declareCounted(this.#registry);
  readonly #tools = new ToolsMetrics(this.#registry);
  readonly #workers = new MergedMetrics();
  /** What a process was doing when it was killed, by its slot: its exit follows. */
  readonly #killedIn = new Map<number, string | undefined>();

  /** Counts an event. */
  observe(event: SupervisorEvent): void {
    if (isOfWorker(event)) {
      this.#observeWorker(event);
      return;
    }
    const counted = this.#counted;
    switch (event.type) {
      case 'drain_finished':
        counted.drainS.observe(event.tookMs / 1_000);
        if (event.forced) counted.drainsForced.inc();
        return;
      case 'reload_finished':
        counted.reloads.inc({ result: event.result });
        return;
      case 'tools_reloaded':
      case 'tools_unchanged':
      case 'tools_rolled_back':
      case 'tools_reload_failed':
        this.#tools.count(event);
        return;
      case 'dependency_probed':
        this.#countProbe(event);
        return;
      case 'supervisor_paused':
        counted.selfPauseS.inc(event.ms / 1_000);
        return;
      case 'channel_failed':
        counted.channelErrors.inc({ code: labelOfCode(event.code) });
        return;
      case 'handles_closed':
        counted.handlesClosed.inc(event.count);
        return;
      case 'call_quarantined':
        counted.quarantined.inc();
        return;
      case 'state_changed':
      case 'hang_recovered':
      case 'drain_started':
      case 'reload_started':
      case 'tools_reload_started':
      case 'tools_not_taken':
      case 'memory_leak_suspected':
      case 'dependency_changed':
      case 'call_on_trial':
      case 'call_released':
      case 'scaled':
      case 'fatal':
      case 'hold_started':
    }
  }

  /** Takes what a worker pushed. */
  receive(which: Which, families: readonly MetricFamily[]): void {
    const before = this.#workers.dropped;
    this.#workers.receive(which, families);
    this.#counted.seriesDropped.inc(this.#workers.dropped - before);
  }

  /** Keeps what a worker counted that has ended. What it still sends is added for a while. */
  retire(which: Which): void {
    this.#workers.retire(which);
  }

  /** All of it in Prometheus' text format. Nobody is asked for anything. */
  async text(snapshot: SupervisorSnapshot, facts: MetricFacts): Promise<string> {
    const all = AggregatorRegistry.aggregate([
      metricsOfSnapshot(snapshot, facts),
      await this.#registry.getMetricsAsJSON(),
      ...this.#workers.families(),
    ]);
    return all.metrics();
  }

  #observeWorker(event: OfWorker): void {
    const counted = this.#counted;
    switch (event.type) {
      case 'worker_forked':
        counted.starts.inc({ slot: event.slot });
        return;
      case 'worker_ready':
        counted.bootS.observe(event.bootMs / 1_000);
        return;
      case 'worker_killed':
        this.#killedIn.set(event.slot, event.processState);
        return;
      case 'worker_exited':
        this.#countExit(event);
        return;
      case 'worker_restarting':
        counted.restarts.inc({ reason: event.reason });
        return;
      case 'worker_recycled':
        counted.recycles.inc({ reason: labelOfReason(event.reason) });
        return;
      case 'worker_phase':
      case 'worker_suspect':
      case 'worker_parked':
    }
  }

  #countExit(event: Extract<SupervisorEvent, { type: 'worker_exited' }>): void {
    const { slot, crash, phase } = event;
    this.#counted.exits.inc({ class: crash?.class ?? 'planned', phase });
    if (crash?.class === 'hang') {
      this.#counted.hangs.inc({ state: labelOfProcessState(this.#killedIn.get(slot)) });
    }
    this.#killedIn.delete(slot);
  }

  #countProbe(event: Extract<SupervisorEvent, { type: 'dependency_probed' }>): void {
    const { name, latencyMs } = event;
    if (latencyMs === undefined) return;
    this.#counted.probeS.observe({ name: labelOfDependency(name) }, latencyMs / 1_000);
  }
}

function isOfWorker(event: SupervisorEvent): event is OfWorker {
  return event.type.startsWith('worker_');
}

function declareCounted(registry: Registry) {
  return { ...declareCounters(registry), ...declareHistograms(registry) };
}

function declareCounters(registry: Registry) {
  const counter = <Label extends string = never>(
    name: string,
    help: string,
    ...labelNames: Label[]
  ): Counter<Label> => new Counter({ name, help, labelNames, registers: [registry] });
  const counters = {
    starts: counter('mcp_supervisor_worker_starts_total', 'Workers forked.', 'slot'),
    exits: counter('mcp_supervisor_worker_exits_total', 'Workers that ended.', 'class', 'phase'),
    restarts: counter('mcp_supervisor_restarts_total', 'Workers replaced after a crash.', 'reason'),
    hangs: counter('mcp_supervisor_hangs_total', 'Workers that hung, by process state.', 'state'),
    selfPauseS: counter(
      'mcp_supervisor_self_pause_seconds_total',
      'Time that the supervisor itself was not run.',
    ),
    channelErrors: counter(
      'mcp_supervisor_channel_errors_total',
      'Messages that did not reach their worker.',
      'code',
    ),
    drainsForced: counter('mcp_supervisor_drain_forced_total', 'Drains cut off at the deadline.'),
    reloads: counter('mcp_supervisor_reloads_total', 'Reloads, by how they ended.', 'result'),
    recycles: counter('mcp_supervisor_recycles_total', 'Workers replaced in time.', 'reason'),
    handlesClosed: counter(
      'mcp_supervisor_inflight_handles_closed_total',
      'Connections closed that were on their way to a worker that died.',
    ),
    quarantined: counter('mcp_quarantined_requests_total', 'Calls put under quarantine.'),
    seriesDropped: counter(
      'mcp_supervisor_series_dropped_total',
      'Values that workers sent and that were not taken: too many, or malformed.',
    ),
  };
  beginAtZero(counters);
  return counters;
}

function declareHistograms(registry: Registry) {
  const registers = [registry];
  return {
    bootS: new Histogram({
      name: 'mcp_supervisor_worker_boot_seconds',
      help: 'Time from the fork of a worker until it served.',
      buckets: BOOT_S,
      registers,
    }),
    drainS: new Histogram({
      name: 'mcp_supervisor_drain_seconds',
      help: 'Time that a worker took to drain.',
      buckets: DRAIN_S,
      registers,
    }),
    probeS: new Histogram({
      name: 'mcp_dependency_probe_seconds',
      help: 'Time that a dependency took to answer.',
      labelNames: ['name'],
      buckets: PROBE_S,
      registers,
    }),
  };
}

/** A series that appears with its first crash does not count it: Prometheus sees no increase. */
function beginAtZero({
  exits,
  restarts,
  hangs,
  reloads,
}: {
  readonly exits: Counter<'class' | 'phase'>;
  readonly restarts: Counter<'reason'>;
  readonly hangs: Counter<'state'>;
  readonly reloads: Counter<'result'>;
}): void {
  for (const phase of ['boot', 'run']) {
    for (const name of ['planned', ...CRASH_CLASSES]) exits.inc({ class: name, phase }, 0);
  }
  for (const reason of CRASH_CLASSES) restarts.inc({ reason }, 0);
  for (const state of ['R', 'S', 'D', 'T', 'unknown']) hangs.inc({ state }, 0);
  for (const result of ['ok', 'aborted']) reloads.inc({ result }, 0);
}
