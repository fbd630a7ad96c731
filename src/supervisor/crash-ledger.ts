import type { CrashClass } from '../shared/crash-class.ts';
import type { ExitCode } from '../shared/exit-codes.ts';
import { describeCrash, exitCodeFor } from './crash.ts';
import type { Crash } from './events.ts';
import type { Ending } from './incarnation/worker-handle.ts';
import {
  dominatingClass,
  forgiveBootFailures,
  judge,
  NO_CRASHES,
  type RestartBudget,
  scoreAt,
  type Verdict,
} from './restart-policy.ts';
import type { SupervisorSnapshot } from './snapshot.ts';

/** A worker that ended unasked, on the way to giving up. */
export interface Attempt {
  /** When it ended, in milliseconds since 1970. */
  readonly at: number;
  /** How long its slot had waited before it was forked. */
  readonly delayMs: number;
  readonly slot: number;
  readonly crash: Crash;
}

/** Why a supervisor gave up. */
export interface Fatality {
  readonly exitCode: ExitCode;
  readonly crash: Crash;
  /** Which rule was met: the budget that was spent, or that no restart can help. */
  readonly rule: string;
  readonly attempts: readonly Attempt[];
  /** The end that was one too many. */
  readonly ending: Ending | undefined;
}

export interface CrashLedgerOptions {
  /** What is forgiven, given how many workers there are to be. */
  readonly budgetFor: (workerCount: number) => RestartBudget;
  /** How long dependencies may be away at the start. */
  readonly startupMs: number;
  /** How long no worker may be ready, once one was. */
  readonly zeroCapacityMs: number;
}

/** Who else is there when a worker ends. */
export interface Crowd {
  /** Failures in a row of its slot, before this one. */
  readonly slotFailures: number;
  /** Workers that serve in spite of it. */
  readonly readyCount: number;
  /** How many there are to be. */
  readonly workerCount: number;
}

const ATTEMPTS_REMEMBERED = 20;

/** What is held against the workers: every crash is entered, and what follows from it is said. */
export class CrashLedger {
  readonly #options: CrashLedgerOptions;
  #record = NO_CRASHES;
  #attempts: readonly Attempt[] = [];
  /** What each slot waits before its next worker. */
  readonly #delaysMs = new Map<number, number>();
  /** Spent by canaries that are gone on waiting for dependencies. */
  #waitedMs = 0;
  #zeroCapacityMs = 0;

  constructor(options: CrashLedgerOptions) {
    this.#options = options;
  }

  /** What is left of the time that dependencies may be away at the start. */
  get waitLeftMs(): number {
    return Math.max(0, this.#options.startupMs - this.#waitedMs);
  }

  judge(ending: Ending, { slotFailures, readyCount, workerCount }: Crowd): Verdict {
    const { crash, asked, readyForMs, exit, slot } = ending;
    const waitedInVain = ending.evidence.inflicted === 'dependency-deadline';
    const verdict = judge(
      { class: crash.class, asked, readyForMs, waitedInVain },
      {
        record: this.#record,
        slotFailures,
        readyCount,
        now: performance.now(),
        random: Math.random(),
      },
      this.#options.budgetFor(workerCount),
    );
    if (verdict.kind === 'leave') return verdict;
    this.#record = verdict.record;
    const delayMs = this.#delaysMs.get(slot) ?? 0;
    this.#delaysMs.set(slot, verdict.kind === 'give-up' ? 0 : verdict.delayMs);
    const attempt = { at: exit.at, delayMs, slot, crash };
    this.#attempts = [...this.#attempts, attempt].slice(-ATTEMPTS_REMEMBERED);
    if (readyForMs === undefined) this.#waitedMs += ending.waitedMs;
    return verdict;
  }

  /** A worker became ready: whatever kept others from it is overcome. */
  forgive(): void {
    this.#record = forgiveBootFailures(this.#record);
    this.#waitedMs = 0;
    this.#zeroCapacityMs = 0;
  }

  /** Time passed in which nobody served, though somebody had. Says whether that was too long. */
  countZeroCapacity(elapsedMs: number): boolean {
    this.#zeroCapacityMs += elapsedMs;
    return this.#zeroCapacityMs >= this.#options.zeroCapacityMs;
  }

  /** What it comes to when nobody served for too long. */
  fatalityOfZeroCapacity(isWaiting: boolean): Fatality {
    const { bootFailures, runCrashes } = this.#record;
    const died = dominatingClass(bootFailures.length > 0 ? bootFailures : runCrashes);
    const crashClass = isWaiting ? 'dep_unreachable' : (died ?? 'ready_timeout');
    const seconds = Math.round(this.#options.zeroCapacityMs / 1_000);
    return this.fatalityOf(crashClass, `no worker was ready for ${seconds} s`, undefined);
  }

  /** What it comes to when a rule is met. The cause shown is the last one of the class that decides. */
  fatalityOf(crashClass: CrashClass, rule: string, ending: Ending | undefined): Fatality {
    const inCharge = this.#attempts.findLast(({ crash }) => crash.class === crashClass)?.crash;
    return {
      exitCode: exitCodeFor(crashClass),
      crash: inCharge ?? describeCrash(crashClass, rule),
      rule,
      attempts: this.#attempts,
      ending,
    };
  }

  snapshot(workerCount: number): SupervisorSnapshot['budget'] {
    const { budgetFor, zeroCapacityMs } = this.#options;
    const budget = budgetFor(workerCount);
    return {
      bootFailures: this.#record.bootFailures.length,
      bootFailuresMax: budget.bootFailuresMax,
      score: scoreAt(this.#record, performance.now(), budget.halfLifeMs),
      scoreMax: budget.scoreMax,
      halfLifeMs: budget.halfLifeMs,
      zeroCapacityForMs: Math.round(this.#zeroCapacityMs),
      zeroCapacityMaxMs: zeroCapacityMs,
    };
  }
}
