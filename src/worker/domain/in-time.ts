import { Failure } from '../../shared/errors.ts';
import { type Abortable, Cancellation, cancelled } from './cancellation.ts';

/** What work is given to be in time. */
export interface Deadline {
  /** Aborts when the time is up, and when the caller's does. */
  readonly cancellation: Abortable;
  /** The same, for who knows nothing else. */
  readonly signal: AbortSignal;
  /** Waits for something that is not the work's own doing: the time that takes is not counted. */
  readonly waitFor: <Awaited>(awaited: Promise<Awaited>) => Promise<Awaited>;
  /** How much time is left, if nothing else is waited for. */
  readonly leftMs: number;
  /** Calls this if nobody waits for the work any more before it is over. Only the last that was given. */
  onGivenUp(heed: () => void): void;
}

/**
 * Does work that has to be over in so many milliseconds. Rejects with a `Failure` when they are not enough (`timeout`), or
 * the caller's signal aborts (`cancelled`), whether or not the work listens to its own.
 *
 * Unlike a composite of `AbortSignal.timeout`, which Node keeps until the time is up, it leaves nothing behind. A composite of any
 * kind would also take most of the time of a call that does nothing.
 */
export function inTime<Result>(
  what: string,
  ms: number,
  caller: Abortable,
  work: (deadline: Deadline) => Promise<Result>,
): Promise<Result> {
  // What was cancelled before it began is not begun.
  if (caller.aborted) return Promise.reject(cancelled(caller));
  return new TimedWork<Result>(what, ms, caller).run(work);
}

/** Work under a deadline. It counts down while nothing stops it. */
class TimedWork<Result> implements Deadline {
  readonly #what: string;
  readonly #ms: number;
  readonly #caller: Abortable;
  readonly cancellation = new Cancellation();
  readonly #settled = Promise.withResolvers<Result>();
  #leftMs: number;
  #onGivenUp: (() => void) | undefined;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  /** How many have stopped it. It begins stopped. */
  #stops = 1;

  constructor(what: string, ms: number, caller: Abortable) {
    this.#what = what;
    this.#ms = ms;
    this.#leftMs = ms;
    this.#caller = caller;
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  get leftMs(): number {
    const runs = this.#stops === 0;
    return runs ? this.#leftMs - (performance.now() - this.#startedAt) : this.#leftMs;
  }

  readonly waitFor: Deadline['waitFor'] = async (awaited) => {
    this.#stop();
    try {
      return await awaited;
    } finally {
      this.#start();
    }
  };

  onGivenUp(heed: () => void): void {
    this.#onGivenUp = heed;
  }

  run(work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = this.#settled;
    this.#caller.addEventListener('abort', this);
    this.#start();
    const fail = (error: unknown): void => {
      this.#end();
      reject(error);
    };
    try {
      // Whichever of work and deadline comes second is nobody's concern.
      work(this).then((result) => {
        this.#end();
        resolve(result);
      }, fail);
    } catch (error) {
      fail(error);
    }
    return promise;
  }

  /** The caller's signal aborts. */
  handleEvent(): void {
    this.#giveUp(cancelled(this.#caller), this.#caller.reason);
  }

  #start(): void {
    this.#stops -= 1;
    if (this.#stops > 0) return;
    this.#startedAt = performance.now();
    this.#timer = setTimeout(timeOut, this.#leftMs, this).unref();
  }

  #stop(): void {
    this.#stops += 1;
    if (this.#stops > 1) return;
    clearTimeout(this.#timer);
    this.#leftMs -= performance.now() - this.#startedAt;
  }

  /** It never starts again. */
  #end(): void {
    clearTimeout(this.#timer);
    this.#stops = Number.POSITIVE_INFINITY;
    this.#caller.removeEventListener('abort', this);
  }

  /** The time is up. */
  timeOut(): void {
    const isUp = new Error('The time is up');
    const text = `${this.#what} took over ${this.#ms} ms`;
    this.#giveUp(new Failure('timeout', text, { cause: isUp }), isUp);
  }

  #giveUp(failure: Failure, reason: unknown): void {
    this.#end();
    this.#settled.reject(failure);
    this.#onGivenUp?.();
    this.cancellation.abort(reason);
  }
}

/** One function for all, so that a countdown costs no closure. */
function timeOut(timed: { timeOut(): void }): void {
  timed.timeOut();
}
