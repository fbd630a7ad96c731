import type { Series } from '../../shared/ipc.ts';

/** One series of a histogram. The package finds its series by their labels at each value; this one is kept by who counts. */
export class HistogramSeries {
  readonly #bounds: readonly number[];
  /** How many fell into each bucket, and last, how many above all of them. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds` are the upper ones of the buckets, in order. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let bucket = 0;
    for (const bound of this.#bounds) {
      if (value <= bound) break;
      bucket += 1;
    }
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  /** As the package tells it: how many values lie within each bound, then all, their sum, and their count. */
  read(name: string, labels: Series['labels']): Series[] {
    let count = 0;
    const buckets = Array.from(this.#counts, (more, bucket): Series => {
      count += more;
      const le = this.#bounds[bucket] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
