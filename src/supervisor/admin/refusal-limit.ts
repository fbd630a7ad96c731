/** Refusals that are written down in one second: nobody who may not come in shall fill the audit. */
const REFUSALS_PER_S_MAX = 5;
const SECOND_MS = 1_000;

/** Counts refusals, and says which are to be written down: the first few of each second. */
export class RefusalLimit {
  readonly #now: () => number;
  #second = 0;
  #count = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether this one is to be written down. */
  take(): boolean {
    const second = Math.floor(this.#now() / SECOND_MS);
    if (second !== this.#second) this.#count = 0;
    this.#second = second;
    this.#count += 1;
    return this.#count <= REFUSALS_PER_S_MAX;
  }
}
