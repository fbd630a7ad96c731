import type { SupervisorEvent } from '../events.ts';
import type { SupervisorSnapshot } from '../snapshot.ts';
import { judgeMemory, NO_RECYCLES, type RecycleLimits } from './recycle-policy.ts';

export interface RecyclerOptions {
  /** What a worker may take, given how many there are to be. Absent where that is too little to say. */
  readonly limitsFor: (workerCount: number) => RecycleLimits | undefined;
  readonly everyMs: number;
  readonly snapshot: () => SupervisorSnapshot;
  readonly recycle: (slot: number, reason: string) => unknown;
  readonly emit: (event: SupervisorEvent) => void;
}

/** Replaces workers that take too much memory, before the kernel ends one in the middle of its calls. */
export class Recycler implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #record = NO_RECYCLES;

  constructor(options: RecyclerOptions) {
    this.#timer = setInterval(() => {
      this.#look(options);
    }, options.everyMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look({ limitsFor, snapshot, recycle, emit }: RecyclerOptions): void {
    const { workers, desired } = snapshot();
    const limits = limitsFor(desired);
    if (limits === undefined) return;
    const samples = workers.flatMap(({ slot, incarnation, state, heartbeat }) =>
      state === 'READY' && heartbeat !== undefined
        ? [{ slot, incarnation, rssBytes: heartbeat.rssBytes }]
        : [],
    );
    const verdict = judgeMemory(samples, this.#record, limits, performance.now());
    this.#record = verdict.record;
    if (verdict.recycle === undefined) return;
    recycle(verdict.recycle.slot, 'memory');
    const { recyclesInHour } = verdict;
    if (verdict.isLeakSuspected) emit({ type: 'memory_leak_suspected', recyclesInHour });
  }
}
