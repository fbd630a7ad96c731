import type { DatedCondition } from './conditions.ts';
import type { LoggedEvent } from './event-log.ts';

/** What operators want to know of the supervisor's process, beside what it supervises. */
export interface ProcessFacts {
  readonly version: string;
  readonly gitSha: string | undefined;
  readonly node: string;
  /** The same for the same settings, secrets among them. */
  readonly configHash: string;
  readonly pid: number;
  readonly startedAt: number;
  /** Who starts us again, as far as we can tell. */
  readonly outer: { readonly kind: string; readonly restartPolicy: string };
  readonly loopLagP99Ms: number | undefined;
  readonly rssBytes: number | undefined;
  readonly history: {
    readonly recentFatals: number;
    readonly windowSeconds: number;
    readonly previousRun:
      | {
          readonly endedAt: number | undefined;
          readonly how: string;
          readonly exitCode: number | undefined;
        }
      | undefined;
  };
  /** The last fatal report: of this run, or of an earlier one. Redacted. */
  readonly fatal: object | undefined;
}

/** All that the state shows beside the snapshot. */
export interface StateFacts extends ProcessFacts {
  readonly now: number;
  /** The number of the newest event. */
  readonly seq: number;
  readonly lastEvents: readonly LoggedEvent[];
  readonly conditions: readonly DatedCondition[];
}
