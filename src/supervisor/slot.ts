import { setTimeout as sleep } from 'node:timers/promises';

import type { DrainReason } from '../shared/ipc.ts';
import type { SupervisorEvent } from './events.ts';
import type { Ending, WorkerHandle } from './incarnation/worker-handle.ts';
import type { Verdict } from './restart-policy.ts';
import type { LastExit, SlotState, WorkerSnapshot } from './snapshot.ts';

/** What a new incarnation is to be. */
export interface Place {
  readonly slot: number;
  readonly incarnation: number;
  readonly canary: boolean;
}

/** How a worker is asked to end. */
export interface Farewell {
  readonly reason: DrainReason;
  readonly deadlineMs: number;
  /** What it may take beyond its deadline to close what it holds. */
  readonly graceMs: number;
}

/** What a slot asks of its supervisor. */
export interface SlotOptions {
  readonly index: number;
  /** Aborted when the supervisor stops. */
  readonly stopping: AbortSignal;
  /** Waits for its turn to fork. Resolves with whether it is the canary; with nothing if there will be no turn. */
  readonly admit: (slot: number) => Promise<boolean | undefined>;
  readonly fork: (place: Place) => WorkerHandle;
  readonly judge: (ending: Ending, slotFailures: number) => Verdict;
  readonly giveUp: (verdict: Extract<Verdict, { kind: 'give-up' }>, ending: Ending) => void;
  readonly emit: (event: SupervisorEvent) => void;
}

/** One place for a worker: the incarnations that fill it, one after the other, and the waits between them. */
export class Slot {
  readonly index: number;
  readonly #options: SlotOptions;
  readonly #over: AbortSignal;
  readonly #retired = new AbortController();
  #current: WorkerHandle | undefined;
  /** The next incarnation, started before the present one ends. */
  #successor: WorkerHandle | undefined;
  /** Those that were replaced, and finish what runs. */
  readonly #leaving = new Set<WorkerHandle>();
  #handover = Promise.withResolvers<undefined>();
  #pause = new AbortController();
  #idle: { readonly state: SlotState; readonly since: number; readonly until?: number };
  #incarnations = 0;
  #restarts = 0;
  #failures = 0;
  #lastExit: LastExit | undefined;

  constructor(options: SlotOptions) {
    this.index = options.index;
    this.#options = options;
    this.#over = AbortSignal.any([options.stopping, this.#retired.signal]);
    this.#idle = { state: 'IDLE', since: Date.now() };
  }

  /** Every process of this slot that has not ended. */
  get workers(): readonly WorkerHandle[] {
    const filling = [this.#current, this.#successor].filter((worker) => worker !== undefined);
    return [...this.#leaving, ...filling];
  }

  get readyWorker(): WorkerHandle | undefined {
    return this.workers.findLast((worker) => worker.isReady);
  }

  /** Whether it was ended for good, while others go on. */
  get isRetired(): boolean {
    return this.#retired.signal.aborted;
  }

  /** Ends when the supervisor stops, when the slot is retired, or when no restart is of use. */
  async keepRunning(): Promise<void> {
    let goesOn = true;
    while (goesOn) {
      const worker = this.#successor ?? (await this.#start());
      if (worker === undefined) break;
      this.#successor = undefined;
      this.#current = worker;
      this.#handover = Promise.withResolvers();
      const ending = await Promise.race([worker.exited, this.#handover.promise]);
      this.#current = undefined;
      goesOn = ending === undefined || (await this.#follow(ending));
    }
    await Promise.all(this.workers.map(({ exited }) => exited));
    this.#rest('IDLE');
  }

  /**
   * Starts the next incarnation, and ends the present one when it has served for `settleMs`. Says why
   * not, if not: the present one is left as it is.
   */
  async replace(
    farewell: Farewell,
    { canary, settleMs }: { readonly canary: boolean; readonly settleMs: number },
  ): Promise<string | undefined> {
    const old = this.#current;
    if (old === undefined) return 'it has no worker now';
    if (this.workers.length > 1) return 'it is being replaced already';
    const successor = this.#fork(canary);
    this.#successor = successor;
    const fault = await outcomeOf(successor, settleMs);
    if (fault === undefined) {
      if (this.#successor === successor) this.#handOver(old);
      old.drain(farewell.reason, farewell.deadlineMs, farewell.graceMs);
      await old.exited;
      return undefined;
    }
    // Had the present one ended meanwhile, this one would have taken its place, and be looked after there.
    if (this.#successor !== successor) return fault.crash.cause;
    this.#successor = undefined;
    if (!fault.asked) this.#lastExit = fault.exit;
    return fault.crash.cause;
  }

  /** Makes the next attempt now, if it waits for one. */
  hurry(): void {
    this.#pause.abort();
  }

  /** Ends the slot, and what runs in it. */
  retire(farewell: Farewell): void {
    this.#retired.abort();
    this.drain(farewell);
  }

  /** Tells what runs here to end. What does not serve yet has nothing to finish. */
  drain({ reason, deadlineMs, graceMs }: Farewell): void {
    this.#pause.abort();
    for (const worker of this.workers) worker.drain(reason, deadlineMs, graceMs);
  }

  snapshot(): WorkerSnapshot {
    const worker = (this.readyWorker ?? this.#current)?.snapshot();
    const idle = this.#idle;
    const shared = {
      slot: this.index,
      restarts: this.#restarts,
      consecutiveFailures: this.#failures,
      lastExit: this.#lastExit,
    };
    if (worker !== undefined && worker.state !== 'EXITED') {
      const { state } = worker;
      return { ...shared, ...worker, state, nextStartAt: undefined };
    }
    return {
      ...shared,
      incarnation: this.#incarnations,
      state: idle.state,
      stateSince: idle.since,
      nextStartAt: idle.until,
      generation: 0,
      toolGeneration: undefined,
      toolGenerationsLoaded: 0,
      pid: undefined,
      forkedAt: undefined,
      readyAt: undefined,
      bootMs: undefined,
      silentMs: undefined,
      heartbeat: undefined,
    };
  }

  /** Does what follows a worker's end. Says whether there is to be another. */
  async #follow(ending: Ending): Promise<boolean> {
    const { judge, giveUp, emit } = this.#options;
    const verdict = judge(ending, this.#failures);
    if (verdict.kind === 'leave') return this.#successor !== undefined && !this.#over.aborted;
    this.#lastExit = ending.exit;
    if (verdict.kind === 'give-up') {
      giveUp(verdict, ending);
      return false;
    }
    const { delayMs, slotFailures: failures } = verdict;
    this.#failures = failures;
    this.#restarts += 1;
    const slot = this.index;
    const isParked = verdict.kind === 'park';
    if (isParked) emit({ type: 'worker_parked', slot, delayMs, failures });
    else emit({ type: 'worker_restarting', slot, delayMs, failures, reason: ending.crash.class });
    // One that is on its way already need not be waited for.
    if (this.#successor === undefined) await this.#wait(isParked ? 'PARKED' : 'BACKOFF', delayMs);
    return !this.#over.aborted;
  }

  /** From now on the successor is who is looked after here. */
  #handOver(old: WorkerHandle): void {
    this.#leaving.add(old);
    void old.exited.then(() => {
      this.#leaving.delete(old);
    });
    this.#handover.resolve(undefined);
  }

  async #start(): Promise<WorkerHandle | undefined> {
    if (this.#over.aborted) return undefined;
    const canary = await this.#options.admit(this.index);
    return canary === undefined || this.#over.aborted ? undefined : this.#fork(canary);
  }

  #fork(canary: boolean): WorkerHandle {
    this.#incarnations += 1;
    return this.#options.fork({ slot: this.index, incarnation: this.#incarnations, canary });
  }

  async #wait(state: SlotState, delayMs: number): Promise<void> {
    this.#rest(state, delayMs);
    this.#pause = new AbortController();
    const signal = AbortSignal.any([this.#pause.signal, this.#over]);
    await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    this.#rest('IDLE');
  }

  #rest(state: SlotState, delayMs?: number): void {
    const since = Date.now();
    this.#idle =
      delayMs === undefined ? { state, since } : { state, since, until: since + delayMs };
  }
}

/** How a new incarnation does: nothing if it became ready and served for `settleMs`, else its end. */
async function outcomeOf(worker: WorkerHandle, settleMs: number): Promise<Ending | undefined> {
  const early = await Promise.race([worker.ready.then(() => undefined), worker.exited]);
  if (early !== undefined) return early;
  const patience = new AbortController();
  const settled = sleep(settleMs, undefined, { signal: patience.signal });
  const outcome = await Promise.race([settled.catch(() => undefined), worker.exited]);
  patience.abort();
  return outcome;
}
