import pRetry, { AbortError } from 'p-retry';

import { Failure } from '../../shared/errors.ts';
import type { DependencyReport } from '../../shared/ipc.ts';
import type { Logger } from '../../shared/logger.ts';
import { type Dependency, probe } from './dependency.ts';

export interface ReachOptions {
  /** How long our supervisor waits before it ends us, for the countdown. For ever, if absent. */
  readonly deadlineMs: number | undefined;
  /** Told of every attempt. */
  readonly report: (report: DependencyReport) => void;
  readonly log: Logger;
}

const WAIT_MIN_MS = 500;
const WAIT_MAX_MS = 5_000;
/** One that accepts and never answers would be waited for without end. */
const ATTEMPT_MS = 5_000;

/**
 * Asks a dependency until it answers: what is away is waited for, and our supervisor alone ends the
 * wait. Throws a `Failure` (`invalid`) at once when the other side refuses us: no waiting mends that.
 */
export async function untilReachable(
  dependency: Dependency,
  { deadlineMs, report, log }: ReachOptions,
): Promise<void> {
  const { name, address } = dependency;
  const startedAt = performance.now();
  let found: DependencyReport | undefined;
  await pRetry(
    async (attempt) => {
      found = await probe(dependency, ATTEMPT_MS);
      if (found.status === 'up') return;
      if (found.class !== 'dep_auth') throw new Error(found.message);
      report({ ...found, attempt });
      throw new AbortError(refusal(dependency, found));
    },
    {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: WAIT_MIN_MS,
      maxTimeout: WAIT_MAX_MS,
      randomize: true,
      onFailedAttempt: ({ attemptNumber: attempt, retryDelay }) => {
        if (found === undefined) return;
        const nextInMs = Math.round(retryDelay);
        report({ ...found, attempt, nextInMs });
        const passedMs = performance.now() - startedAt;
        const leftMs = deadlineMs && Math.max(0, Math.round(deadlineMs - passedMs));
        const { code, message } = found;
        const fields = { name, address, code, cause: message, attempt, nextInMs };
        log.warn('waiting for a dependency', { ...fields, givingUpInMs: leftMs });
      },
    },
  );
  if (found !== undefined) report(found);
}

function refusal(
  { name, address, variable }: Dependency,
  { code, message }: DependencyReport,
): Failure {
  return new Failure('invalid', `${name} at ${address} refuses us: ${message} (${code})`, {
    crashClass: 'dep_auth',
    remedy: `Correct user, password, database or rights in ${variable}.`,
  });
}
