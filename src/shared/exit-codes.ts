import { Failure, type FailureCode } from './errors.ts';

/**
 * What a process says by the way it ends. The supervisor reads its workers'
 * codes to decide whether a restart can help; Docker, Kubernetes, systemd and
 * pm2 read the supervisor's. The numbers follow sysexits.h, so that a shell can name them.
 */
export const ExitCode = {
  /** Asked to stop, and did. */
  Stopped: 0,
  /** The command line is wrong. */
  Usage: 64,
  /** Postgres or Redis cannot be reached, or the port or the state folder is taken. A restart may help. */
  Unavailable: 69,
  /** Our own fault: an uncaught exception, or workers that died faster than the budget allows. */
  Software: 70,
  /** The machine or the container has no more to give: memory, processes, file descriptors. */
  Resources: 75,
  /** Configuration, credentials or a missing module. No restart can help. */
  Misconfigured: 78,
} as const;

/** One of the codes above. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const OF_FAILURES: Partial<Record<FailureCode, ExitCode>> = {
  invalid: ExitCode.Misconfigured,
  unavailable: ExitCode.Unavailable,
  conflict: ExitCode.Unavailable,
};

/** How a process ends that an error ended. What we did not foresee is our own fault. */
export function exitCodeOf(thrown: unknown): ExitCode {
  const foreseen = thrown instanceof Failure ? OF_FAILURES[thrown.code] : undefined;
  return foreseen ?? ExitCode.Software;
}
