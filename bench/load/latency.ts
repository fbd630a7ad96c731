/** Milliseconds, as quantiles. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

const KEPT_MAX = 1_000_000;

/** Latencies as they come. Of more than a million all are counted, and the first million are kept. */
export class Latencies {
  readonly #kept: number[] = [];
  #count = 0;

  add(ms: number): void {
    this.#count += 1;
    if (this.#kept.length < KEPT_MAX) this.#kept.push(ms);
  }

  get count(): number {
    return this.#count;
  }

  sorted(): Float64Array {
    return Float64Array.from(this.#kept).toSorted();
  }
}

/** Their quantiles; zero where there are none. */
export function latencyOf(latencies: Latencies): Latency {
  const sorted = latencies.sorted();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
