/**
 * While nobody serves, one slot at a time may fork: what is wrong with all then shows once. The slot
 * that was first keeps the turn until somebody is ready, through its own backoff too.
 */
export class CanaryGate {
  readonly #isServing: () => boolean;
  readonly #stopping: AbortSignal;
  #canary: number | undefined;
  #change = Promise.withResolvers<void>();

  constructor(isServing: () => boolean, stopping: AbortSignal) {
    this.#isServing = isServing;
    this.#stopping = stopping;
    stopping.addEventListener('abort', () => {
      this.#wake();
    });
  }

  /** Resolves when a slot may fork, with whether its worker is the canary; with nothing if we stop. */
  async admit(slot: number): Promise<boolean | undefined> {
    while (!this.#stopping.aborted) {
      if (this.#isServing()) return false;
      this.#canary ??= slot;
      if (this.#canary === slot) return true;
      await this.#change.promise;
    }
    return undefined;
  }

  /** Somebody serves: all may fork. */
  open(): void {
    this.#canary = undefined;
    this.#wake();
  }

  /** A slot is no more; another may go first. */
  forget(slot: number): void {
    if (this.#canary === slot) this.open();
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }
}
