import type { SupervisorEvent } from './events.ts';
import type { Farewell, Slot } from './slot.ts';
import type { SupervisorSnapshot } from './snapshot.ts';

export interface RollingReloadOptions {
  readonly slots: () => readonly Slot[];
  readonly farewell: Farewell;
  /** How long the first new worker has to serve before the next follows. */
  readonly settleMs: number;
  /** Resolves when nobody is in the middle of what an end would disturb. */
  readonly settled: () => Promise<void>;
  readonly stopping: AbortSignal;
  readonly emit: (event: SupervisorEvent) => void;
}

/**
 * Replaces worker after worker, each before its predecessor ends: there is never one less than
 * before, and one more at most. The first has to prove itself; what goes wrong breaks it off, and
 * who has not been replaced then serves on.
 */
export class RollingReload {
  readonly #options: RollingReloadOptions;
  #generation = 1;
  #active = false;
  #last: { readonly result: 'ok' | 'aborted'; readonly at: number } | undefined;

  constructor(options: RollingReloadOptions) {
    this.#options = options;
  }

  get isActive(): boolean {
    return this.#active;
  }

  /** Which generation a worker belongs to that is forked now. */
  get generation(): number {
    return this.#generation;
  }

  /** Does it once. Resolves when it is over, however it ended. */
  async run(): Promise<void> {
    const { emit } = this.#options;
    this.#active = true;
    this.#generation += 1;
    const generation = this.#generation;
    emit({ type: 'reload_started', generation });
    await this.#options.settled();
    const fault = await this.#replaceOneByOne();
    const result = fault === undefined ? 'ok' : 'aborted';
    this.#active = false;
    this.#last = { result, at: Date.now() };
    emit({ type: 'reload_finished', result, generation, reason: fault ?? '' });
  }

  snapshot(): SupervisorSnapshot['reload'] {
    return { active: this.#active, lastResult: this.#last?.result, lastAt: this.#last?.at };
  }

  async #replaceOneByOne(): Promise<string | undefined> {
    const { farewell, settleMs, stopping } = this.#options;
    const slots = this.#options.slots();
    const serving = slots.filter((slot) => slot.readyWorker !== undefined);
    for (const [index, slot] of serving.entries()) {
      if (stopping.aborted) return 'we stop';
      const isFirst = index === 0;
      const proof = { canary: isFirst, settleMs: isFirst ? settleMs : 0 };
      const fault = await slot.replace(farewell, proof);
      if (fault !== undefined) return `slot ${slot.index}: ${fault}`;
    }
    // What kept the others down may be mended: they need not wait for their next attempt.
    for (const slot of slots) {
      if (!serving.includes(slot)) slot.hurry();
    }
    return undefined;
  }
}
