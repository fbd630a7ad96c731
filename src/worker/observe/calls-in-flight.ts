import { AsyncLocalStorage } from 'node:async_hooks';

import { Failure } from '../../shared/errors.ts';
import { fingerprintOf } from '../../shared/fingerprint.ts';
import type { CallInFlight, FromWorker, Quarantined } from '../../shared/ipc.ts';
import { LinkedList } from '../../shared/linked-list.ts';
import type { Breadcrumbs } from './breadcrumbs.ts';
import { Quarantine } from './quarantine.ts';

/** How many are named in a fatal frame, whose size is bounded. */
const NAMED_MAX = 64;
const METHOD = 'tools/call';

export interface CallsInFlightOptions {
  /** Absent where there is no place for them. */
  readonly breadcrumbs: Breadcrumbs | undefined;
  readonly tell: (message: Extract<FromWorker, { type: 'trial' }>) => void;
}

interface RunningCall {
  readonly tool: string;
  readonly given: unknown;
  readonly startedAt: number;
  /** Where its breadcrumb is, if it left one. */
  place: number | undefined;
}

/**
 * The calls that run here. Should one of them end this process, it can be told which: from memory if
 * there is time for last words, else from its breadcrumb. A call that did so before is refused.
 *
 * Calls are hashed only while breadcrumbs are on or something is under quarantine.
 */
export class CallsInFlight {
  readonly #options: CallsInFlightOptions;
  readonly #running = new LinkedList<RunningCall>();
  readonly #quarantine = new Quarantine();
  /** Which call the code that runs just now belongs to. */
  readonly #current = new AsyncLocalStorage<RunningCall>();
  #leavesBreadcrumbs = false;
  #isWary = false;

  constructor(options: CallsInFlightOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#running.size;
  }

  /** How long the oldest has been running; 0 if none is. */
  get oldestMs(): number {
    const { first: oldest } = this.#running;
    return oldest === undefined ? 0 : Math.max(0, Date.now() - oldest.startedAt);
  }

  /** Does the work of a call, and knows of it meanwhile. Rejects with a `Failure` if the call is refused. */
  async run<Result>(tool: string, given: unknown, work: () => Promise<Result>): Promise<Result> {
    const call: RunningCall = { tool, given, startedAt: Date.now(), place: undefined };
    const fingerprint = this.#isWary ? fingerprintOf(METHOD, tool, given) : undefined;
    const onTrial = fingerprint !== undefined && this.#isOnTrial(fingerprint);
    if (fingerprint !== undefined && (onTrial || this.#leavesBreadcrumbs)) {
      call.place = this.#options.breadcrumbs?.leave({ ...call, fingerprint });
    }
    const running = this.#running.add(call);
    let isJudged = true;
    try {
      return await this.#current.run(call, work);
    } catch (error) {
      // It was given up before it could show what it does.
      isJudged = !(error instanceof Failure && error.code === 'cancelled');
      throw error;
    } finally {
      running.remove();
      if (call.place !== undefined) this.#options.breadcrumbs?.wipe(call.place);
      if (onTrial) this.#endTrial(fingerprint, isJudged);
    }
  }

  /**
   * The calls that may have ended this process, the oldest first. When asked while an uncaught
   * exception is handled, it is the one call whose code threw, even if that was answered already.
   */
  suspects(): CallInFlight[] {
    const thrower = this.#current.getStore();
    const calls = thrower === undefined ? this.#running.items.slice(0, NAMED_MAX) : [thrower];
    return calls.map(({ tool, given }) => ({
      tool,
      fingerprint: fingerprintOf(METHOD, tool, given),
    }));
  }

  /** Refuses these calls from now on, or tries them, and no others. */
  quarantine(calls: readonly Quarantined[]): void {
    this.#quarantine.replace(calls, performance.now());
    this.#isWary = this.#leavesBreadcrumbs || !this.#quarantine.isEmpty;
  }

  /** Switches breadcrumbs on or off. Those who run already leave theirs now. */
  leaveBreadcrumbs(on: boolean): void {
    this.#leavesBreadcrumbs = on;
    this.#isWary = on || !this.#quarantine.isEmpty;
    if (!on) return;
    for (const call of this.#running.items) {
      call.place ??= this.#options.breadcrumbs?.leave({
        ...call,
        fingerprint: fingerprintOf(METHOD, call.tool, call.given),
      });
    }
  }

  #isOnTrial(fingerprint: string): boolean {
    if (this.#quarantine.isEmpty) return false;
    if (this.#quarantine.admit(fingerprint, performance.now()) === 'free') return false;
    this.#options.tell({ type: 'trial', fingerprint, outcome: 'begun' });
    return true;
  }

  #endTrial(fingerprint: string, isJudged: boolean): void {
    this.#quarantine.endTrial(fingerprint);
    if (isJudged) this.#options.tell({ type: 'trial', fingerprint, outcome: 'survived' });
  }
}
