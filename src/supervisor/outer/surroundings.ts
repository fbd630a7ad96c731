import { existsSync } from 'node:fs';

import { Failure } from '../../shared/errors.ts';

/** What may start us again when we end, the nearest first. */
export const OUTER_KINDS = ['pm2', 'systemd', 'kubernetes', 'docker', 'none'] as const;
/** One of the kinds above. */
export type OuterKind = (typeof OUTER_KINDS)[number];

/** What stands outside of us, and what it wants to hear. */
export interface Surroundings {
  readonly kind: OuterKind;
  /** Whether we are the first process of a container. */
  readonly isPid1: boolean;
  /** Where systemd listens for notifications. */
  readonly notifySocket: string | undefined;
  /** How long systemd waits for a sign of life before it ends us. */
  readonly watchdogMs: number | undefined;
}

/** What the environment alone does not say. */
export interface Facts {
  readonly pid: number;
  /** Whether this process is a worker of somebody's `node:cluster`. */
  readonly isClusterWorker: boolean;
  readonly isContainer: boolean;
}

/** What to tell who runs us as process 1. */
export const PID_1_ADVICE =
  'Process 1 has to collect orphans, and Node does not: run the container with an init ("init: true" in Compose, "docker run --init", or tini)';

/** Finds out what stands outside. Throws a `Failure` where it leaves us no processes of our own. */
export function findSurroundings(env: NodeJS.ProcessEnv, facts: Facts): Surroundings {
  if (facts.isClusterWorker) throw cannotFork();
  return {
    kind: kindOf(env, facts),
    isPid1: facts.pid === 1,
    notifySocket: env.NOTIFY_SOCKET,
    watchdogMs: watchdogMsOf(env, facts.pid),
  };
}

/** Whether we run in a container, by the files that Docker and Podman leave there. */
export function isContainer(): boolean {
  return existsSync('/.dockerenv') || existsSync('/run/.containerenv');
}

/** The nearest counts: pm2 may run in a container, and its daemon in a unit of systemd. */
function kindOf(env: NodeJS.ProcessEnv, facts: Facts): OuterKind {
  if (env.pm_id !== undefined) return 'pm2';
  if (env.NOTIFY_SOCKET !== undefined) return 'systemd';
  if (env.KUBERNETES_SERVICE_HOST !== undefined) return 'kubernetes';
  if (facts.isContainer) return 'docker';
  return env.INVOCATION_ID !== undefined && isMeant(env.SYSTEMD_EXEC_PID, facts.pid)
    ? 'systemd'
    : 'none';
}

/** systemd.service(5), WatchdogSec: the variables are inherited by processes that they are not for. */
function watchdogMsOf(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const microseconds = Number(env.WATCHDOG_USEC);
  if (!(microseconds > 0) || !isMeant(env.WATCHDOG_PID, pid)) return undefined;
  return microseconds / 1_000;
}

/** Versions of systemd before 248 do not say whom they mean. */
function isMeant(meant: string | undefined, pid: number): boolean {
  return meant === undefined || Number(meant) === pid;
}

function cannotFork(): Failure {
  const text = 'This process is a worker of another cluster, and cannot fork workers of its own';
  return new Failure('invalid', text, {
    crashClass: 'config',
    remedy:
      'Set "exec_mode": "fork" and "instances": 1 in the file for pm2; MCP_WORKERS says how many workers serve',
  });
}
