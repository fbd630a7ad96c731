import { ExitCode } from '../../shared/exit-codes.ts';
import type { OuterKind } from './surroundings.ts';

const NO_USE = 'No restart helps until the cause is removed.';

/**
 * What whoever started us does once we exit, in a sentence or two. Docker and Kubernetes do not look at the
 * code; systemd and pm2 do, if they are set up as docs/operating.md shows.
 */
export function whatFollows(outer: OuterKind, exitCode: ExitCode): string {
  const sentence = SENTENCES[outer](exitCode);
  return isLasting(exitCode) && outer !== 'none' ? `${sentence} ${NO_USE}` : sentence;
}

const SENTENCES: Readonly<Record<OuterKind, (exitCode: ExitCode) => string>> = {
  docker: (exitCode) =>
    exitCode === ExitCode.Stopped
      ? 'Docker restarts the container if its policy is `always` or `unless-stopped`, but not after `docker stop`.'
      : 'Docker restarts the container if its policy says so: `always` and `unless-stopped` do, `on-failure:N` does N times, `no` does not.',
  kubernetes: (exitCode) =>
    exitCode === ExitCode.Stopped
      ? 'Kubernetes restarts the container, unless it belongs to a Job.'
      : 'Kubernetes restarts the container after a wait that grows to 5 min (CrashLoopBackOff); `kubectl describe pod` shows this text. A Job follows its podFailurePolicy.',
  systemd: (exitCode) => {
    if (exitCode === ExitCode.Stopped) return 'systemd leaves the unit stopped.';
    return isLasting(exitCode)
      ? `systemd will not restart the unit (RestartPreventExitStatus=64 78): it stays failed until \`systemctl start\`.`
      : 'systemd restarts the unit after a wait that grows, until its start limit is reached; then it takes `systemctl reset-failed`.';
  },
  pm2: (exitCode) => {
    if (exitCode === ExitCode.Stopped) {
      return 'pm2 restarts the app, unless `pm2 stop` ended it.';
    }
    return isLasting(exitCode)
      ? 'pm2 leaves the app stopped (stop_exit_codes: [64, 78]), until `pm2 restart`.'
      : 'pm2 restarts the app, and counts it against max_restarts.';
  },
  none: () => 'Nothing is known that would start us again: it takes somebody to do it.',
};

/** Codes that say: the next start fails the same. */
function isLasting(exitCode: ExitCode): boolean {
  return exitCode === ExitCode.Usage || exitCode === ExitCode.Misconfigured;
}
