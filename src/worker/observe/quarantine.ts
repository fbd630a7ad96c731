import { Failure } from '../../shared/errors.ts';
import type { Quarantined } from '../../shared/ipc.ts';

/** How soon a call may come again that is being tried just now. */
const TRIAL_RETRY_MS = 1_000;

interface Entry {
  readonly state: Quarantined['state'];
  readonly until: number;
}

/** The calls that ended workers before, as the supervisor last told them: who may run, and who may not. */
export class Quarantine {
  readonly #trials = new Set<string>();
  #entries: ReadonlyMap<string, Entry> = new Map();

  /** Nothing is under quarantine, so that nobody need ask. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Replaces what was told before. */
  replace(calls: readonly Quarantined[], now: number): void {
    this.#entries = new Map(
      calls.map(({ fingerprint, state, forMs }) => [fingerprint, { state, until: now + forMs }]),
    );
  }

  /**
   * Lets a call in, and says whether it is on trial: then it is the only one of its kind until
   * `endTrial`. Throws a `Failure` if it is refused.
   */
  admit(fingerprint: string, now: number): 'free' | 'on-trial' {
    const entry = this.#entries.get(fingerprint);
    if (entry === undefined) return 'free';
    if (entry.state === 'refused') throw refusal(Math.max(0, Math.ceil(entry.until - now)));
    if (this.#trials.has(fingerprint)) throw refusal(TRIAL_RETRY_MS);
    this.#trials.add(fingerprint);
    return 'on-trial';
  }

  endTrial(fingerprint: string): void {
    this.#trials.delete(fingerprint);
  }
}

function refusal(retryAfterMs: number): Failure {
  const text = 'This call, with these arguments, has ended workers. It is refused for a while';
  return new Failure('quarantined', text, { retryAfterMs });
}
