import type { SupervisorEvent, SupervisorState } from './events.ts';
import type { SupervisorSnapshot, WorkerSnapshot } from './snapshot.ts';

/** What the state of the whole follows from. */
export interface Situation {
  /** Why it was decided to end, if it was. */
  readonly fatality: string | undefined;
  readonly stopping: boolean;
  /** Whether a worker was ever ready. */
  readonly started: boolean;
  readonly ready: number;
  readonly desired: number;
}

/** The state of the whole, given how its parts are. Pure. */
export function stateOf({
  fatality,
  stopping,
  started,
  ready,
  desired,
}: Situation): SupervisorState {
  if (fatality !== undefined) return 'FATAL';
  if (stopping) return 'STOPPING';
  if (ready >= desired) return 'RUNNING';
  if (ready > 0) return 'DEGRADED';
  return started ? 'NO_CAPACITY' : 'BOOTING';
}

/** Why the state is what it is, in a sentence for operators. */
export function reasonOf(
  { fatality, ready, desired }: Situation,
  slots: readonly WorkerSnapshot[],
  countdown: string | undefined,
): string {
  if (fatality !== undefined) return fatality;
  if (countdown !== undefined) return countdown;
  const down = slots.filter(({ state }) => state !== 'READY');
  if (down.length === 0) return `${ready} of ${desired} workers serve`;
  return down
    .map(({ slot, state, lastExit }) => {
      const died = lastExit === undefined ? '' : ` (${lastExit.crash.class})`;
      return `slot ${slot} in ${state}${died}`;
    })
    .join(', ');
}

/** The state, since when, and why; a change is told. */
export class StateTracker {
  readonly #emit: (event: SupervisorEvent) => void;
  #state: SupervisorState = 'INIT';
  #since = Date.now();
  #reason = 'starting';

  constructor(emit: (event: SupervisorEvent) => void) {
    this.#emit = emit;
  }

  get current(): Pick<SupervisorSnapshot, 'state' | 'stateSince' | 'stateReason'> {
    return { state: this.#state, stateSince: this.#since, stateReason: this.#reason };
  }

  update(to: SupervisorState, reason: string): void {
    this.#reason = reason;
    const from = this.#state;
    if (to === from) return;
    this.#state = to;
    this.#since = Date.now();
    this.#emit({ type: 'state_changed', from, to, reason });
  }
}
