import pRetry, { AbortError } from 'p-retry';

import { unlessAborted } from '../../shared/abort.ts';
import { codeOf, Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';

export interface ReachOptions {
  /** What it is called in the log: `postgres`. */
  readonly name: string;
  /** Where it is, without credentials. */
  readonly address: string;
  /** The variable that says where it is. */
  readonly variable: string;
  readonly deadlineMs: number;
  readonly log: Logger;
}

const WAIT_MIN_MS = 500;
const WAIT_MAX_MS = 5_000;
/** Beyond the deadline, for the last attempt to say what is wrong. */
const OVERDUE_MS = 250;

/**
 * What no waiting can mend: Postgres turns down the user, the password or the database, or the
 * rights are missing (SQLSTATE); Redis does. All else is waited for.
 */
const REFUSALS: ReadonlySet<string> = new Set(
  '28P01 28000 3D000 42501 WRONGPASS NOAUTH NOPERM'.split(' '),
);

/**
 * Tries `probe` until it succeeds. Throws a `Failure`: `invalid` when the other side refuses us,
 * `unavailable` when the deadline has passed.
 */
export async function untilReachable<Result>(
  probe: () => Promise<Result>,
  { name, address, variable, deadlineMs, log }: ReachOptions,
): Promise<Result> {
  const givesUpAt = performance.now() + deadlineMs;
  // A probe may not answer at all, which p-retry would wait for.
  const overdue = AbortSignal.timeout(deadlineMs + OVERDUE_MS);
  const attempt = async (): Promise<Result> => {
    try {
      return await unlessAborted(probe(), overdue);
    } catch (error) {
      if (error instanceof Error && REFUSALS.has(reasonOf(error))) throw new AbortError(error);
      throw error;
    }
  };
  try {
    return await pRetry(attempt, {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: WAIT_MIN_MS,
      maxTimeout: WAIT_MAX_MS,
      maxRetryTime: deadlineMs,
      signal: overdue,
      onFailedAttempt: ({ error, attemptNumber, retryDelay }) => {
        log.warn('waiting for a dependency', {
          name,
          address,
          cause: reasonOf(error),
          attempt: attemptNumber,
          nextInMs: retryDelay,
          givingUpInMs: Math.max(0, Math.round(givesUpAt - performance.now())),
        });
      },
    });
  } catch (error) {
    const cause = reasonOf(error);
    if (REFUSALS.has(cause)) {
      throw new Failure(
        'invalid',
        `${name} at ${address} refuses us (${cause}). Check ${variable}.`,
        {
          cause: error,
        },
      );
    }
    throw new Failure(
      'unavailable',
      `${name} at ${address} could not be reached in ${deadlineMs} ms (${cause}). Check that it runs, and ${variable}.`,
      { cause: error },
    );
  }
}

/** Redis says what it means with the first word of its answer, Postgres and Node with a code. */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code !== undefined) return code;
  if (!(error instanceof Error)) return 'unknown error';
  const [word = ''] = error.message.split(' ');
  return REFUSALS.has(word) ? word : error.name;
}
