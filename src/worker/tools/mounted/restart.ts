/** How long a server that failed is left alone, and how often it may fail. The supervisor's policy for workers, without what is about workers. */
export interface RestartPolicy {
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** One that served for so long has recovered: its next failure is the first again. */
  readonly stableMs: number;
  /** So many failures within this are too many. */
  readonly failuresMax: number;
  readonly windowMs: number;
  /** How long it is left alone then. */
  readonly restMs: number;
}

/** What is held against a server so far. */
export interface FailureRecord {
  readonly inARow: number;
  /** When it failed lately. */
  readonly failedAt: readonly number[];
}

/** What follows a failure. */
export interface RestartVerdict {
  readonly record: FailureRecord;
  readonly delayMs: number;
  /** It failed too often, and rests. */
  readonly rests: boolean;
}

/** How every server begins. */
export const NO_FAILURES: FailureRecord = { inARow: 0, failedAt: [] };

/** Decides when a server is tried again that served for so long, or not at all. `random` is from 0 to 1, and spreads those that failed together. */
export function judgeFailure(
  { inARow, failedAt }: FailureRecord,
  failure: { readonly servedMs: number; readonly now: number; readonly random: number },
  { backoffMs, backoffMaxMs, stableMs, failuresMax, windowMs, restMs }: RestartPolicy,
): RestartVerdict {
  const { servedMs, now, random } = failure;
  const lately = [...failedAt.filter((at) => now - at < windowMs), now];
  const failures = servedMs >= stableMs ? 1 : inARow + 1;
  const rests = lately.length >= failuresMax;
  const longest = Math.min(backoffMs * 2 ** (failures - 1), backoffMaxMs);
  return {
    record: { inARow: failures, failedAt: rests ? [] : lately },
    delayMs: rests ? restMs : Math.round(random * longest),
    rests,
  };
}
