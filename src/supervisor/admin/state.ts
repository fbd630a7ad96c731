import type {
  DependencySnapshot,
  QuarantineSnapshot,
  SlotState,
  SupervisorSnapshot,
} from '../snapshot.ts';
import { readyCount } from './conditions.ts';
import type { StateFacts } from './facts.ts';
import { toolsStateOf } from './tools-state.ts';
import { secondsOf, secondsSince, timeOf } from './units.ts';
import { workerStateOf } from './worker-state.ts';

/** Fields may be added under this name. One that changes its meaning, or goes, takes another. */
const SCHEMA = 'mcp.supervisor.state/1';
/** With fewer workers than this nothing is served. */
const CAPACITY_MIN = 1;

/**
 * The JSON of `/supervisor/state`, as docs/supervisor-state.schema.json describes it: times are
 * RFC 3339 in UTC, units stand in the names, and what is unknown is null and never absent.
 */
export function stateOf(snapshot: SupervisorSnapshot, facts: StateFacts) {
  const { now } = facts;
  return {
    schema: SCHEMA,
    now: timeOf(now),
    seq: facts.seq,
    service: {
      name: 'holdfast',
      version: facts.version,
      gitSha: facts.gitSha ?? null,
      node: facts.node,
      configHash: facts.configHash,
    },
    supervisor: supervisorOf(snapshot, facts),
    capacity: capacityOf(snapshot),
    budget: budgetOf(snapshot),
    generation: generationOf(snapshot),
    tools: toolsStateOf(snapshot.tools),
    workers: snapshot.workers.map((worker) => workerStateOf(worker, now)),
    dependencies: snapshot.dependencies.map(dependencyOf),
    conditions: facts.conditions.map(({ since, ...condition }) => ({
      ...condition,
      lastTransitionTime: timeOf(since),
    })),
    history: historyOf(facts),
    quarantine: snapshot.quarantine.map(quarantinedOf),
    fatal: facts.fatal ?? null,
    lastEvents: facts.lastEvents,
  };
}

/** A call under quarantine, as the state and `/supervisor/quarantine` show it. */
export function quarantinedOf({ since, until, ...call }: QuarantineSnapshot) {
  return {
    fingerprint: call.fingerprint,
    tool: call.tool,
    state: call.state,
    since: timeOf(since),
    until: timeOf(until),
    crashes: call.crashes,
  };
}

function supervisorOf(snapshot: SupervisorSnapshot, facts: StateFacts) {
  const { pauses } = snapshot;
  return {
    pid: facts.pid,
    isPid1: facts.pid === 1,
    startedAt: timeOf(facts.startedAt),
    uptimeSeconds: secondsSince(facts.startedAt, facts.now),
    state: snapshot.state,
    stateSince: timeOf(snapshot.stateSince),
    stateReason: snapshot.stateReason,
    loopLagP99Ms: facts.loopLagP99Ms ?? null,
    rssBytes: facts.rssBytes ?? null,
    selfPauses: { count: pauses.count, lastMs: pauses.lastMs ?? null },
    outer: { kind: facts.outer.kind, restartPolicy: facts.outer.restartPolicy },
  };
}

function capacityOf(snapshot: SupervisorSnapshot) {
  const count = (...states: SlotState[]): number =>
    snapshot.workers.filter(({ state }) => states.includes(state)).length;
  return {
    desired: snapshot.desired,
    ready: readyCount(snapshot),
    starting: count('FORKING', 'BOOTING', 'WAITING_DEP'),
    draining: count('DRAINING', 'KILLING'),
    backoff: count('BACKOFF'),
    parked: count('PARKED'),
    min: CAPACITY_MIN,
  };
}

function budgetOf({ budget }: SupervisorSnapshot) {
  return {
    bootStreak: budget.bootFailures,
    bootLimit: budget.bootFailuresMax,
    crashScore: budget.score,
    crashLimit: budget.scoreMax,
    halfLifeSeconds: secondsOf(budget.halfLifeMs),
    zeroCapacityForSeconds: secondsOf(budget.zeroCapacityForMs),
    zeroCapacityLimitSeconds: secondsOf(budget.zeroCapacityMaxMs),
  };
}

function generationOf({ generation, reload, workers }: SupervisorSnapshot) {
  const isOld = ({ pid, generation: of }: (typeof workers)[number]): boolean =>
    pid !== undefined && of < generation;
  return {
    current: generation,
    old: workers.filter(isOld).length,
    reload: {
      active: reload.active,
      lastResult: reload.lastResult ?? null,
      lastAt: timeOf(reload.lastAt),
    },
  };
}

function dependencyOf({ report, since, consecutiveFailures, lastError }: DependencySnapshot) {
  return {
    name: report.name,
    required: report.required,
    status: report.status,
    since: timeOf(since),
    latencyMs: report.latencyMs ?? null,
    consecutiveFailures,
    lastError: lastError === undefined ? null : lastErrorOf(lastError),
  };
}

function lastErrorOf({ at, report }: NonNullable<DependencySnapshot['lastError']>) {
  return {
    at: timeOf(at),
    class: report.class ?? null,
    code: report.code ?? null,
    message: report.message ?? null,
  };
}

function historyOf({ history }: StateFacts) {
  const { previousRun } = history;
  return {
    recentFatals: history.recentFatals,
    windowSeconds: history.windowSeconds,
    previousRun:
      previousRun === undefined
        ? null
        : {
            endedAt: timeOf(previousRun.endedAt),
            how: previousRun.how,
            exitCode: previousRun.exitCode ?? null,
          },
  };
}
