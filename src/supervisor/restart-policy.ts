import { ExitCode } from '../shared/exit-codes.ts';

/** How a worker ended. `asked` is true when the supervisor had told it to stop. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly asked: boolean;
  readonly uptimeMs: number;
  /** Absent if it never became ready. */
  readonly readyForMs: number | undefined;
}

/** What is held against the workers so far. */
export interface CrashRecord {
  /** Workers that died before they were ready, one after the other, while nobody was. */
  readonly bootFailures: number;
  /** Deaths of workers that had been ready: a count that halves every `halfLifeMs` (the idea is suture's). */
  readonly score: number;
  readonly scoredAt: number;
}

/** How much is forgiven, and how long a restart waits. */
export interface RestartBudget {
  readonly bootFailuresMax: number;
  readonly scoreMax: number;
  readonly halfLifeMs: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** A worker that was ready for so long has recovered: the next failure is its first. */
  readonly stableMs: number;
}

/** What the verdict depends on besides the exit itself. */
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
      readonly kind: 'restart';
      readonly delayMs: number;
      readonly record: CrashRecord;
      readonly slotFailures: number;
    }
  | { readonly kind: 'give-up'; readonly exitCode: ExitCode; readonly reason: string };

/** How every supervisor begins. */
export const NO_CRASHES: CrashRecord = { bootFailures: 0, score: 0, scoredAt: 0 };

/** Decides what follows a worker's end. Pure: clock and chance come in, the verdict goes out as data. */
export function judge(
  exit: WorkerExit,
  circumstances: Circumstances,
  budget: RestartBudget,
): Verdict {
  if (exit.asked) return { kind: 'leave' };
  const { readyCount, now } = circumstances;
  if (readyCount === 0 && exit.readyForMs === undefined) {
    const permanent = findPermanent(exit.code);
    if (permanent !== undefined) return permanent;
  }

  const record = countIn(exit, circumstances, budget);
  if (record.bootFailures >= budget.bootFailuresMax) {
    return giveUp(`${record.bootFailures} workers in a row died before they were ready`);
  }
  if (record.score > budget.scoreMax) {
    return giveUp(
      `workers die too often: crash score ${record.score.toFixed(1)} is over ${budget.scoreMax}`,
    );
  }

  const stable = (exit.readyForMs ?? 0) >= budget.stableMs;
  const slotFailures = stable ? 1 : circumstances.slotFailures + 1;
  const longest = Math.min(budget.backoffMs * 2 ** (slotFailures - 1), budget.backoffMaxMs);
  const delayMs = Math.round(longest / 2 + (circumstances.random * longest) / 2);
  return { kind: 'restart', delayMs, record: { ...record, scoredAt: now }, slotFailures };
}

/** What a worker said by its exit code that no other worker will find different. */
function findPermanent(code: number | null): Verdict | undefined {
  if (code === ExitCode.Misconfigured) {
    const reason = 'the worker cannot start as it is configured';
    return { kind: 'give-up', exitCode: ExitCode.Misconfigured, reason };
  }
  if (code === ExitCode.Unavailable) {
    const reason = 'the worker cannot reach what it needs';
    return { kind: 'give-up', exitCode: ExitCode.Unavailable, reason };
  }
  return undefined;
}

function countIn(
  { readyForMs }: WorkerExit,
  { record, readyCount, now }: Circumstances,
  { halfLifeMs }: RestartBudget,
): CrashRecord {
  const score = record.score * 0.5 ** ((now - record.scoredAt) / halfLifeMs);
  if (readyForMs !== undefined) return { bootFailures: 0, score: score + 1, scoredAt: now };
  return { bootFailures: readyCount === 0 ? record.bootFailures + 1 : 0, score, scoredAt: now };
}

function giveUp(reason: string): Verdict {
  return { kind: 'give-up', exitCode: ExitCode.Software, reason };
}
