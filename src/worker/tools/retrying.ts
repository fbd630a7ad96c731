import { setTimeout as sleep } from 'node:timers/promises';

import { Failure } from '../../shared/errors.ts';

export interface RetryingOptions {
  /** Attempts after the first. */
  readonly retries: number;
  readonly signal: AbortSignal;
  /** How much time is left for all of them. */
  readonly leftMs: () => number;
  /** From 0 to 1: how much of a pause is made. */
  readonly chance: () => number;
  readonly onRetry: () => void;
}

/** Callers wait meanwhile: what is not there again after a few of these will not be in time. */
const PAUSE_MS = 100;
const PAUSE_MS_MAX = 2_000;
/** The call holds its place meanwhile: what is away for longer is for its caller to come back to. */
const RETRY_AFTER_MS_MAX = 5_000;

/**
 * Does work again that found something away (a `Failure`, `unavailable`), after a pause of any length up to one that doubles:
 * those who failed together do not come together again. What it throws last it throws on; so it does once the signal has aborted,
 * and where the pause would be too long.
 */
export async function retrying<Result>(
  work: () => Promise<Result>,
  { retries, signal, leftMs, chance, onRetry }: RetryingOptions,
): Promise<Result> {
  for (let retried = 0; ; retried += 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      return await work();
    } catch (error) {
      const isAway = error instanceof Failure && error.code === 'unavailable';
      if (!isAway || retried >= retries || signal.aborted) throw error;
      const { retryAfterMs = 0 } = error;
      const pauseMs = retryAfterMs + chance() * pauseMsMax(retried);
      if (retryAfterMs > RETRY_AFTER_MS_MAX || pauseMs >= leftMs()) throw error;
      onRetry();
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (!(await pause(pauseMs, signal))) throw error;
    }
  }
}

/** Resolves when it is over, with whether that is because the time is. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal, ref: false });
    return true;
  } catch {
    return false;
  }
}

/** How long a pause may be, after so many retries. */
export function pauseMsMax(retried: number): number {
  return Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** retried);
}
