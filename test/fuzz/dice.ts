/** Chance that can be had again: the same seed, the same run. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 and below `limit` (mulberry32). */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0];
  }
}

/** The seed of this run: the one in the environment, or another each time. It is told, so that a run can be had again. */
export function seedOf(tell: (text: string) => void): number {
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
  if (!Number.isSafeInteger(seed)) throw new Error('FUZZ_SEED must be an integer');
  tell(`FUZZ_SEED=${seed}`);
  return seed;
}
