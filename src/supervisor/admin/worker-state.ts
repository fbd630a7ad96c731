import type { LastExit, WorkerSnapshot } from '../snapshot.ts';
import { secondsOf, secondsSince, timeOf } from './units.ts';

/** One entry of `workers` in the state: the worker of a slot, or how its last one ended. */
export function workerStateOf(worker: WorkerSnapshot, now: number) {
  const { heartbeat, pid, lastExit } = worker;
  return {
    slot: worker.slot,
    incarnation: worker.incarnation,
    pid: pid ?? null,
    state: worker.state,
    stateSince: timeOf(worker.stateSince),
    generation: worker.generation,
    toolGeneration: worker.toolGeneration ?? null,
    toolGenerationsLoaded: worker.toolGenerationsLoaded,
    forkedAt: timeOf(worker.forkedAt),
    readyAt: timeOf(worker.readyAt),
    bootMs: worker.bootMs ?? null,
    uptimeSeconds: pid === undefined ? null : secondsSince(worker.forkedAt, now),
    restarts: worker.restarts,
    consecutiveFailures: worker.consecutiveFailures,
    lastHeartbeatAgeMs: worker.silentMs ?? null,
    rssBytes: heartbeat?.rssBytes ?? null,
    heapUsedBytes: heartbeat?.heapUsedBytes ?? null,
    heapLimitBytes: heartbeat?.heapLimitBytes ?? null,
    elu: heartbeat?.utilization ?? null,
    loopDelayP99Ms: heartbeat?.loopDelayP99Ms ?? null,
    connections: { ws: heartbeat?.webSockets ?? null, http: heartbeat?.http ?? null },
    inflight: heartbeat?.inFlight ?? null,
    oldestInflightMs: heartbeat?.oldestInFlightMs ?? null,
    nextStartAt: timeOf(worker.nextStartAt),
    lastExit: lastExit === undefined ? null : lastExitOf(lastExit),
  };
}

function lastExitOf({ crash, stack, ...exit }: LastExit) {
  return {
    at: timeOf(exit.at),
    code: exit.code,
    signal: exit.signal,
    class: crash.class,
    phase: exit.phase,
    uptimeSeconds: secondsOf(exit.uptimeMs),
    cause: crash.cause,
    fingerprint: crash.fingerprint,
    stderrTail: exit.stderrTail,
    stack: stack.length === 0 ? null : stack,
  };
}
