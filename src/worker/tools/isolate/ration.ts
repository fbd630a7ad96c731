/** So much in so long a time, and no more: for what is to be heard, but not all of it. */
export class Ration {
  readonly #max: number;
  readonly #everyMs: number;
  #since = Number.NEGATIVE_INFINITY;
  #taken = 0;

  constructor(max: number, everyMs: number) {
    this.#max = max;
    this.#everyMs = everyMs;
  }

  /** Takes some of it. Says how much of that there was. */
  take(amount: number): number {
    const now = performance.now();
    if (now - this.#since >= this.#everyMs) {
      this.#since = now;
      this.#taken = 0;
    }
    const got = Math.min(amount, this.#max - this.#taken);
    this.#taken += got;
    return got;
  }

  /** How long until there is all of it again. */
  get renewedInMs(): number {
    return Math.max(0, this.#since + this.#everyMs - performance.now());
  }
}
