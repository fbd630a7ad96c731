import type { DependencySnapshot, SupervisorSnapshot } from '../snapshot.ts';
import { readinessOf, readyCount } from './conditions.ts';
import { timeOf } from './units.ts';

/** What health needs to know beside the snapshot. */
export interface HealthFacts {
  readonly version: string;
  readonly now: number;
}

type Status = 'pass' | 'warn' | 'fail';

/** How the whole is, in one word: `warn` serves, with less than it should have. */
function statusOf(snapshot: SupervisorSnapshot): Status {
  if (readinessOf(snapshot).status === 'False') return 'fail';
  const isWhole = snapshot.dependencies.every(({ report }) => report.status === 'up');
  return snapshot.state === 'RUNNING' && isWhole ? 'pass' : 'warn';
}

/** The body of `/healthz`: `application/health+json`, as draft-inadarei-api-health-check-06 has it. */
export function healthOf(snapshot: SupervisorSnapshot, { version, now }: HealthFacts) {
  const status = statusOf(snapshot);
  return {
    status,
    version,
    releaseId: version,
    serviceId: 'holdfast',
    ...(status === 'pass' ? {} : { output: outputOf(snapshot) }),
    checks: checksOf(snapshot, now),
  };
}

/** The single checks, under the names that the draft gives such: component and measurement. */
export function checksOf(snapshot: SupervisorSnapshot, now: number) {
  const { state, stateReason, desired } = snapshot;
  const ready = readyCount(snapshot);
  const workers = {
    componentType: 'component',
    observedValue: ready,
    observedUnit: `of ${desired} workers`,
    status: workersStatus(ready, desired),
    time: timeOf(now),
    ...(state === 'RUNNING' ? {} : { output: stateReason }),
  };
  return {
    'workers:ready': [workers],
    ...Object.fromEntries(
      snapshot.dependencies.map((dependency) => [
        `${dependency.report.name}:responseTime`,
        [dependencyCheck(dependency, now)],
      ]),
    ),
  };
}

function workersStatus(ready: number, desired: number): Status {
  if (ready === 0) return 'fail';
  return ready < desired ? 'warn' : 'pass';
}

function dependencyCheck({ report }: DependencySnapshot, now: number) {
  const failing = report.required ? 'fail' : 'warn';
  return {
    componentType: 'datastore',
    ...(report.latencyMs === undefined
      ? {}
      : { observedValue: report.latencyMs, observedUnit: 'ms' }),
    status: report.status === 'up' ? 'pass' : failing,
    time: timeOf(now),
    // Where it is and what it said is for those with a token.
    ...(report.status === 'up' ? {} : { output: `down (${report.code ?? report.class ?? '?'})` }),
  };
}

function outputOf(snapshot: SupervisorSnapshot): string {
  const down = snapshot.dependencies
    .filter(({ report }) => report.status === 'down')
    .map(({ report }) => `${report.name} down`);
  return [`${snapshot.state}: ${snapshot.stateReason}`, ...down].join('; ');
}
