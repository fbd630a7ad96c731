import { Gauge, type Registry } from '../../shared/prometheus.ts';

/** The connections of a pool, as `pg-pool` counts them. */
export interface PoolCounts {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** How this process is: what its last heartbeat said. */
export interface Vitals {
  readonly utilization: number;
  readonly loopDelayP99Ms: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
}

/** Declares what is read off the pool. */
export function declarePool(registry: Registry, counts: () => PoolCounts): void {
  const connections = new Gauge({
    name: 'mcp_postgres_pool_connections',
    help: 'Connections to Postgres.',
    labelNames: ['state'],
    registers: [],
    collect() {
      const { totalCount, idleCount } = counts();
      this.set({ state: 'idle' }, idleCount);
      this.set({ state: 'used' }, totalCount - idleCount);
    },
  });
  const waiting = new Gauge({
    name: 'mcp_postgres_pool_waiting',
    help: 'Calls that wait for a connection to Postgres.',
    registers: [],
    collect() {
      this.set(counts().waitingCount);
    },
  });
  registry.registerMetric(connections);
  registry.registerMetric(waiting);
}

/** Declares how many tools are not shown to anybody. */
export function declareHeldBack(registry: Registry, count: () => number): void {
  const heldBack = new Gauge({
    name: 'mcp_tools_held_back',
    help: 'Tools that are not as they were approved, and are not served until they are approved again.',
    aggregator: 'max',
    registers: [],
    collect() {
      this.set(count());
    },
  });
  registry.registerMetric(heldBack);
}

/** Each gauge, how those of several workers become one, and what it says. */
const VITALS = [
  [
    'mcp_worker_event_loop_delay_p99_seconds',
    'max',
    'Delay of the event loop, of the worker that is latest.',
    ({ loopDelayP99Ms }: Vitals) => loopDelayP99Ms / 1_000,
  ],
  [
    'mcp_worker_event_loop_utilization_ratio',
    'max',
    'Utilization of the event loop, of the worker that is busiest.',
    ({ utilization }: Vitals) => utilization,
  ],
  [
    'mcp_worker_resident_memory_bytes',
    'sum',
    'Memory of all workers.',
    ({ rssBytes }: Vitals) => rssBytes,
  ],
  [
    'mcp_worker_heap_used_bytes',
    'max',
    'Heap of the worker that uses most.',
    ({ heapUsedBytes }: Vitals) => heapUsedBytes,
  ],
] as const;

/** Declares what is read off the last heartbeat. */
export function declareVitals(registry: Registry, vitals: () => Vitals): void {
  for (const [name, aggregator, help, valueOf] of VITALS) {
    const gauge = new Gauge({
      name,
      help,
      aggregator,
      registers: [],
      collect() {
        this.set(valueOf(vitals()));
      },
    });
    registry.registerMetric(gauge);
  }
}
