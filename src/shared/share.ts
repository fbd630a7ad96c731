import { Failure } from './errors.ts';

/** More could not be served before they give up. */
const WAITING_MAX = 1_000;
/** Who waits for so long is better told to come again. */
const WAIT_MS = 5_000;

/** Who waits for its turn. */
interface Waiting {
  readonly until: number;
  readonly serve: () => void;
  readonly refuse: () => void;
}

/** So many of something as may be taken at once. Who comes later waits, and is served in turn. */
export class Share {
  #left: number;
  readonly #what: string;
  /** Who came first is first, and has waited long enough before the others have. */
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;

  /** `what` is what is waited for, as callers read it. */
  constructor(max: number, what: string) {
    this.#left = max;
    this.#what = what;
  }

  /**
   * Takes one until what this returns, or resolves with where it has to be waited for, is disposed of. Throws a `Failure`
   * (`limited`) where too many wait or the wait is too long, and the signal's reason once that aborts.
   */
  take(signal: AbortSignal): Disposable | Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#left === 0) return this.#wait(signal);
    this.#left -= 1;
    return this.#taken();
  }

  #taken(): Disposable {
    let isGivenBack = false;
    return {
      [Symbol.dispose]: () => {
        if (isGivenBack) return;
        isGivenBack = true;
        this.#pass();
      },
    };
  }

  /** Resolves when somebody has passed one on. */
  #wait(signal: AbortSignal): Promise<Disposable> {
    if (this.#waiting.size >= WAITING_MAX) throw tooMany(this.#what);
    const { promise, resolve, reject } = Promise.withResolvers<Disposable>();
    const leave = (): void => {
      this.#waiting.delete(waiting);
      signal.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      leave();
      reject(signal.reason);
    };
    const waiting: Waiting = {
      until: performance.now() + WAIT_MS,
      serve: () => {
        leave();
        resolve(this.#taken());
      },
      refuse: () => {
        leave();
        reject(tooMany(this.#what));
      },
    };
    signal.addEventListener('abort', abort);
    this.#waiting.add(waiting);
    if (this.#timer === undefined) this.#timer = this.#refuseIn(WAIT_MS);
    return promise;
  }

  /** One timer is enough for all: it goes off when whoever was first then has waited long enough. */
  #refuseIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      const now = performance.now();
      for (const { until, refuse } of this.#waiting) if (until <= now) refuse();
      const [first] = this.#waiting;
      this.#timer = first === undefined ? undefined : this.#refuseIn(Math.ceil(first.until - now));
    }, ms).unref();
  }

  #pass(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#left += 1;
    else next.serve();
  }
}

function tooMany(what: string): Failure {
  return new Failure('limited', `Too many calls wait for ${what}`);
}
