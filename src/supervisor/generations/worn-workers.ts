import type { SupervisorSnapshot } from '../snapshot.ts';

export interface WornWorkersOptions {
  /** So many generations one worker may load. */
  readonly generationsMax: number;
  readonly everyMs: number;
  readonly snapshot: () => SupervisorSnapshot;
  /** Whether workers are being given other tools at this moment. */
  readonly isSwapping: () => boolean;
  readonly recycle: (slot: number, reason: string) => unknown;
}

/**
 * Replaces workers for what they have loaded: too much over time, for modules are never unloaded, or something else than all
 * others. One at a time.
 */
export class WornWorkers implements Disposable {
  readonly #timer: NodeJS.Timeout;

  constructor(options: WornWorkersOptions) {
    this.#timer = setInterval(() => {
      if (options.isSwapping()) return;
      const slot = findWorn(options.snapshot(), options.generationsMax);
      if (slot !== undefined) options.recycle(slot, 'generations');
    }, options.everyMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Says in which slot a worker is to be replaced first, if any is. */
export function findWorn(
  { workers, tools }: SupervisorSnapshot,
  generationsMax: number,
): number | undefined {
  const serving = workers.filter(({ state }) => state === 'READY');
  const stale = serving.find(({ toolGeneration }) => toolGeneration !== tools.toolGeneration);
  if (stale !== undefined) return stale.slot;
  return serving
    .filter(({ toolGenerationsLoaded }) => toolGenerationsLoaded > generationsMax)
    .toSorted((a, b) => b.toolGenerationsLoaded - a.toolGenerationsLoaded)[0]?.slot;
}
