import type { DependencyReport, FromWorker, Phase } from '../../shared/ipc.ts';
import type { Infliction, LastWords } from '../crash.ts';
import type { Incarnation, SupervisorEvent } from '../events.ts';
import type { Heartbeat, SlotState } from '../snapshot.ts';
import { type Activity, advance, type Clocks, findOverdue, type TimeLimits } from '../watchdog.ts';

/** Where one incarnation is in its life. */
export type LifeState = Exclude<SlotState, 'IDLE' | 'BACKOFF' | 'PARKED'> | 'EXITED';

const BOOTING: ReadonlySet<LifeState> = new Set(['FORKING', 'BOOTING', 'WAITING_DEP']);
/** From here on nothing it says or leaves unsaid changes what becomes of it. */
const ENDING: ReadonlySet<LifeState> = new Set(['DRAINING', 'KILLING', 'EXITED']);

/** What one incarnation is at, made of what it says and of the time that passes. */
export class WorkerLife {
  readonly forkedAt = Date.now();
  readonly #bornAt = performance.now();
  readonly #who: Incarnation;
  readonly #emit: (event: SupervisorEvent) => void;
  readonly #clocks: Clocks = { silentMs: 0, bootMs: 0, phaseMs: 0, waitMs: 0 };
  readonly #away = new Map<string, DependencyReport>();
  #state: LifeState = 'FORKING';
  #stateSince = Date.now();
  #phase: Phase = 'starting';
  #phaseLimitMs: number | undefined;
  #readyAt: { readonly monotonic: number; readonly wall: number } | undefined;
  #heartbeat: Heartbeat | undefined;
  #toolGeneration: string | undefined;
  #toolGenerationsLoaded = 0;
  #lastWords: LastWords | undefined;

  constructor(who: Incarnation, emit: (event: SupervisorEvent) => void) {
    this.#who = who;
    this.#emit = emit;
  }

  get state(): LifeState {
    return this.#state;
  }

  /** Whether it serves. One that is only suspected to hang does. */
  get isReady(): boolean {
    return this.#state === 'READY' || this.#state === 'SUSPECT';
  }

  get isEnding(): boolean {
    return ENDING.has(this.#state);
  }

  /** What its agents are offered, as it last said. */
  get toolGeneration(): string | undefined {
    return this.#toolGeneration;
  }

  get silentMs(): number {
    return Math.round(this.#clocks.silentMs);
  }

  /** How long it waited for dependencies. */
  get waitedMs(): number {
    return this.#clocks.waitMs;
  }

  get uptimeMs(): number {
    return Math.round(performance.now() - this.#bornAt);
  }

  /** For how long it has been ready, if it ever was. */
  get readyForMs(): number | undefined {
    return this.#readyAt && performance.now() - this.#readyAt.monotonic;
  }

  /** How long it took to become ready, if it did. */
  get bootMs(): number | undefined {
    return this.#readyAt && Math.round(this.#readyAt.monotonic - this.#bornAt);
  }

  /** What its end is to be explained with. */
  testimony(): {
    readonly lastWords: LastWords | undefined;
    readonly phase: Phase;
    readonly served: boolean;
    readonly away: readonly DependencyReport[];
  } {
    return {
      lastWords: this.#lastWords,
      phase: this.#phase,
      served: this.#readyAt !== undefined,
      away: [...this.#away.values()],
    };
  }

  /** What is shown of it. */
  shown(): {
    readonly state: LifeState;
    readonly stateSince: number;
    readonly forkedAt: number;
    readonly readyAt: number | undefined;
    readonly bootMs: number | undefined;
    readonly silentMs: number;
    readonly heartbeat: Heartbeat | undefined;
    readonly toolGeneration: string | undefined;
    readonly toolGenerationsLoaded: number;
  } {
    return {
      state: this.#state,
      stateSince: this.#stateSince,
      forkedAt: this.forkedAt,
      readyAt: this.#readyAt?.wall,
      bootMs: this.bootMs,
      silentMs: this.silentMs,
      heartbeat: this.#heartbeat,
      toolGeneration: this.#toolGeneration,
      toolGenerationsLoaded: this.#toolGenerationsLoaded,
    };
  }

  enter(state: LifeState): void {
    if (this.#state === 'EXITED') return;
    this.#state = state;
    this.#stateSince = Date.now();
  }

  hear(said: FromWorker): void {
    if (this.#state === 'SUSPECT') {
      const { silentMs } = this;
      this.enter('READY');
      this.#emit({ type: 'hang_recovered', silentMs, ...this.#who });
    }
    this.#clocks.silentMs = 0;
    switch (said.type) {
      case 'hello':
        if (this.#state === 'FORKING') this.enter('BOOTING');
        return;
      case 'phase':
        this.#phase = said.name;
        this.#phaseLimitMs = said.limitMs;
        this.#clocks.phaseMs = 0;
        this.#emit({ type: 'worker_phase', phase: said.name, ...this.#who });
        return;
      case 'dependency':
        this.#takeDependency(said);
        return;
      case 'ready':
        this.#becomeReady(said);
        return;
      case 'heartbeat':
        this.#heartbeat = said;
        return;
      case 'fatal':
        this.#lastWords = said;
        return;
      case 'generation':
        // What it could not load takes room all the same.
        if (said.step !== 'swapped') this.#toolGenerationsLoaded += 1;
        else this.#toolGeneration = said.generation;
        return;
      // Others look after these.
      case 'metrics':
      case 'trial':
      case 'drained':
    }
  }

  /** Lets time pass. Says what its time is over for, if it is. While it ends, others count. */
  tick(
    elapsedMs: number,
    limits: TimeLimits,
  ): Exclude<Infliction, 'drain'> | 'suspect' | undefined {
    const activity: Activity = {
      booting: BOOTING.has(this.#state),
      waiting: this.#state === 'WAITING_DEP',
      phaseLimitMs: this.#phaseLimitMs,
    };
    advance(this.#clocks, activity, elapsedMs);
    // Neither a wait that was not limited is held against it later, nor silence before its first word.
    if (limits.waitMs === undefined) this.#clocks.waitMs = 0;
    if (this.#state === 'FORKING') this.#clocks.silentMs = 0;
    return this.isEnding ? undefined : findOverdue(this.#clocks, activity, limits);
  }

  #takeDependency(report: DependencyReport): void {
    if (report.status === 'down') this.#away.set(report.name, report);
    else this.#away.delete(report.name);
    if (this.#state === 'BOOTING' && this.#away.size > 0) this.enter('WAITING_DEP');
    if (this.#state === 'WAITING_DEP' && this.#away.size === 0) this.enter('BOOTING');
  }

  #becomeReady({ port, generation }: Extract<FromWorker, { type: 'ready' }>): void {
    if (this.#readyAt !== undefined) return;
    this.#toolGeneration = generation;
    this.#toolGenerationsLoaded += 1;
    this.#readyAt = { monotonic: performance.now(), wall: Date.now() };
    // One that was told to end while it booted serves nobody any more.
    if (!this.isEnding) this.enter('READY');
    this.#emit({ type: 'worker_ready', bootMs: this.bootMs ?? 0, port, ...this.#who });
  }
}
