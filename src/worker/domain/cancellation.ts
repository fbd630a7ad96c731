import { Failure } from '../../shared/errors.ts';

/** Who is told that something is wanted no more. */
interface Heed {
  /** It must not throw: others are told after it. */
  handleEvent(): void;
}

/** What tells that something is wanted no more. */
export type Abortable = AbortSignal | Cancellation;

/**
 * Tells that something is wanted no more, as an `AbortSignal` does, and makes one of itself for who asks for it: most calls
 * end before anybody does, and a signal with its listeners costs as much as all else that is made for a call.
 */
export class Cancellation {
  /** Nobody, or one, nearly always. */
  #heeding: Heed[] | undefined;
  #aborted = false;
  #reason: unknown;
  #controller: AbortController | undefined;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** For good: the first reason counts. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    const heeding = this.#heeding ?? [];
    this.#heeding = undefined;
    for (const heed of heeding) heed.handleEvent();
  }

  addEventListener(_type: 'abort', heed: Heed): void {
    if (this.#heeding === undefined) this.#heeding = [heed];
    else this.#heeding.push(heed);
  }

  removeEventListener(_type: 'abort', heed: Heed): void {
    const heeding = this.#heeding ?? [];
    const at = heeding.indexOf(heed);
    if (at >= 0 && heeding.length === 1) this.#heeding = undefined;
    else if (at >= 0) heeding.splice(at, 1);
  }
}

/** What becomes of what was wanted. */
export function cancelled({ reason }: Abortable): Failure {
  return new Failure('cancelled', 'Cancelled', { cause: reason });
}

/** The signal of whatever tells it. */
export function signalOf(abortable: Abortable): AbortSignal {
  return abortable instanceof Cancellation ? abortable.signal : abortable;
}
