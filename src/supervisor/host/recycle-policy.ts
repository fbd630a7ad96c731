/** Three samples in a row: a peak is no leak. */
const SAMPLES_OVER = 3;
const HOUR_MS = 3_600_000;
/** More often than this in an hour is a leak, and not a peak now and then. */
const RECYCLES_IN_HOUR_MAX = 6;

/** How much memory one worker takes at this moment. */
export interface MemorySample {
  readonly slot: number;
  readonly incarnation: number;
  readonly rssBytes: number;
}

/** What is remembered from one look to the next. */
export interface RecycleRecord {
  /** For each worker over the limit, how many times in a row. */
  readonly over: ReadonlyMap<string, number>;
  /** When workers were replaced within the last hour. */
  readonly recycledAt: readonly number[];
}

/** Nothing is remembered yet. */
export const NO_RECYCLES: RecycleRecord = { over: new Map(), recycledAt: [] };

/** Which worker is to be replaced, if one is. */
export interface RecycleVerdict {
  readonly record: RecycleRecord;
  readonly recycle: MemorySample | undefined;
  readonly recyclesInHour: number;
  readonly isLeakSuspected: boolean;
}

/** How much is too much, and how often is too often. */
export interface RecycleLimits {
  /** What a worker may take for a moment, and not for long. */
  readonly recycleBytes: number;
  /** The least time between two replacements. */
  readonly gapMs: number;
}

/** Decides, from how much memory each ready worker takes, whether the largest is to be replaced. One at a time. */
export function judgeMemory(
  samples: readonly MemorySample[],
  record: RecycleRecord,
  { recycleBytes, gapMs }: RecycleLimits,
  now: number,
): RecycleVerdict {
  const tooLarge = samples.filter(({ rssBytes }) => rssBytes > recycleBytes);
  const over = new Map(
    tooLarge.map((sample) => [nameOf(sample), (record.over.get(nameOf(sample)) ?? 0) + 1]),
  );
  const recent = record.recycledAt.filter((at) => now - at < HOUR_MS);
  const lastAt = recent.at(-1);
  const mayRecycle = lastAt === undefined || now - lastAt >= gapMs;
  const [recycle] = tooLarge
    .filter((sample) => mayRecycle && (over.get(nameOf(sample)) ?? 0) >= SAMPLES_OVER)
    .toSorted((a, b) => b.rssBytes - a.rssBytes);
  const recycledAt = recycle === undefined ? recent : [...recent, now];
  return {
    record: { over, recycledAt },
    recycle,
    recyclesInHour: recycledAt.length,
    isLeakSuspected: recycle !== undefined && recycledAt.length > RECYCLES_IN_HOUR_MAX,
  };
}

function nameOf({ slot, incarnation }: MemorySample): string {
  return `${slot}/${incarnation}`;
}
