import type { MetricFamily, Series } from '../../../src/shared/ipc.ts';
import { WorkerMetrics, type WorkerMetricsOptions } from '../../../src/worker/observe/metrics.ts';
import { MountedCounts } from '../../../src/worker/observe/mounted.ts';

/** Metrics of a worker that knows two methods and no tool, unless said otherwise. */
export function openMetrics(options: Partial<WorkerMetricsOptions> = {}): WorkerMetrics {
  return new WorkerMetrics({
    heldBack: () => 0,
    mounted: new MountedCounts(),
    methods: ['ping', 'tools/call'],
    isTool: () => false,
    pool: () => ({ totalCount: 5, idleCount: 2, waitingCount: 7 }),
    vitals: () => ({ utilization: 0.5, loopDelayP99Ms: 20, rssBytes: 100, heapUsedBytes: 40 }),
    ...options,
  });
}

/** The series of a metric. */
export async function seriesOf(metrics: WorkerMetrics, name: string): Promise<readonly Series[]> {
  const families = await metrics.read();
  return families.find((family) => family.name === name)?.values ?? [];
}

/** The series of a metric as `label=value, …: value`, those of a histogram by their counts alone. */
export async function countsOf(metrics: WorkerMetrics, name: string): Promise<readonly string[]> {
  const series = await seriesOf(metrics, name);
  return series
    .filter(({ metricName = '_count' }) => metricName.endsWith('_count'))
    .map(({ labels, value }) => {
      const shown = Object.entries(labels).map(([label, word]) => `${label}=${word}`);
      return `${shown.join(', ')}: ${value}`;
    });
}

/** A family of counters, one for each label given. */
export function counterOf(name: string, values: Readonly<Record<string, number>>): MetricFamily {
  return {
    name,
    help: 'Counts.',
    type: 'counter',
    aggregator: 'sum',
    values: Object.entries(values).map(([which, value]) => ({
      value,
      labels: { which },
      metricName: undefined,
    })),
  };
}
