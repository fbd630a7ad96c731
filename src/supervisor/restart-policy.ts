import type { CrashClass } from '../shared/crash-class.ts';
import type { ExitCode } from '../shared/exit-codes.ts';
import { exitCodeFor, isPermanent } from './crash.ts';

/** How a worker ended, as far as restarting depends on it. */
export interface Death {
  readonly class: CrashClass;
  /** The supervisor had told it to end: nothing is held against it. */
  readonly asked: boolean;
  /** Absent if it never became ready. */
  readonly readyForMs: number | undefined;
  /** It waited for a dependency as long as there was time. */
  readonly waitedInVain: boolean;
}

/** What is held against the workers so far. */
export interface CrashRecord {
  /** Workers that died before they were ready, one after the other, while nobody was. */
  readonly bootFailures: readonly CrashClass[];
  /** Deaths of workers that had been ready: a count that halves every `halfLifeMs` (the idea is suture's). */
  readonly score: number;
  readonly scoredAt: number;
  /** What they died of, newest last. */
  readonly runCrashes: readonly CrashClass[];
}

/** How much is forgiven, and how long a restart waits. */
export interface RestartBudget {
  readonly bootFailuresMax: number;
  /** A port that is taken may be a predecessor's, which leaves; it is worth fewer attempts. */
  readonly portAttemptsMax: number;
  readonly scoreMax: number;
  readonly halfLifeMs: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** A worker that was ready for so long has recovered: the next failure is its first. */
  readonly stableMs: number;
  /** Failures in a row after which a slot is parked, while others serve. */
  readonly slotFailuresMax: number;
  /** How often a parked slot is tried again. */
  readonly parkedMs: number;
}

/** What the verdict depends on besides the death itself. */
export interface Circumstances {
  readonly record: CrashRecord;
  /** Failures in a row of this slot, before this one. */
  readonly slotFailures: number;
  /** Workers that serve in spite of it. */
  readonly readyCount: number;
  readonly now: number;
  /** From 0 to 1: spreads the restarts. */
  readonly random: number;
}

/** What the supervisor is to do. */
export type Verdict =
  | { readonly kind: 'leave' }
  | {
      /** Parked is a restart that waits for long, since the slot fails alone. */
      readonly kind: 'restart' | 'park';
      readonly delayMs: number;
      readonly record: CrashRecord;
      readonly slotFailures: number;
    }
  | {
      readonly kind: 'give-up';
      readonly class: CrashClass;
      readonly exitCode: ExitCode;
      readonly reason: string;
      readonly record: CrashRecord;
    };

/** How every supervisor begins. */
export const NO_CRASHES: CrashRecord = {
  bootFailures: [],
  score: 0,
  scoredAt: 0,
  runCrashes: [],
};

const CRASHES_REMEMBERED = 32;

/** Decides what follows a worker's end. Pure: clock and chance come in, the verdict goes out as data. */
export function judge(death: Death, circumstances: Circumstances, budget: RestartBudget): Verdict {
  if (death.asked) return { kind: 'leave' };
  const record = countIn(death, circumstances, budget);
  const reason = findReasonToGiveUp(death, circumstances, budget, record);
  if (reason !== undefined) {
    const crashClass = classInCharge(death, record);
    return {
      kind: 'give-up',
      class: crashClass,
      exitCode: exitCodeFor(crashClass),
      reason,
      record,
    };
  }

  // A call that kills is refused from now on: that is the remedy, and not patience.
  if (death.class === 'poison') {
    const { slotFailures } = circumstances;
    return { kind: 'restart', delayMs: Math.round(budget.backoffMs / 2), record, slotFailures };
  }
  const stable = (death.readyForMs ?? 0) >= budget.stableMs;
  const slotFailures = stable ? 1 : circumstances.slotFailures + 1;
  const isParked = circumstances.readyCount > 0 && slotFailures > budget.slotFailuresMax;
  const longest = isParked
    ? budget.parkedMs
    : Math.min(budget.backoffMs * 2 ** (slotFailures - 1), budget.backoffMaxMs);
  const delayMs = Math.round(longest / 2 + (circumstances.random * longest) / 2);
  return { kind: isParked ? 'park' : 'restart', delayMs, record, slotFailures };
}

/** A worker became ready: whatever kept others from it is overcome. */
export function forgiveBootFailures(record: CrashRecord): CrashRecord {
  return record.bootFailures.length === 0 ? record : { ...record, bootFailures: [] };
}

/** The score as it is now. */
export function scoreAt(record: CrashRecord, now: number, halfLifeMs: number): number {
  return record.score * 0.5 ** ((now - record.scoredAt) / halfLifeMs);
}

/** What most of them died of; of several, what the last of these did. */
export function dominatingClass(classes: readonly CrashClass[]): CrashClass | undefined {
  const countOf = (wanted: CrashClass): number =>
    classes.filter((candidate) => candidate === wanted).length;
  return classes.toReversed().reduce<CrashClass | undefined>((best, candidate) => {
    return best === undefined || countOf(candidate) > countOf(best) ? candidate : best;
  }, undefined);
}

function findReasonToGiveUp(
  death: Death,
  { readyCount }: Circumstances,
  budget: RestartBudget,
  record: CrashRecord,
): string | undefined {
  if (readyCount === 0 && death.readyForMs === undefined) {
    if (isPermanent(death.class)) return 'no restart can help';
    if (death.waitedInVain) return 'a dependency stayed away for as long as we wait at a start';
    const failures = record.bootFailures;
    const ports = failures.filter((failure) => failure === 'port_in_use').length;
    if (ports >= budget.portAttemptsMax) return `the port was taken at ${ports} attempts`;
    if (failures.length >= budget.bootFailuresMax) {
      return `${failures.length} workers in a row died before they were ready`;
    }
  }
  if (record.score > budget.scoreMax) {
    const score = record.score.toFixed(1);
    return `the crash budget is spent: the score is ${score}, over ${budget.scoreMax}`;
  }
  return undefined;
}

function classInCharge(death: Death, { bootFailures, runCrashes }: CrashRecord): CrashClass {
  if (isPermanent(death.class) || death.waitedInVain) return death.class;
  const classes = death.readyForMs === undefined ? bootFailures : runCrashes;
  return dominatingClass(classes) ?? death.class;
}

function countIn(
  death: Death,
  { record, readyCount, now }: Circumstances,
  { halfLifeMs }: RestartBudget,
): CrashRecord {
  if (death.class === 'poison') return record;
  if (death.readyForMs === undefined) {
    // While others serve, a slot that cannot boot is its own affair.
    if (readyCount > 0) return forgiveBootFailures(record);
    return { ...record, bootFailures: remember(record.bootFailures, death.class) };
  }
  return {
    ...record,
    score: scoreAt(record, now, halfLifeMs) + 1,
    scoredAt: now,
    runCrashes: remember(record.runCrashes, death.class),
  };
}

function remember(crashes: readonly CrashClass[], crash: CrashClass): readonly CrashClass[] {
  return [...crashes, crash].slice(-CRASHES_REMEMBERED);
}
