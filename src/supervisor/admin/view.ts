import type { SupervisorSnapshot } from '../snapshot.ts';
import { ConditionDates, loopingOf, readinessOf } from './conditions.ts';
import type { EventLog } from './event-log.ts';
import type { ProcessFacts, StateFacts } from './facts.ts';
import type { AdminSource } from './source.ts';

export interface ViewOptions {
  readonly source: AdminSource;
  readonly facts: () => ProcessFacts;
  readonly events: EventLog;
}

/** What is known at one moment. */
export interface View {
  readonly snapshot: SupervisorSnapshot;
  readonly facts: StateFacts;
}

const LAST_EVENTS_MAX = 20;

/**
 * Gathers what is known, for one answer after another. It also looks at every event, so that the
 * dates of conditions are right however rarely somebody asks.
 */
export class Viewer implements Disposable {
  readonly #options: ViewOptions;
  readonly #dates = new ConditionDates();
  readonly #unsubscribe: () => void;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#unsubscribe = options.events.subscribe(() => {
      this.look();
    });
  }

  look(): View {
    const { source, facts, events } = this.#options;
    const snapshot = source.snapshot();
    const known = facts();
    const now = Date.now();
    const conditions = [readinessOf(snapshot), loopingOf(known.history.recentFatals)];
    return {
      snapshot,
      facts: {
        ...known,
        now,
        seq: events.lastSeq,
        lastEvents: events.last(LAST_EVENTS_MAX),
        conditions: this.#dates.date(conditions, now),
      },
    };
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }
}
