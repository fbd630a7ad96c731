import { setTimeout as sleep } from 'node:timers/promises';
import type { Proof } from '../../shared/proof.ts';
import type { SupervisorEvent } from '../events.ts';
import { changedLists, type ListName } from './changed-lists.ts';
import { Orders, type SaidOfGeneration, type ServingWorker } from './orders.ts';

export interface HandoverOptions {
  /** The generation that all are to serve. */
  readonly current: () => string;
  readonly findProof: (generation: string) => Proof | undefined;
  readonly workers: () => readonly ServingWorker[];
  readonly isReplacing: () => boolean;
  readonly announce: (lists: readonly ListName[]) => void;
  readonly deadlineMs: number;
  readonly stopping: AbortSignal;
  readonly emit: (event: SupervisorEvent) => void;
}

const POLL_MS = 50;

/** Brings workers from one generation to another, in two steps: what not all can do, none does. */
export class Handover {
  readonly #options: HandoverOptions;
  readonly #orders: Orders;
  /** What is done now, and after it what is to be done: one after the other. */
  #tail = Promise.resolve();
  #isSwapping = false;
  /** What agents have to list anew once no worker is left behind: there they would read it as it was. */
  readonly #owed = new Set<ListName>();

  constructor(options: HandoverOptions) {
    this.#options = options;
    this.#orders = new Orders(options.deadlineMs);
  }

  get isSwapping(): boolean {
    return this.#isSwapping;
  }

  async settled(): Promise<void> {
    await this.#tail;
  }

  heed(said: SaidOfGeneration, from: ServingWorker): void {
    this.#orders.heed(said, from);
  }

  /** Tells agents once more, if the last worker that was left behind is so no longer. */
  announceOwed(): void {
    if (this.#owed.size > 0 && !this.#isSwapping && !this.#isAnyLeft()) this.#announce([]);
  }

  /**
   * Has all workers that serve load a generation beside the one they serve, and then serve it. Calls `commit` between the two:
   * from then on there is no way back, and whoever boots is to get the new one. Waits while processes are being replaced. Says
   * why not, if not: then nothing has changed.
   */
  async swap(
    generation: string,
    lists: readonly ListName[],
    commit: () => void,
  ): Promise<string | undefined> {
    const { isReplacing, stopping } = this.#options;
    for (;;) {
      while (isReplacing() && !stopping.aborted) {
        await sleep(POLL_MS, undefined, { signal: stopping }).catch(() => undefined);
      }
      if (stopping.aborted) return 'Holdfast stops';
      const outcome = await this.#alone(async () => {
        // Somebody may have begun while we waited for our turn.
        if (isReplacing()) return { isDone: false } as const;
        const fault = await this.#swapNow(generation, lists, commit);
        return { isDone: true, fault } as const;
      });
      if (outcome.isDone) return outcome.fault;
    }
  }

  /** Brings along those that serve something else: they booted while the others were given it. */
  async catchUp(): Promise<void> {
    await this.#alone(async () => {
      const { current, findProof } = this.#options;
      const left = await this.#bringAlong();
      const now = findProof(current());
      const lists = new Set(left.flatMap((before) => changedLists(findProof(before), now)));
      // Who came to them in the meantime has listed what was there before.
      this.#announce([...lists]);
    });
  }

  async #swapNow(
    generation: string,
    lists: readonly ListName[],
    commit: () => void,
  ): Promise<string | undefined> {
    const workers = this.#options.workers();
    const unprepared = await this.#tellAll('prepare', generation, workers);
    const [first] = unprepared;
    if (first !== undefined) {
      for (const worker of workers) worker.tell({ type: 'generation', generation, step: 'drop' });
      return `The worker in slot ${first.worker.slot} did not prepare them: ${first.fault}`;
    }
    commit();
    for (const { worker, fault } of await this.#tellAll('swap', generation, workers)) {
      this.#noteLeft(worker, fault);
    }
    await this.#bringAlong();
    this.#announce(lists);
    return undefined;
  }

  #isAnyLeft(): boolean {
    const { current, workers } = this.#options;
    const generation = current();
    return workers().some(({ toolGeneration }) => toolGeneration !== generation);
  }

  #announce(lists: readonly ListName[]): void {
    const all = [...new Set([...this.#owed, ...lists])];
    this.#owed.clear();
    if (this.#isAnyLeft()) for (const list of all) this.#owed.add(list);
    if (all.length > 0) this.#options.announce(all);
  }

  /** Returns what those served that now serve the same as the others. */
  async #bringAlong(): Promise<string[]> {
    const { current, workers } = this.#options;
    const generation = current();
    const behind = workers().filter((worker) => worker.toolGeneration !== generation);
    const brought = behind.map(async (worker) => {
      const before = worker.toolGeneration;
      const fault =
        (await this.#tell('prepare', generation, worker)) ??
        (await this.#tell('swap', generation, worker));
      if (fault === undefined) return before ?? [];
      this.#noteLeft(worker, fault);
      return [];
    });
    return (await Promise.all(brought)).flat();
  }

  async #tellAll(
    step: 'prepare' | 'swap',
    generation: string,
    workers: readonly ServingWorker[],
  ): Promise<readonly { readonly worker: ServingWorker; readonly fault: string }[]> {
    const answers = workers.map(async (worker) => {
      const fault = await this.#tell(step, generation, worker);
      return fault === undefined ? [] : [{ worker, fault }];
    });
    return (await Promise.all(answers)).flat();
  }

  async #tell(
    step: 'prepare' | 'swap',
    generation: string,
    worker: ServingWorker,
  ): Promise<string | undefined> {
    return this.#orders.give(step, generation, worker, this.#options.stopping);
  }

  /** One that is gone by now is no concern: whoever takes its place is told what to load. */
  #noteLeft(worker: ServingWorker, reason: string): void {
    const { current, workers, emit } = this.#options;
    if (!workers().includes(worker)) return;
    const { slot } = worker;
    emit({ type: 'tools_not_taken', slot, toolGeneration: current(), reason });
  }

  async #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#tail;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tail = promise;
    await before;
    this.#isSwapping = true;
    try {
      return await work();
    } finally {
      this.#isSwapping = false;
      resolve();
    }
  }
}
