/** How long a call that was given up on may take to end before it counts as not ending: who stops when told to takes a moment. */
export const STOP_MS = 1_000;

/**
 * So many calls as may run at once, and how many of them nobody waits for any more. It is stuck while those take up all of it:
 * whoever comes now would wait for what does not end.
 */
export class Room {
  readonly #max: number;
  readonly #onStuck: (isStuck: boolean) => void;
  #held = 0;
  #givenUp = 0;
  #isStuck = false;
  #patience: NodeJS.Timeout | undefined;

  constructor(max: number, onStuck: (isStuck: boolean) => void) {
    this.#max = max;
    this.#onStuck = onStuck;
  }

  get isFull(): boolean {
    return this.#held >= this.#max;
  }

  get isEmpty(): boolean {
    return this.#held === 0;
  }

  get isStuck(): boolean {
    return this.#isStuck;
  }

  enter(): void {
    this.#held += 1;
  }

  /** Nobody waits any more for one that is in. */
  giveUp(): void {
    this.#givenUp += 1;
    if (this.#givenUp < this.#max) return;
    this.#patience = setTimeout(() => {
      this.#isStuck = true;
      this.#onStuck(true);
    }, STOP_MS).unref();
  }

  leave(isGivenUp: boolean): void {
    this.#held -= 1;
    if (!isGivenUp) return;
    this.#givenUp -= 1;
    clearTimeout(this.#patience);
    if (!this.#isStuck) return;
    this.#isStuck = false;
    this.#onStuck(false);
  }
}
