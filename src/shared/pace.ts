/** How much of a second's worth may come at once. */
const BURST_S = 0.1;
const WAIT_MS_MIN = 10;

/** Holds what comes to a rate: a bucket that fills steadily, and of which each step takes what it costs. */
export class Pace {
  readonly #perMs: number;
  readonly #burst: number;
  #left: number;
  #at = performance.now();

  constructor(perS: number) {
    this.#perMs = perS / 1_000;
    this.#burst = Math.max(1, perS * BURST_S);
    this.#left = this.#burst;
  }

  /** Takes that much, be there enough or not, and says how long to wait before the next. */
  step(cost: number, now: number): number {
    this.#left = Math.min(this.#burst, this.#left + (now - this.#at) * this.#perMs) - cost;
    this.#at = now;
    if (this.#left >= 0) return 0;
    return Math.max(WAIT_MS_MIN, -this.#left / this.#perMs);
  }
}
