import type { DependencyReport } from '../shared/ipc.ts';
import type { DependencySnapshot } from './snapshot.ts';

/** Against flapping, once we serve: one slow answer is not yet an outage, and one answer not yet its end. */
const FAILURES_UNTIL_DOWN = 3;
const ANSWERS_UNTIL_UP = 2;

interface Known {
  report: DependencyReport;
  since: number;
  failures: number;
  answers: number;
  lastError: { readonly at: number; readonly report: DependencyReport } | undefined;
}

/** How the dependencies are, as the workers found them. */
export class Dependencies {
  readonly #known = new Map<string, Known>();

  /** Takes a report. Says whether it changed what is known. While nobody serves, every report counts at once. */
  take(report: DependencyReport, { now, serving }: { now: number; serving: boolean }): boolean {
    const known = this.#known.get(report.name);
    const isDown = report.status === 'down';
    const lastError = isDown ? { at: now, report } : known?.lastError;
    if (known === undefined) {
      const first = { report, since: now, failures: isDown ? 1 : 0, answers: isDown ? 0 : 1 };
      this.#known.set(report.name, { ...first, lastError });
      return true;
    }
    known.failures = isDown ? known.failures + 1 : 0;
    known.answers = isDown ? 0 : known.answers + 1;
    known.lastError = lastError;
    const enough = isDown
      ? known.failures >= FAILURES_UNTIL_DOWN
      : known.answers >= ANSWERS_UNTIL_UP;
    if (known.report.status !== report.status && serving && !enough) return false;
    const changed = known.report.status !== report.status;
    // What is wrong may change while it is down, and how quick it is while it is up.
    known.report = report;
    if (changed) known.since = now;
    return changed;
  }

  reports(): readonly DependencyReport[] {
    return [...this.#known.values()].map(({ report }) => report);
  }

  /** What is away, required for readiness or not. */
  away(): readonly DependencyReport[] {
    return this.reports().filter(({ status }) => status === 'down');
  }

  snapshot(): readonly DependencySnapshot[] {
    return [...this.#known.values()].map(({ report, since, failures, lastError }) => ({
      report,
      since,
      consecutiveFailures: failures,
      lastError,
    }));
  }
}

/** What is waited for, and how long still: `postgres: connection refused 127.0.0.1:5432, attempt 3, next in 4 s, giving up in 41 s`. */
export function countdownOf(report: DependencyReport, leftMs: number | undefined): string {
  const { name, address, attempt, nextInMs } = report;
  return [
    `${name}: ${report.message ?? report.code ?? 'no answer'} ${address}`,
    ...(attempt === undefined ? [] : [`attempt ${attempt}`]),
    ...(nextInMs === undefined ? [] : [`next in ${seconds(nextInMs)}`]),
    ...(leftMs === undefined ? [] : [`giving up in ${seconds(leftMs)}`]),
  ].join(', ');
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.round(ms / 1_000))} s`;
}
