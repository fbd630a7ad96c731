import { Failure } from '../../shared/errors.ts';

interface Standing {
  readonly controller: AbortController;
  expiresAt: number | undefined;
}

/** How often it is looked for what has expired. */
const SWEEP_MS = 1_000;
/** What is known at one time. Nobody needs so many; but whoever may come by tokens may have a new one for each request. */
const STANDINGS_MAX = 100_000;
const RETRY_AFTER_MS = 10_000;

/**
 * Whether what callers showed still holds. All that came with the same thing have the same signal, so that it is ended for
 * every socket at once; one timer looks after all.
 */
export class Standings implements Disposable {
  readonly #now: () => number;
  readonly #max: number;
  readonly #standings = new Map<string, Standing>();
  readonly #timer: NodeJS.Timeout;

  /** `now` is the time in milliseconds since 1970. */
  constructor(now: () => number, max = STANDINGS_MAX) {
    this.#now = now;
    this.#max = max;
    this.#timer = setInterval(() => {
      this.#sweep();
    }, SWEEP_MS).unref();
  }

  /**
   * The signal of what has this id, and holds until then; until it is ended, if no time is given. A later word on the
   * time counts. Throws a `Failure` (`limited`) for another where so many are known that it would be one too many: none of
   * them may be forgotten, for somebody may be there with it.
   */
  signalOf(id: string, expiresAt: number | undefined): AbortSignal {
    const known = this.#standings.get(id);
    if (known !== undefined) {
      known.expiresAt = expiresAt;
      return known.controller.signal;
    }
    if (this.#standings.size >= this.#max) {
      throw new Failure('limited', 'Too many who showed something else each were let in lately', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    const controller = new AbortController();
    this.#standings.set(id, { controller, expiresAt });
    return controller.signal;
  }

  /** It holds until another time than was thought, if it is known here. */
  prolong(id: string, expiresAt: number | undefined): void {
    const known = this.#standings.get(id);
    if (known !== undefined) known.expiresAt = expiresAt;
  }

  /** It holds no longer. */
  end(id: string, reason: string): void {
    this.#standings.get(id)?.controller.abort(new Failure('unauthorized', reason));
    this.#standings.delete(id);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    const now = this.#now();
    for (const [id, { expiresAt }] of this.#standings) {
      if (expiresAt !== undefined && expiresAt <= now) this.end(id, 'What you showed has expired');
    }
  }
}
