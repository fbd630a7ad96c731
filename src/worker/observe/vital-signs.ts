import type { EventLoopUtilization } from 'node:perf_hooks';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

import type { FromWorker } from '../../shared/ipc.ts';

type Heartbeat = Extract<FromWorker, { type: 'heartbeat' }>;

/** What is at work in this worker just now. */
export type Workload = Pick<Heartbeat, 'webSockets' | 'http' | 'inFlight' | 'oldestInFlightMs'>;

const NS_OF_MS = 1_000_000;
/** It wakes an idle worker so often; and of a block, so much may be missed. */
const DELAY_RESOLUTION_MS = 50;

/** How a worker is: what it tells its supervisor each time its heart beats. */
export class VitalSigns {
  readonly #readWorkload: () => Workload;
  readonly #delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  #sequence = 0;
  #last: Heartbeat | undefined;
  #utilization: EventLoopUtilization = performance.eventLoopUtilization();

  constructor(readWorkload: () => Workload) {
    this.#readWorkload = readWorkload;
    this.#delay.enable();
  }

  /** What was read last. */
  get last(): Heartbeat {
    return this.#last ?? this.read();
  }

  /** Looks anew. Utilization and delay count from the last time. */
  read(): Heartbeat {
    this.#sequence += 1;
    this.#last = this.#look();
    return this.#last;
  }

  #look(): Heartbeat {
    const utilization = performance.eventLoopUtilization();
    const since = performance.eventLoopUtilization(utilization, this.#utilization);
    this.#utilization = utilization;
    const loopDelayP99Ms = Math.max(0, this.#delay.percentile(99) / NS_OF_MS - DELAY_RESOLUTION_MS);
    this.#delay.reset();
    const { rss, heapUsed } = process.memoryUsage();
    return {
      type: 'heartbeat',
      sequence: this.#sequence,
      utilization: Math.round(since.utilization * 1_000) / 1_000,
      loopDelayP99Ms: Math.round(loopDelayP99Ms * 10) / 10,
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      ...this.#readWorkload(),
    };
  }
}
