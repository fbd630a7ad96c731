import type { DrainReason } from '../shared/ipc.ts';
import type { Crew } from './crew.ts';
import type { SupervisorEvent } from './events.ts';
import { RollingReload } from './rolling-reload.ts';
import type { Farewell } from './slot.ts';

export interface StaffingOptions {
  readonly crew: Crew;
  readonly workerCount: number;
  readonly farewell: Omit<Farewell, 'reason'>;
  readonly reloadSettleMs: number;
  /** Whether workers are being given other tools. None is to be told to end meanwhile. */
  readonly isSwapping: () => boolean;
  /** Resolves when they are not. */
  readonly settled: () => Promise<void>;
  readonly stopping: AbortSignal;
  readonly emit: (event: SupervisorEvent) => void;
}

/** How many workers there are to be, and which of them are replaced by others. */
export class Staffing {
  readonly reloading: RollingReload;
  readonly #options: StaffingOptions;
  #desired: number;

  constructor(options: StaffingOptions) {
    this.#options = options;
    this.#desired = options.workerCount;
    this.reloading = new RollingReload({
      ...options,
      slots: () => options.crew.slots,
      farewell: this.farewell('reload'),
      settleMs: options.reloadSettleMs,
    });
  }

  get desired(): number {
    return this.#desired;
  }

  /** Whether workers are being replaced, one or all. */
  get isReplacing(): boolean {
    return this.#options.crew.isReplacing || this.reloading.isActive;
  }

  /**
   * Replaces all workers, one by one. Refuses while any is being replaced, or while we stop; while they are being given other
   * tools, it begins when that is done.
   */
  reload(): 'accepted' | 'busy' {
    const { crew, stopping } = this.#options;
    // With nobody to replace, those that wait try by themselves.
    if (this.isReplacing || stopping.aborted || crew.readyCount === 0) return 'busy';
    void this.reloading.run();
    return 'accepted';
  }

  /** Replaces the worker of one slot. */
  recycle(index: number, reason: string): 'accepted' | 'busy' | 'unknown' {
    const { crew, emit } = this.#options;
    const slot = crew.find(index);
    if (slot === undefined) return 'unknown';
    if (this.#isBusy() || slot.readyWorker === undefined) return 'busy';
    const rssBytes = slot.snapshot().heartbeat?.rssBytes ?? 0;
    emit({ type: 'worker_recycled', slot: index, reason, rssBytes });
    void slot.replace(this.farewell('recycle'), { canary: false, settleMs: 0 });
    return 'accepted';
  }

  /** Serves with so many workers from now on. */
  scale(to: number): 'accepted' | 'busy' {
    const { crew, emit } = this.#options;
    if (this.#isBusy()) return 'busy';
    emit({ type: 'scaled', from: this.#desired, to });
    this.#desired = to;
    crew.scaleTo(to, this.farewell('recycle'));
    return 'accepted';
  }

  farewell(reason: DrainReason): Farewell {
    return { reason, ...this.#options.farewell };
  }

  #isBusy(): boolean {
    const { stopping, isSwapping } = this.#options;
    return this.isReplacing || stopping.aborted || isSwapping();
  }
}
