import type { SupervisorState } from '../events.ts';
import type { SupervisorSnapshot } from '../snapshot.ts';

/** One statement about the whole, in the shape that Kubernetes gives its conditions. */
export interface Condition {
  readonly type: 'Ready' | 'Looping';
  readonly status: 'True' | 'False';
  /** One word, for machines. */
  readonly reason: string;
  /** A few words, for people. */
  readonly message: string;
}

/** So many fatal exits in a short time are a loop that an outer restart policy drives. */
const LOOPING_MIN = 3;

const NOT_READY = {
  INIT: 'Starting',
  BOOTING: 'Booting',
  NO_CAPACITY: 'NoCapacity',
  STOPPING: 'Stopping',
  FATAL: 'Fatal',
} as const satisfies Partial<Record<SupervisorState, string>>;

/** Whether load should be sent here: some worker serves, and what it cannot do without is there. */
export function readinessOf(snapshot: SupervisorSnapshot): Condition {
  const { state, stateReason, dependencies, desired } = snapshot;
  const refused = { type: 'Ready', status: 'False' } as const;
  if (state !== 'RUNNING' && state !== 'DEGRADED') {
    return { ...refused, reason: NOT_READY[state], message: stateReason };
  }
  const missing = dependencies
    .filter(({ report }) => report.required && report.status === 'down')
    .map(({ report }) => report.name);
  if (missing.length > 0) {
    return { ...refused, reason: 'DependencyDown', message: `${missing.join(' and ')} down` };
  }
  const message = `${readyCount(snapshot)}/${desired} workers`;
  return { type: 'Ready', status: 'True', reason: 'MinimumCapacity', message };
}

/** How many workers serve. One that is only suspected to hang does. */
export function readyCount({ workers }: SupervisorSnapshot): number {
  return workers.filter(({ state }) => state === 'READY' || state === 'SUSPECT').length;
}

/** Whether we are started again and again, only to end fatally. */
export function loopingOf(recentFatals: number): Condition {
  const message = recentFatals === 0 ? '' : `${recentFatals} fatal exits of late`;
  if (recentFatals >= LOOPING_MIN) {
    return { type: 'Looping', status: 'True', reason: 'RecentFatals', message };
  }
  const reason = recentFatals === 0 ? 'NoRecentFatal' : 'FewRecentFatals';
  return { type: 'Looping', status: 'False', reason, message };
}

/** A condition, and since when its status is what it is: milliseconds since 1970. */
export interface DatedCondition extends Condition {
  readonly since: number;
}

/** Remembers when the status of each condition last changed. */
export class ConditionDates {
  readonly #known = new Map<Condition['type'], DatedCondition>();

  /** Dates conditions as they are now. One seen for the first time changed just then. */
  date(conditions: readonly Condition[], now: number): readonly DatedCondition[] {
    return conditions.map((condition) => {
      const known = this.#known.get(condition.type);
      const since = known?.status === condition.status ? known.since : now;
      const dated = { ...condition, since };
      this.#known.set(condition.type, dated);
      return dated;
    });
  }
}
