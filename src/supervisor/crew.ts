import type { FromSupervisor } from '../shared/ipc.ts';
import { CanaryGate } from './canary-gate.ts';
import type { WorkerHandle } from './incarnation/worker-handle.ts';
import { type Farewell, Slot, type SlotOptions } from './slot.ts';

/** All slots, and what is done to all of them. */
export class Crew {
  readonly #options: Omit<SlotOptions, 'index' | 'admit'>;
  readonly #slots = new Map<number, Slot>();
  readonly #gate: CanaryGate;
  readonly #gone = Promise.withResolvers<void>();
  #wanted = 0;
  #running = 0;
  #prober: WorkerHandle | undefined;

  constructor(options: Omit<SlotOptions, 'index' | 'admit'>) {
    this.#options = options;
    this.#gate = new CanaryGate(() => this.readyCount > 0, options.stopping);
  }

  /** Resolves when no slot is left: all have been told to end, or none is of use. Rejects with a bug of ours. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  get slots(): readonly Slot[] {
    return [...this.#slots.values()].toSorted((a, b) => a.index - b.index);
  }

  /** Every process that has not ended. */
  get workers(): readonly WorkerHandle[] {
    return this.slots.flatMap((slot) => slot.workers);
  }

  /** How many slots serve. */
  get readyCount(): number {
    return this.slots.filter((slot) => slot.readyWorker !== undefined).length;
  }

  /** Whether any slot has more than the one worker that fills it. */
  get isReplacing(): boolean {
    return this.slots.some((slot) => slot.workers.length > 1);
  }

  find(index: number): Slot | undefined {
    return this.#slots.get(index);
  }

  /** Makes slots, or retires them, until there are so many. */
  scaleTo(count: number, farewell: Farewell): void {
    this.#wanted = count;
    for (let index = 0; index < count; index++) {
      if (!this.#slots.has(index)) this.#add(index);
    }
    for (const slot of this.slots) {
      if (slot.index >= count) slot.retire(farewell);
    }
  }

  /** Says it to all workers, or to one that serves or, should none, still drains. Returns whether there is any. */
  tell(message: FromSupervisor, to: 'all' | 'one'): boolean {
    const { workers } = this;
    const one = workers.find((worker) => worker.isHeard) ?? workers.find((each) => each.isDraining);
    const told = to === 'all' ? workers : [one].filter((worker) => worker !== undefined);
    for (const worker of told) worker.tell(message);
    return told.length > 0;
  }

  /** Somebody became ready: nobody has to wait for the canary any longer. */
  release(): void {
    this.#gate.open();
  }

  /** One worker asks the dependencies how they are, for all: the one in the lowest slot that serves and is heard. */
  appointProber(): void {
    if (this.#prober?.isHeard === true) return;
    this.#prober?.tell({ type: 'probe', on: false });
    this.#prober = this.workers.find((worker) => worker.isHeard);
    this.#prober?.tell({ type: 'probe', on: true });
  }

  drain(farewell: Farewell): void {
    for (const slot of this.slots) slot.drain(farewell);
  }

  #add(index: number): void {
    const admit = (slot: number): Promise<boolean | undefined> => this.#gate.admit(slot);
    const slot = new Slot({ ...this.#options, index, admit });
    this.#slots.set(index, slot);
    this.#running += 1;
    slot.keepRunning().then(
      () => {
        this.#running -= 1;
        // What a slot knows of its last worker is still of interest when all ends.
        if (slot.isRetired) this.#slots.delete(index);
        this.#gate.forget(index);
        // It was wanted again while it was still on its way out.
        const isWanted = slot.isRetired && index < this.#wanted;
        if (isWanted && !this.#options.stopping.aborted) this.#add(index);
        if (this.#running === 0) this.#gone.resolve();
      },
      (error: unknown) => {
        this.#gone.reject(error);
      },
    );
  }
}
