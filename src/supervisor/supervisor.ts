import type { FromSupervisor, FromWorker } from '../shared/ipc.ts';
import { CrashLedger, type Fatality } from './crash-ledger.ts';
import { Crew } from './crew.ts';
import { countdownOf, Dependencies } from './dependencies.ts';
import type { SupervisorEvent } from './events.ts';
import { WorkerHandle } from './incarnation/worker-handle.ts';
import { PoisonWatch } from './poison/poison-watch.ts';
import type { Place } from './slot.ts';
import type { SupervisorSnapshot } from './snapshot.ts';
import { Staffing } from './staffing.ts';
import type { SupervisorOptions } from './supervisor-options.ts';
import { reasonOf, StateTracker, stateOf } from './supervisor-state.ts';
import { Watchdog } from './watchdog.ts';

const TICK_MS_MAX = 250;

/** Keeps the workers running until told to stop, or until restarting them is of no more use. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #crew: Crew;
  readonly #tracker: StateTracker;
  readonly #dependencies = new Dependencies();
  readonly #poison: PoisonWatch;
  readonly #ledger: CrashLedger;
  readonly #staffing: Staffing;
  readonly #stopping = new AbortController();
  #fatality: Fatality | undefined;
  #started = false;
  #pauses: SupervisorSnapshot['pauses'] = { count: 0, lastMs: undefined };

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#tracker = new StateTracker(options.emit);
    this.#ledger = new CrashLedger(options);
    const emit = (event: SupervisorEvent): void => {
      this.#emit(event);
    };
    this.#poison = new PoisonWatch({
      ...options,
      emit,
      tell: (message) => {
        this.tell(message);
      },
    });
    this.#crew = new Crew({
      stopping: this.#stopping.signal,
      fork: (place) => this.#fork(place),
      judge: (ending, slotFailures) =>
        this.#ledger.judge(ending, {
          slotFailures,
          readyCount: this.#crew.readyCount,
          workerCount: this.#staffing.desired,
        }),
      giveUp: (verdict, ending) => {
        this.giveUp(this.#ledger.fatalityOf(verdict.class, verdict.reason, ending));
      },
      emit,
    });
    this.#staffing = new Staffing({
      ...options,
      crew: this.#crew,
      isSwapping: () => options.tools.isSwapping,
      settled: () => options.tools.settled(),
      stopping: this.#stopping.signal,
      emit,
    });
  }

  /** Resolves when every worker has ended: with nothing if that was asked for, else with why we gave up. */
  async run(): Promise<Fatality | undefined> {
    using watchdog = new Watchdog({
      tickMs: Math.min(TICK_MS_MAX, this.#options.limits.suspectMs / 4),
      onTick: (elapsedMs) => {
        this.#tick(elapsedMs);
      },
      onPause: (pausedMs) => {
        this.#pauses = { count: this.#pauses.count + 1, lastMs: pausedMs };
        this.#emit({ type: 'supervisor_paused', ms: pausedMs });
      },
    });
    watchdog.start();
    this.#crew.scaleTo(this.#staffing.desired, this.#staffing.farewell('stop'));
    this.#refresh();
    await this.#crew.gone;
    return this.#fatality;
  }

  /** Drains the workers. */
  stop(): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#refresh();
    this.#crew.drain(this.#staffing.farewell('stop'));
  }

  /** Ends because of a fault. What was said first holds. */
  giveUp(fatality: Fatality): void {
    if (this.#stopping.signal.aborted) return;
    this.#fatality = fatality;
    const { class: crashClass, cause, remedy } = fatality.crash;
    this.#emit({ type: 'fatal', class: crashClass, exitCode: fatality.exitCode, cause, remedy });
    this.#options.onFatality(fatality);
    this.stop();
  }

  /** Ends every worker at once. */
  discardAll(): void {
    for (const worker of this.#crew.workers) worker.discard();
  }

  /** Says it to all workers, or to one. Returns whether there is any to take it. */
  tell(message: FromSupervisor, to: 'all' | 'one' = 'all'): boolean {
    return this.#crew.tell(message, to);
  }

  /** Those who serve. */
  get serving(): readonly WorkerHandle[] {
    return this.#crew.workers.filter((worker) => worker.isReady);
  }

  /** Whether workers are being replaced, one or all. */
  get isReplacing(): boolean {
    return this.#staffing.isReplacing;
  }

  reload(): ReturnType<Staffing['reload']> {
    return this.#staffing.reload();
  }

  recycle(index: number, reason: string): ReturnType<Staffing['recycle']> {
    return this.#staffing.recycle(index, reason);
  }

  scale(to: number): ReturnType<Staffing['scale']> {
    const outcome = this.#staffing.scale(to);
    this.#refresh();
    return outcome;
  }

  /** Frees a call from quarantine. */
  release(fingerprint: string): 'accepted' | 'unknown' {
    return this.#poison.release(fingerprint) ? 'accepted' : 'unknown';
  }

  snapshot(): SupervisorSnapshot {
    return {
      ...this.#tracker.current,
      started: this.#started,
      desired: this.#staffing.desired,
      budget: this.#ledger.snapshot(this.#staffing.desired),
      generation: this.#staffing.reloading.generation,
      reload: this.#staffing.reloading.snapshot(),
      tools: this.#options.tools.snapshot(),
      workers: this.#crew.slots.map((slot) => slot.snapshot()),
      dependencies: this.#dependencies.snapshot(),
      quarantine: this.#poison.snapshot(),
      pauses: this.#pauses,
    };
  }

  #fork(place: Place): WorkerHandle {
    const { generation } = this.#staffing.reloading;
    const worker = new WorkerHandle(this.#options.fork(place, this.#staffing.desired), {
      ...this.#options,
      ...place,
      generation,
      emit: (event) => {
        this.#emit(event);
      },
      onMessage: (said, from) => {
        this.#hear(said, from);
      },
      explain: (evidence, from) => this.#poison.explain(evidence, from),
    });
    this.#emit({ type: 'worker_forked', ...place, pid: worker.pid, generation });
    return worker;
  }

  #hear(said: FromWorker, from: WorkerHandle): void {
    this.#options.tools.heed(said, from);
    switch (said.type) {
      case 'hello':
        from.tell({
          type: 'go',
          deadlineMs: this.#waitLeftMs(from),
          generation: this.#options.tools.current,
        });
        for (const message of this.#poison.greeting()) from.tell(message);
        return;
      case 'ready':
        this.#welcome(from);
        return;
      case 'dependency':
        this.#takeReport(said);
        return;
      case 'trial':
        this.#poison.heedTrial(said);
        return;
      case 'metrics':
        this.#options.onMetrics(said, from);
        return;
      case 'phase':
      case 'heartbeat':
      case 'fatal':
      case 'drained':
      case 'generation':
    }
  }

  #welcome(worker: WorkerHandle): void {
    this.#started = true;
    this.#ledger.forgive();
    worker.tell({ type: 'dependencies', dependencies: this.#dependencies.reports() });
    this.#crew.release();
    this.#refresh();
  }

  #takeReport(said: Extract<FromWorker, { type: 'dependency' }>): void {
    const { type: _type, ...dependency } = said;
    const { name, latencyMs, status } = dependency;
    this.#options.emit({ type: 'dependency_probed', name, latencyMs, up: status === 'up' });
    const serving = this.#crew.readyCount > 0;
    const changed = this.#dependencies.take(dependency, { now: Date.now(), serving });
    if (changed) {
      this.#emit({ type: 'dependency_changed', dependency });
      this.tell({ type: 'dependencies', dependencies: this.#dependencies.reports() });
    } else if (!serving) this.#refresh();
  }

  #tick(elapsedMs: number): void {
    for (const worker of this.#crew.workers) worker.tick(elapsedMs, this.#waitLeftMs(worker));
    this.#poison.tick();
    const isEmpty = this.#tracker.current.state === 'NO_CAPACITY';
    if (isEmpty && this.#ledger.countZeroCapacity(elapsedMs)) {
      const isWaiting = this.#crew.workers.some((worker) => worker.isWaiting);
      this.giveUp(this.#ledger.fatalityOfZeroCapacity(isWaiting));
    }
    this.#options.onTick();
  }

  /** How long a worker may still wait for dependencies. While others serve, as long as it takes. */
  #waitLeftMs(worker: WorkerHandle): number | undefined {
    const served = this.#crew.workers.some((other) => other !== worker && other.isReady);
    return served ? undefined : this.#ledger.waitLeftMs;
  }

  /** Tells what happened, and works out what the whole is now. */
  #emit(event: SupervisorEvent): void {
    this.#options.emit(event);
    this.#refresh();
    this.#crew.appointProber();
  }

  #refresh(): void {
    const situation = {
      fatality: this.#fatality?.crash.cause,
      stopping: this.#stopping.signal.aborted,
      started: this.#started,
      ready: this.#crew.readyCount,
      desired: this.#staffing.desired,
    };
    const slots = this.#crew.slots.map((slot) => slot.snapshot());
    this.#tracker.update(stateOf(situation), reasonOf(situation, slots, this.#countdown()));
  }

  /** What is waited for, if anything is. */
  #countdown(): string | undefined {
    const waiting = this.#crew.workers.find((worker) => worker.isWaiting);
    const [away] = this.#dependencies.away();
    if (waiting === undefined || away === undefined) return undefined;
    const limitMs = this.#waitLeftMs(waiting);
    return countdownOf(away, limitMs && limitMs - waiting.waitedMs);
  }
}
