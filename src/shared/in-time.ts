import { unlessAborted } from './abort.ts';
import { Failure } from './errors.ts';

/** What work is given to be in time. */
export interface Deadline {
  /** Aborts when the time is up, and when the caller's does. */
  readonly signal: AbortSignal;
  /** Waits for something that is not the work's own doing: the time that takes is not counted. */
  readonly waitFor: <Awaited>(awaited: Promise<Awaited>) => Promise<Awaited>;
  /** How much time is left, if nothing else is waited for. */
  readonly leftMs: () => number;
}

/**
 * Does work that has to be over in so many milliseconds. Throws a `Failure` when they are not enough (`timeout`), or
 * the caller's signal aborts (`cancelled`), whether or not the work listens to its own.
 *
 * Unlike a composite of `AbortSignal.timeout`, which Node keeps until the time is up, it leaves nothing behind. A composite of any
 * kind would also take most of the time of a call that does nothing.
 */
export async function inTime<Result>(
  what: string,
  ms: number,
  caller: AbortSignal,
  work: (deadline: Deadline) => Promise<Result>,
): Promise<Result> {
  const deadline = new AbortController();
  const { signal } = deadline;
  const cancel = (): void => {
    deadline.abort(caller.reason);
  };
  const clock = new Clock(ms, () => {
    deadline.abort(new Error('The time is up'));
  });
  const waitFor: Deadline['waitFor'] = async (awaited) => {
    clock.stop();
    try {
      return await awaited;
    } finally {
      clock.start();
    }
  };
  clock.start();
  caller.addEventListener('abort', cancel);
  try {
    // What was cancelled before it began is not begun.
    caller.throwIfAborted();
    return await unlessAborted(work({ signal, waitFor, leftMs: () => clock.leftMs }), signal);
  } catch (error) {
    if (caller.aborted) throw new Failure('cancelled', 'Cancelled', { cause: error });
    if (!signal.aborted) throw error;
    throw new Failure('timeout', `${what} took over ${ms} ms`, { cause: error });
  } finally {
    clock.end();
    caller.removeEventListener('abort', cancel);
  }
}

/** Counts down while nothing stops it. */
class Clock {
  readonly #isUp: () => void;
  #leftMs: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  /** How many have stopped it. It begins stopped. */
  #stops = 1;

  constructor(ms: number, isUp: () => void) {
    this.#leftMs = ms;
    this.#isUp = isUp;
  }

  get leftMs(): number {
    const runs = this.#stops === 0;
    return runs ? this.#leftMs - (performance.now() - this.#startedAt) : this.#leftMs;
  }

  start(): void {
    this.#stops -= 1;
    if (this.#stops > 0) return;
    this.#startedAt = performance.now();
    this.#timer = setTimeout(this.#isUp, this.#leftMs).unref();
  }

  stop(): void {
    this.#stops += 1;
    if (this.#stops > 1) return;
    clearTimeout(this.#timer);
    this.#leftMs -= performance.now() - this.#startedAt;
  }

  /** It never starts again. */
  end(): void {
    clearTimeout(this.#timer);
    this.#stops = Number.POSITIVE_INFINITY;
  }
}
