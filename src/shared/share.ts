import { Failure } from './errors.ts';

/** More could not be served before they give up. */
const WAITING_MAX = 1_000;
/** Who waits for so long is better told to come again. */
const WAIT_MS = 5_000;

/** So many of something as may be taken at once. Who comes later waits, and is served in turn. */
export class Share {
  #left: number;
  readonly #what: string;
  readonly #waiting = new Set<() => void>();

  /** `what` is what is waited for, as callers read it. */
  constructor(max: number, what: string) {
    this.#left = max;
    this.#what = what;
  }

  /**
   * Takes one until what this resolves with is disposed of. Throws a `Failure` (`limited`) where too many
   * wait or the wait is too long, and the signal's reason once that aborts.
   */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#left > 0) this.#left -= 1;
    else await this.#wait(signal);
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
  async #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= WAITING_MAX) throw tooMany(this.#what);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => {
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      reject(tooMany(this.#what));
    }, WAIT_MS);
    signal.addEventListener('abort', abort);
    this.#waiting.add(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      this.#waiting.delete(resolve);
    }
  }

  #pass(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#left += 1;
      return;
    }
    // At once: it must not be passed to the same one twice.
    this.#waiting.delete(next);
    next();
  }
}

function tooMany(what: string): Failure {
  return new Failure('limited', `Too many calls wait for ${what}`);
}
