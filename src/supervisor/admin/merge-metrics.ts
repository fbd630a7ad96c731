import { type MetricFamily, type Series, seriesKey } from '../../shared/ipc.ts';
import type { Incarnation } from '../events.ts';

/** Series of one worker, so that tools which count anything under the sun cost only themselves. */
export const SERIES_MAX = 10_000;
/** Metrics there are names for, over all workers that ever were. */
export const FAMILIES_MAX = 500;
/** Workers whose last words may still be on their way: they arrive after the exit is seen, if at all. */
const RETIRED_MAX = 8;

/** What workers may call a metric. What we count ourselves is not theirs to add to. */
const NAME = /^mcp_(?!supervisor_|dependency_|quarantined_)[a-z0-9_]+$/;
const LABEL = /^[a-z_][a-z0-9_]*$/;
const GAUGE_AGGREGATORS: ReadonlySet<string> = new Set(['sum', 'min', 'max', 'average']);

/** Which worker is meant. */
export type Which = Pick<Incarnation, 'slot' | 'incarnation'>;

/**
 * What all workers counted, the dead with the living: a counter never goes down because a worker
 * died. The last values of a gauge die with it.
 */
export class MergedMetrics {
  readonly #living = new Map<string, SeriesTable>();
  /** The last few that ended, oldest first. */
  readonly #retired = new Map<string, { readonly which: Which; readonly table: SeriesTable }>();
  readonly #dead = new SeriesTable();
  /** Of each slot the last incarnation that is among the dead. */
  readonly #deadUpTo = new Map<number, number>();
  /** The first to come says what a metric is. */
  readonly #heads = new Map<string, MetricFamily>();
  #dropped = 0;

  /** How many values were not taken: too many, or not what they should be. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes what a worker has counted in all, of the series that changed. */
  receive(which: Which, families: readonly MetricFamily[]): void {
    const key = keyOf(which);
    const retired = this.#retired.get(key);
    if (retired === undefined && this.#isDead(which)) return;
    const table = retired?.table ?? this.#living.get(key) ?? new SeriesTable();
    if (retired === undefined) this.#living.set(key, table);
    for (const family of families) {
      if (retired !== undefined && family.type === 'gauge') continue;
      const good = this.#isWelcome(family)
        ? family.values.filter((series) => isWellFormed(family, series))
        : [];
      this.#dropped += family.values.length - good.length + table.set(family, good);
    }
  }

  /** A worker ended. What it counted is kept. */
  retire(which: Which): void {
    const key = keyOf(which);
    if (this.#retired.has(key) || this.#isDead(which)) return;
    const table = this.#living.get(key) ?? new SeriesTable();
    this.#living.delete(key);
    table.dropGauges();
    this.#retired.set(key, { which, table });
    if (this.#retired.size > RETIRED_MAX) this.#bury();
  }

  /** Everything, for prom-client to add up. */
  families(): readonly (readonly MetricFamily[])[] {
    const retired = [...this.#retired.values()].map(({ table }) => table);
    return [this.#dead, ...retired, ...this.#living.values()].map((table) => table.families());
  }

  /** Adds the oldest of the retired to the dead. */
  #bury(): void {
    for (const [key, { which, table }] of this.#retired) {
      this.#retired.delete(key);
      this.#dropped += this.#dead.add(table);
      const { slot, incarnation } = which;
      this.#deadUpTo.set(slot, Math.max(incarnation, this.#deadUpTo.get(slot) ?? incarnation));
      return;
    }
  }

  #isDead(which: Which): boolean {
    if (this.#living.has(keyOf(which))) return false;
    return which.incarnation <= (this.#deadUpTo.get(which.slot) ?? Number.NEGATIVE_INFINITY);
  }

  #isWelcome(family: MetricFamily): boolean {
    const head = this.#heads.get(family.name);
    if (head !== undefined) {
      return head.type === family.type && head.aggregator === family.aggregator;
    }
    if (!NAME.test(family.name) || !canBeMerged(family) || this.#heads.size >= FAMILIES_MAX) {
      return false;
    }
    this.#heads.set(family.name, { ...family, values: [] });
    return true;
  }
}

/** The last values of series, by metric. */
class SeriesTable {
  readonly #families = new Map<string, { head: MetricFamily; series: Map<string, Series> }>();
  #size = 0;

  /** Sets series to their values. Returns how many there was no room for. */
  set(head: MetricFamily, values: readonly Series[]): number {
    return this.#put(head, values, (_before, series) => series);
  }

  /** Adds the values of another. Returns how many there was no room for. */
  add(other: SeriesTable): number {
    return other
      .families()
      .map((family) =>
        this.#put(family, family.values, (before, series) => ({
          ...series,
          value: series.value + (before?.value ?? 0),
        })),
      )
      .reduce((sum, dropped) => sum + dropped, 0);
  }

  dropGauges(): void {
    for (const [name, { head, series }] of this.#families) {
      if (head.type !== 'gauge') continue;
      this.#families.delete(name);
      this.#size -= series.size;
    }
  }

  families(): readonly MetricFamily[] {
    return [...this.#families.values()].map(({ head, series }) => ({
      ...head,
      values: [...series.values()],
    }));
  }

  #put(
    head: MetricFamily,
    values: readonly Series[],
    join: (before: Series | undefined, series: Series) => Series,
  ): number {
    if (values.length === 0) return 0;
    const { series } = this.#families.get(head.name) ?? { series: new Map<string, Series>() };
    this.#families.set(head.name, { head: { ...head, values: [] }, series });
    let dropped = 0;
    for (const value of values) {
      const key = seriesKey(head.name, value);
      const before = series.get(key);
      if (before === undefined && this.#size >= SERIES_MAX) {
        dropped += 1;
        continue;
      }
      if (before === undefined) this.#size += 1;
      series.set(key, join(before, value));
    }
    return dropped;
  }
}

/** What grows is added up. Of a summary nothing can be made. */
function canBeMerged({ type, aggregator }: MetricFamily): boolean {
  if (type === 'gauge') return GAUGE_AGGREGATORS.has(aggregator);
  return type !== 'summary' && aggregator === 'sum';
}

/** Whether it may stand in a scrape: one odd line would spoil the whole of it. */
function isWellFormed({ name, type }: MetricFamily, { metricName, labels }: Series): boolean {
  const isNamed =
    type === 'histogram'
      ? [`${name}_bucket`, `${name}_sum`, `${name}_count`].some((part) => part === metricName)
      : metricName === undefined;
  return isNamed && Object.keys(labels).every((label) => LABEL.test(label));
}

function keyOf({ slot, incarnation }: Which): string {
  return `${slot}/${incarnation}`;
}
